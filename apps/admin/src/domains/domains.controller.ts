import { Controller, Inject } from '@nestjs/common';
import { Asked, type Ask } from '../http/ask.js';
import { crud } from '../openapi/crud.js';
import { Operation } from '../openapi/operation.js';
import { DOMAINS, type Records } from '../records/records.js';
import { DomainProofDesk, proofAsked } from './domain-proof.desk.js';
import { domainDraft, domainFilters, domainView, domainWriteQuery } from './domain.schema.js';

const paper = crud({
  ...{ noun: 'domain', path: 'domains', tag: 'Domains' },
  ...{ read: 'domains:read', write: 'domains:write', ifMatch: 'optional' },
  ...{ view: domainView, draft: domainDraft, filters: domainFilters, writeQuery: domainWriteQuery },
  aboutCreate:
    'A mail domain that usersources name in `domains` or `linking.authoritativeDomains` counts once it was shown to be yours: put the `record` of the answer into its DNS, then `POST /v1/domains/{id}:verify`. Names that nobody can register (`.test`, `.local`, `.internal`…) count at once.',
  example: { name: 'acme.com' },
});

/** Made, proven, deleted: there is nothing in between to change. */
@Controller()
export class DomainsController {
  constructor(
    @Inject(DOMAINS) private readonly records: Records,
    private readonly proofs: DomainProofDesk,
  ) {}

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

  @Operation(paper.remove)
  remove(@Asked() ask: Ask) {
    return this.records.remove(ask);
  }

  @Operation({
    ...{ method: 'post', path: '/v1/domains/{id}:verify', operationId: 'verifyDomain', tag: 'Domains' },
    ...{ scope: 'domains:write', query: domainWriteQuery, body: proofAsked, example: {} },
    summary: 'Look for the record that shows a domain to be yours',
    description:
      'Looks into the DNS now. Once seen, the record may go again. From then on every usersource that names the domain means it, on every replica within a second.',
    answers: { 200: { description: 'The domain, verified', schema: domainView, headers: ['etag'] } },
    problems: ['domain.unproven', 'service.unavailable'],
  })
  verify(@Asked() ask: Ask) {
    return this.proofs.verify(ask);
  }
}
