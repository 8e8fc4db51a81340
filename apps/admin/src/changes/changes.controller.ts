import { Controller, Inject } from '@nestjs/common';
import type { PendingChanges } from '@passbroker/catalog';
import { ok, type Answer } from '../http/answer.js';
import { Asked, type Ask } from '../http/ask.js';
import { pageOf } from '../http/pages.js';
import { Problem } from '../http/problem.js';
import { Operation } from '../openapi/operation.js';
import { changeView, viewOf } from './change.schema.js';

export const CHANGES = Symbol('pending changes');

const NEWEST = 50;

@Controller()
export class ChangesController {
  constructor(@Inject(CHANGES) private readonly changes: PendingChanges) {}

  @Operation({
    ...{ method: 'get', path: '/v1/changes', operationId: 'listChanges', tag: 'Changes', scope: 'usersources:read' },
    summary: 'List changes that had to be confirmed',
    description: `Automatic SSO for agents, and built-in accounts of agents switched off, are live at once and taken back after ten minutes, unless an admin has signed in the new way by then. One such change waits at a time. The newest ${NEWEST}, newest first.`,
    answers: { 200: { description: 'All on one page', schema: pageOf(changeView) } },
  })
  async list(): Promise<Answer> {
    const data = (await this.changes.latest(NEWEST)).map(viewOf);
    return ok({ data, page: { next: null, previous: null } });
  }

  @Operation({
    ...{ method: 'get', path: '/v1/changes/{id}', operationId: 'getChange', tag: 'Changes', scope: 'usersources:read' },
    summary: 'Read what became of a change',
    answers: { 200: { description: 'The change', schema: changeView } },
  })
  async get(@Asked() ask: Ask): Promise<Answer> {
    const change = await this.changes.get(ask.id);
    if (!change) throw new Problem('resource.not_found');
    return ok(viewOf(change));
  }
}
