import { Controller, Inject } from '@nestjs/common';
import { Asked, type Ask } from '../http/ask.js';
import { crud } from '../openapi/crud.js';
import { Operation } from '../openapi/operation.js';
import { APPLICATIONS, type Records } from '../records/records.js';
import { applicationDraft, applicationFilters, applicationView, applicationWriteQuery } from './application.schema.js';

const paper = crud({
  ...{ noun: 'application', path: 'applications', tag: 'Applications' },
  ...{ read: 'applications:read', write: 'applications:write', ifMatch: 'required' },
  ...{ view: applicationView, draft: applicationDraft, filters: applicationFilters, writeQuery: applicationWriteQuery },
  aboutCreate: 'A relying party. Secrets that the server makes stand in `secrets` of this answer and nowhere again.',
  example: {
    ...{ slug: 'helpdesk', protocol: 'oidc', brand: 'default', audience: 'users', name: 'Help desk', enabled: true },
    settings: {
      ...{ client_id: 'helpdesk', redirect_uris: ['http://localhost:4000/cb'] },
      token_endpoint_auth_method: 'client_secret_basic',
    },
  },
});

@Controller()
export class ApplicationsController {
  constructor(@Inject(APPLICATIONS) private readonly records: Records) {}

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

  @Operation(paper.replace)
  replace(@Asked() ask: Ask) {
    return this.records.replace(ask);
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
