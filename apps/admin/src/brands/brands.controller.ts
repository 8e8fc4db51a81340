import { Controller, Inject } from '@nestjs/common';
import { Asked, type Ask } from '../http/ask.js';
import { crud } from '../openapi/crud.js';
import { Operation } from '../openapi/operation.js';
import { BRANDS, type Records } from '../records/records.js';
import { brandDraft, brandFilters, brandView, brandWriteQuery } from './brand.schema.js';

const paper = crud({
  ...{ noun: 'brand', path: 'brands', tag: 'Brands' },
  ...{ read: 'brands:read', write: 'brands:write', ifMatch: 'required' },
  ...{ view: brandView, draft: brandDraft, filters: brandFilters, writeQuery: brandWriteQuery },
  conflicts: ['admin.no_way_in', 'network.malformed', 'change.malformed'],
  example: { slug: 'acme', name: 'Acme', hosts: ['help.acme.test'], guestAccess: true },
});

@Controller()
export class BrandsController {
  constructor(@Inject(BRANDS) private readonly records: Records) {}

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
