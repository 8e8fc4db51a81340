import { Refusal, type UsersourceRecord } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import type { Visit } from '../http/visit.js';

/** Which usersource of this brand an address means. */
export class BrandUsersources {
  constructor(private readonly catalog: CatalogReader) {}

  /** @throws Refusal usersource.unknown */
  async named(visit: Visit, slug: string): Promise<UsersourceRecord> {
    const record = await this.catalog.usersourceBySlug(slug);
    if (record?.brand !== visit.brand.id) throw new Refusal('usersource.unknown', 'this brand has no such usersource');
    return record;
  }

  /** Desk's path names no usersource: the SSO one first, else the first in order. */
  async multipass(visit: Visit): Promise<UsersourceRecord> {
    const first = firstMultipass(await this.catalog.usersourcesOf(visit.brand.id));
    if (!first) throw new Refusal('usersource.unknown', 'this brand has no multipass usersource for users');
    return first;
  }
}

const found = new WeakMap<readonly UsersourceRecord[], { first: UsersourceRecord | undefined }>();

/** The list is the same object until something in it changes: among ten thousand it is searched once. */
function firstMultipass(list: readonly UsersourceRecord[]): UsersourceRecord | undefined {
  const known = found.get(list);
  if (known) return known.first;
  const [first] = list
    .filter((record) => record.type === 'multipass' && record.audience === 'users' && record.enabled)
    .sort(
      (one, other) =>
        Number(other.sso !== 'none') - Number(one.sso !== 'none') ||
        one.order - other.order ||
        (one.slug < other.slug ? -1 : 1),
    );
  found.set(list, { first });
  return first;
}
