import { Controller, Inject } from '@nestjs/common';
import { ok, type Answer } from '../http/answer.js';
import { Asked, type Ask } from '../http/ask.js';
import { parseQuery } from '../http/complaints.js';
import { pageAnswer, pageAsk, pageOf } from '../http/pages.js';
import { Problem } from '../http/problem.js';
import { Operation } from '../openapi/operation.js';
import { auditEventFilters, auditEventView } from './audit-event.schema.js';
import type { AuditEvents } from './audit-events.js';

export const AUDIT_EVENTS = Symbol('audit events');

@Controller()
export class AuditEventsController {
  constructor(@Inject(AUDIT_EVENTS) private readonly events: AuditEvents) {}

  @Operation({
    ...{ method: 'get', path: '/v1/audit-events', operationId: 'listAuditEvents', tag: 'Audit' },
    ...{ scope: 'audit-events:read', query: auditEventFilters },
    summary: 'List what happened',
    description:
      'Newest first. `?reference=` leads from what a refused person reads out to the reason. Nobody can change or delete an event.',
    answers: { 200: { description: 'A page, newest first', schema: pageOf(auditEventView), headers: ['link'] } },
  })
  async list(@Asked() ask: Ask): Promise<Answer> {
    const { limit, after, before, ...filter } = parseQuery(auditEventFilters, ask.query);
    return pageAnswer(ask, await this.events.list(pageAsk({ limit, after, before }), filter));
  }

  @Operation({
    ...{ method: 'get', path: '/v1/audit-events/{id}', operationId: 'getAuditEvent', tag: 'Audit' },
    scope: 'audit-events:read',
    summary: 'Read one event',
    answers: { 200: { description: 'The event', schema: auditEventView } },
  })
  async get(@Asked() ask: Ask): Promise<Answer> {
    const event = await this.events.get(ask.id);
    if (!event) throw new Problem('resource.not_found');
    return ok(event);
  }
}
