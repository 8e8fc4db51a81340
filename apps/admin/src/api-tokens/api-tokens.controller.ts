import { Controller, Inject } from '@nestjs/common';
import { crud } from '../openapi/crud.js';
import { API_TOKENS, type Records } from '../records/records.js';
import { recordsController } from '../records/records.controller.js';
import { apiTokenDraft, apiTokenFilters, apiTokenView, apiTokenWriteQuery } from './api-token.schema.js';

const paper = crud({
  ...{ noun: 'API token', path: 'api-tokens', tag: 'API tokens' },
  ...{ read: 'api-tokens:read', write: 'api-tokens:write', ifMatch: 'optional' },
  ...{ view: apiTokenView, draft: apiTokenDraft, filters: apiTokenFilters, writeQuery: apiTokenWriteQuery },
  conflicts: ['scope.exceeded'],
  aboutCreate: 'The token stands in this answer and nowhere again. It can do no more than the token that asks.',
  example: { name: 'terraform', scopes: ['usersources:read', 'usersources:write'], expiresAt: '2027-01-01T00:00:00Z' },
});

@Controller()
export class ApiTokensController extends recordsController(paper) {
  constructor(@Inject(API_TOKENS) protected readonly records: Records) {
    super();
  }
}
