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
      catalog: Pick<CatalogReader, 'usersourceBySlug'>;
      accounts: Pick<Accounts, 'byEmail' | 'byUsername' | 'linksOf' | 'hasPassword'>;
    },
  ) {}

  async forName(brand: Brand, slugs: readonly string[], username: string): Promise<UsersourceRecord[]> {
    const found = await Promise.all(slugs.map((slug) => this.parts.catalog.usersourceBySlug(slug)));
    const shared = found.flatMap((record) => (record?.brand === brand.id ? [record] : []));
    const [first, ...others] = shared;
    if (!first || others.length === 0) return shared;
    const name = username.trim();
    const linked = await this.#linked(shared, name, first.audience);
    if (linked) return [linked];
    const domain = name.slice(name.lastIndexOf('@') + 1).toLowerCase();
    const answering = name.includes('@') ? shared.filter((record) => answersFor(record, domain)) : [];
    return answering.length === 1 ? answering : shared;
  }

  async #linked(
    shared: readonly UsersourceRecord[],
    name: string,
    audience: Audience,
  ): Promise<UsersourceRecord | undefined> {
    const { accounts } = this.parts;
    // A name with NUL would be an error in Postgres, and is nobody's.
    if (name === '' || name.includes('\0')) return undefined;
    const account = (await accounts.byEmail(name)) ?? (await accounts.byUsername(name));
    if (account?.audience !== audience) return undefined;
    const links = new Set((await accounts.linksOf(account.id)).map(({ usersource }) => usersource));
    for (const record of shared) {
      if (record.type === 'local' ? await accounts.hasPassword(account.id) : links.has(record.id)) return record;
    }
    return undefined;
  }
}

const answersFor = ({ domains, linking }: UsersourceRecord, domain: string): boolean =>
  [...domains, ...linking.authoritativeDomains].some((own) => own.toLowerCase() === domain);
