import { Controller, Inject } from '@nestjs/common';
import { crud } from '../openapi/crud.js';
import { BRANDS, type Records } from '../records/records.js';
import { declaredRecordsController } from '../records/records.controller.js';
import { brandDraft, brandFilters, brandView, brandWriteQuery } from './brand.schema.js';

const paper = crud({
  ...{ noun: 'brand', path: 'brands', tag: 'Brands' },
  ...{ read: 'brands:read', write: 'brands:write', ifMatch: 'required' },
  ...{ view: brandView, draft: brandDraft, filters: brandFilters, writeQuery: brandWriteQuery },
  conflicts: ['admin.no_way_in', 'network.malformed', 'change.malformed'],
  example: { slug: 'acme', name: 'Acme', hosts: ['help.acme.test'], guestAccess: true },
});

@Controller()
export class BrandsController extends declaredRecordsController(paper) {
  constructor(@Inject(BRANDS) protected readonly records: Records) {
    super();
  }
}
