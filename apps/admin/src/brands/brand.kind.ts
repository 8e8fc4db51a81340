import type { CatalogWriter, NewBrand, Stored } from '@passbroker/catalog';
import type { Brand } from '@passbroker/model';
import { invalid } from '../http/complaints.js';
import { brandFacts, type PolicyBook } from '../policies/policy-book.js';
import { stampsOf } from '../records/members.js';
import type { Kind, Prepared, Wish } from '../records/shelf.js';
import { brandDraft, brandFilters, brandWriteQuery, type BrandDraft } from './brand.schema.js';

/** How brands are written: they hold policy, so a change must leave the admins their way in. */
export class BrandKind implements Kind<Brand, NewBrand, BrandDraft> {
  readonly noun = 'brand';
  readonly schema = brandDraft;
  readonly filters = brandFilters;
  readonly writeQuery = brandWriteQuery;
  readonly hasSlug = true;
  readonly ifMatch = 'required';
  readonly collection: CatalogWriter['brands'];

  constructor(
    writer: CatalogWriter,
    private readonly policies: PolicyBook,
  ) {
    this.collection = writer.brands;
  }

  async draftOf(item: Stored<Brand>): Promise<Record<string, unknown>> {
    const { slug, name, enabled, hosts, guestAccess, registration, audiences, bypass, recovery, looks } = item;
    return { slug, name, enabled, hosts, guestAccess, registration, audiences, bypass, recovery, looks };
  }

  async view(item: Stored<Brand>): Promise<Record<string, unknown>> {
    return { id: item.id, ...(await this.draftOf(item)), origin: item.origin, ...stampsOf(item) };
  }

  async prepare({ draft, current }: Wish<Brand, BrandDraft>): Promise<Prepared<Brand, NewBrand>> {
    if (current && draft.slug !== current.slug) {
      throw invalid({ pointer: '/slug', code: 'immutable', message: 'never changes: make another brand' });
    }
    await this.policies.mustAccept(
      { brands: { [draft.slug]: brandFacts(draft) } },
      { 'network.malformed': '/bypass/networks' },
    );
    return { record: draft };
  }

  async beforeDelete(item: Stored<Brand>): Promise<void> {
    await this.policies.mustAccept({ brands: { [item.slug]: null } });
  }
}
