import { Controller, Inject } from '@nestjs/common';
import { Asked, type Ask } from '../http/ask.js';
import { crud } from '../openapi/crud.js';
import { Operation } from '../openapi/operation.js';
import { USERSOURCES, type Records } from '../records/records.js';
import { declaredRecordsController } from '../records/records.controller.js';
import { testAsked, testQuery, testResult, UsersourceTestDesk } from './usersource-test.desk.js';
import { usersourceDraft, usersourceFilters, usersourceView, usersourceWriteQuery } from './usersource.schema.js';

const paper = crud({
  ...{ noun: 'usersource', path: 'usersources', tag: 'Usersources' },
  ...{ read: 'usersources:read', write: 'usersources:write', ifMatch: 'required' },
  ...{ view: usersourceView, draft: usersourceDraft, filters: usersourceFilters, writeQuery: usersourceWriteQuery },
  conflicts: [
    ...(['admin.no_way_in', 'sso.not_unique', 'sso.not_redirectable', 'sso.not_silent'] as const),
    ...(['display.not_possible', 'domain.not_unique', 'jit.unrestricted', 'network.malformed'] as const),
    ...(['confirmation.pending', 'confirmation.needed'] as const),
    'change.malformed',
  ],
  aboutCreate:
    'A way to sign in. Of one brand and audience at most one enabled usersource has SSO; `?swap=true` takes it over. What could lock the admins out (Automatic SSO for agents, built-in accounts of agents switched off) is live at once, and taken back after ten minutes unless an admin signs in the new way by then: the answer has a `confirmation`, see `/v1/changes`.',
  example: {
    ...{ slug: 'intranet', type: 'multipass', brand: 'default', audience: 'users', label: 'Acme intranet' },
    ...{ enabled: true, sso: 'automatic', display: 'button', order: 20, jit: { create: 'on' } },
    linking: { mode: 'prove', authoritativeDomains: [] },
    settings: {
      ...{ siteKey: 'acme', apiKey: '…', remoteLoginUrl: 'https://www.acme.test/login' },
      returnUrls: ['https://help.acme.test/*'],
    },
  },
});

@Controller()
export class UsersourcesController extends declaredRecordsController(paper) {
  constructor(
    @Inject(USERSOURCES) protected readonly records: Records,
    private readonly tests: UsersourceTestDesk,
  ) {
    super();
  }

  @Operation({
    ...{ method: 'post', path: '/v1/usersources/{id}:test', operationId: 'testUsersource', tag: 'Usersources' },
    ...{ scope: 'usersources:write', query: testQuery, body: testAsked, example: { username: 'ada@acme.test' } },
    summary: 'Test the connection of a usersource',
    description:
      'Runs in the gateway, step by step, with the settings as they are, also while the usersource is switched off: names, connections, TLS, our own account, a search, somebody’s entry and groups. What failed is in the steps, with status 200; 503 means that no gateway answered.',
    answers: { 200: { description: 'What was tried, and what came of it', schema: testResult } },
  })
  test(@Asked() ask: Ask) {
    return this.tests.run(ask);
  }
}
