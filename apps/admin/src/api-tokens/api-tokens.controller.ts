import { Controller, Inject } from '@nestjs/common';
import { Asked, type Ask } from '../http/ask.js';
import { crud } from '../openapi/crud.js';
import { Operation } from '../openapi/operation.js';
import { API_TOKENS, type Records } from '../records/records.js';
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
export class ApiTokensController {
  constructor(@Inject(API_TOKENS) private readonly records: Records) {}

  @Operation(paper.list)
  list(@Asked() ask: Ask) {
    return this.records.list(ask);
  }

  @Operation(paper.create)
  create(@Asked() ask: Ask) {
    return this.records.create(ask);
  }

  @Operation(paper.get)
  get(@Asked() ask: Ask) {
    return this.records.get(ask);
  }

  @Operation(paper.patch)
  patch(@Asked() ask: Ask) {
    return this.records.patch(ask);
  }

  @Operation(paper.remove)
  remove(@Asked() ask: Ask) {
    return this.records.remove(ask);
  }
}
