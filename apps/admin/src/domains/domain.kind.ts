import { randomBytes } from 'node:crypto';
import type { CatalogWriter, Domain, NewDomain, Stored } from '@passbroker/catalog';
import { invalid } from '../http/complaints.js';
import { stampsOf } from '../records/members.js';
import type { Kind, Prepared, Wish } from '../records/shelf.js';
import { domainDraft, domainFilters, domainWriteQuery, type DomainDraft } from './domain.schema.js';

/** Where the proof stands, and what it says. A name of its own, so that it is no site's and no mail server's. */
export const recordOf = ({ name, token }: Pick<Domain, 'name' | 'token'>) => ({
  type: 'TXT' as const,
  name: `_passbroker.${name}`,
  value: `passbroker-domain=${token}`,
});

export function domainViewOf(item: Stored<Domain>): Record<string, unknown> {
  const { id, name, verified, verifiedAt } = item;
  // Verified without ever having been looked up: a name that nobody can register.
  const record = verified && verifiedAt === null ? null : recordOf(item);
  return { id, name, verified, verifiedAt: verifiedAt?.toISOString() ?? null, record, ...stampsOf(item) };
}

export class DomainKind implements Kind<Domain, NewDomain, DomainDraft> {
  readonly noun = 'domain';
  readonly schema = domainDraft;
  readonly filters = domainFilters;
  readonly writeQuery = domainWriteQuery;
  readonly hasSlug = false;
  readonly ifMatch = 'optional';
  readonly collection: CatalogWriter['domains'];

  constructor(writer: CatalogWriter) {
    this.collection = writer.domains;
  }

  async draftOf({ name }: Stored<Domain>): Promise<Record<string, unknown>> {
    return { name };
  }

  async view(item: Stored<Domain>): Promise<Record<string, unknown>> {
    return domainViewOf(item);
  }

  async prepare({ draft, current }: Wish<Domain, DomainDraft>): Promise<Prepared<Domain, NewDomain>> {
    if (current) throw invalid({ pointer: '/name', code: 'immutable', message: 'never changes: make another domain' });
    return { record: { name: draft.name, token: randomBytes(20).toString('hex') } };
  }
}
