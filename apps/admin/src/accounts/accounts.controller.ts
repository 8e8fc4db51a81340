import { Controller, Inject } from '@nestjs/common';
import { Asked, type Ask } from '../http/ask.js';
import { crud } from '../openapi/crud.js';
import { Operation } from '../openapi/operation.js';
import { ACCOUNTS, type Records } from '../records/records.js';
import { recordsController } from '../records/records.controller.js';
import { SecondFactorsDesk, resetQuery } from './second-factors.desk.js';
import { accountDraft, accountFilters, accountView, accountWriteQuery } from './account.schema.js';

const paper = crud({
  ...{ noun: 'account', path: 'accounts', tag: 'Accounts' },
  ...{ read: 'accounts:read', write: 'accounts:write', ifMatch: 'optional' },
  ...{ view: accountView, draft: accountDraft, filters: accountFilters, writeQuery: accountWriteQuery },
  conflicts: ['admin.no_way_in', 'change.malformed'],
  aboutCreate: 'A person. To make or change an admin takes the scope `admins:write` besides.',
  example: {
    ...{ audience: 'users', name: 'Ada Lovelace', username: 'ada', groups: ['engineers'] },
    emails: [{ value: 'ada@example.com', verified: true }],
  },
});

@Controller()
export class AccountsController extends recordsController(paper) {
  constructor(
    @Inject(ACCOUNTS) protected readonly records: Records,
    private readonly secondFactors: SecondFactorsDesk,
  ) {
    super();
  }

  @Operation({
    ...{ method: 'delete', path: '/v1/accounts/{id}/second-factors', operationId: 'resetSecondFactors' },
    ...{ tag: 'Accounts', scope: 'accounts:write', query: resetQuery },
    summary: 'Take away an account’s second factors',
    description:
      'For somebody who lost them: authenticator app, passkeys and recovery codes. An admin’s take the scope `admins:write` besides.',
    answers: { 204: { description: 'There is none' } },
  })
  resetSecondFactors(@Asked() ask: Ask) {
    return this.secondFactors.reset(ask);
  }
}
