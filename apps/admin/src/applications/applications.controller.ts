import { Controller, Inject } from '@nestjs/common';
import { crud } from '../openapi/crud.js';
import { APPLICATIONS, type Records } from '../records/records.js';
import { declaredRecordsController } from '../records/records.controller.js';
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
export class ApplicationsController extends declaredRecordsController(paper) {
  constructor(@Inject(APPLICATIONS) protected readonly records: Records) {
    super();
  }
}
