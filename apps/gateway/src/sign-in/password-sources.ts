import type { Audience, Brand, UsersourceRecord } from '@passbroker/model';
import type { Accounts, CatalogReader } from '@passbroker/catalog';

/**
 * Which usersources may be asked about a typed name, and in which order (I19): the linked one; else the one that
 * answers for the name's domain; else all of them in turn, and the first that knows the name is the last that is asked.
 * A password that is somebody's here is no business of the next directory.
 */
export class PasswordSources {
  constructor(
    private readonly parts: {
      catalog: Pick<CatalogReader, 'usersourcesOf'>;
      accounts: Pick<Accounts, 'byEmail' | 'byUsername' | 'linksOf' | 'hasPassword'>;
    },
  ) {}

  async forName(brand: Brand, slugs: readonly string[], username: string): Promise<UsersourceRecord[]> {
    const own = indexOf(await this.parts.catalog.usersourcesOf(brand.id));
    const [first, ...others] = slugs;
    const audience = first === undefined ? undefined : own.bySlug.get(first)?.audience;
    if (audience !== undefined && others.length > 0) {
      const name = username.trim();
      const linked = await this.#linked(own, slugs, name, audience);
      if (linked) return [linked];
      const domain = name.slice(name.lastIndexOf('@') + 1).toLowerCase();
      const answering = name.includes('@') ? onForm(own.byDomain.get(domain) ?? [], slugs) : [];
      if (answering.length === 1) return answering;
    }
    return slugs.flatMap((slug) => own.bySlug.get(slug) ?? []);
  }

  async #linked(
    own: Index,
    slugs: readonly string[],
    name: string,
    audience: Audience,
  ): Promise<UsersourceRecord | undefined> {
    const { accounts } = this.parts;
    // A name with NUL would be an error in Postgres, and is nobody's.
    if (name === '' || name.includes('\0')) return undefined;
    const account = (await accounts.byEmail(name)) ?? (await accounts.byUsername(name));
    if (account?.audience !== audience) return undefined;
    const links = (await accounts.linksOf(account.id)).flatMap(({ usersource }) => own.byId.get(usersource) ?? []);
    const upstreams = links.filter(({ type }) => type !== 'local');
    for (const record of onForm([...upstreams, ...own.local], slugs)) {
      if (record.type !== 'local' || (await accounts.hasPassword(account.id))) return record;
    }
    return undefined;
  }
}

/** Links are few, and looked for in the list; a domain that thousands share is worth a map. */
const FEW = 16;

/** In the form's order. */
function onForm(records: readonly UsersourceRecord[], slugs: readonly string[]): UsersourceRecord[] {
  const places = records.length > FEW ? new Map(slugs.map((slug, place) => [slug, place])) : undefined;
  return records
    .map((record) => ({ record, place: places ? (places.get(record.slug) ?? -1) : slugs.indexOf(record.slug) }))
    .filter(({ place }) => place >= 0)
    .sort((one, other) => one.place - other.place)
    .map(({ record }) => record);
}

interface Index {
  bySlug: ReadonlyMap<string, UsersourceRecord>;
  byId: ReadonlyMap<string, UsersourceRecord>;
  byDomain: ReadonlyMap<string, readonly UsersourceRecord[]>;
  local: readonly UsersourceRecord[];
}

const known = new WeakMap<readonly UsersourceRecord[], Index>();

/** The list is the same object until something in it changes: among ten thousand directories it is read once. */
function indexOf(list: readonly UsersourceRecord[]): Index {
  const found = known.get(list);
  if (found) return found;
  const byDomain = new Map<string, UsersourceRecord[]>();
  for (const record of list) {
    const domains = [...record.domains, ...record.linking.authoritativeDomains].map((domain) => domain.toLowerCase());
    for (const domain of new Set(domains)) {
      const answering = byDomain.get(domain);
      if (answering) answering.push(record);
      else byDomain.set(domain, [record]);
    }
  }
  const index = {
    bySlug: new Map(list.map((record) => [record.slug, record])),
    byId: new Map(list.map((record) => [record.id, record])),
    byDomain,
    local: list.filter(({ type }) => type === 'local'),
  };
  known.set(list, index);
  return index;
}
