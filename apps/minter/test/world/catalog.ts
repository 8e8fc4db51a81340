import type {
  Account,
  ApplicationRecord,
  AudiencePolicy,
  Brand,
  CatalogChange,
  CatalogKind,
  UsersourceRecord,
} from '@passbroker/model';
import type { StoredTokenKey, TokenKeyStore } from '@passbroker/catalog';
import type { MinterWorld } from '../../src/parts.js';

const policy: AudiencePolicy = {
  hrd: 'off',
  automaticScope: 'exclusive',
  singleOption: 'show',
  offNetwork: 'degrade',
  mfa: 'none',
  idleSec: 3_600,
  absoluteSec: 86_400,
};

export const brandNamed = (slug: string, origin: string): Brand => ({
  id: `br_${slug}`,
  slug,
  name: slug,
  enabled: true,
  hosts: [new URL(origin).host],
  origin,
  guestAccess: true,
  registration: 'open',
  audiences: { users: policy, agents: policy },
  bypass: { surfaces: [], networks: [] },
  looks: {},
  revision: 1,
});

/** The catalog as the minter reads it, in memory; every change is news at once. */
export class MemoryCatalog {
  readonly brands = new Map<string, Brand>();
  readonly usersources = new Map<string, UsersourceRecord>();
  readonly applications = new Map<string, ApplicationRecord>();
  readonly accounts = new Map<string, Account>();
  private readonly listeners: ((change: CatalogChange) => void)[] = [];
  private revision = 1;

  /** Replaces members of one record, as an admin would. */
  change<Item extends { id: string; revision: number }>(
    kind: CatalogKind,
    among: Map<string, Item>,
    id: string,
    patch: Partial<Item>,
  ): void {
    const item = among.get(id);
    if (!item) throw new Error(`no ${kind} ${id}`);
    this.revision += 1;
    among.set(id, { ...item, ...patch, revision: this.revision });
    this.news(kind, id);
  }

  news(kind: CatalogKind, id: string): void {
    this.revision += 1;
    for (const listener of this.listeners) listener({ revision: this.revision, kind, id });
  }

  reader(): MinterWorld['catalog'] {
    return {
      brandByHost: async (host) => [...this.brands.values()].find((brand) => brand.hosts.includes(host)),
      brand: async (id) => this.brands.get(id),
      usersource: async (id) => this.usersources.get(id),
      application: async (id) => this.applications.get(id),
      applicationBySlug: async (slug) => this.bySlug.get(slug)?.(),
      account: async (id) => this.accounts.get(id),
      onChange: (listener) => void this.listeners.push(listener),
      ping: async () => undefined,
    };
  }

  private readonly bySlug = new Map<string, () => ApplicationRecord | undefined>();

  addApplication(record: ApplicationRecord): void {
    this.applications.set(record.id, record);
    this.bySlug.set(record.slug, () => this.applications.get(record.id));
  }
}

export class MemoryKeyStore implements TokenKeyStore {
  readonly keys = new Map<string, StoredTokenKey>();
  private turn: Promise<unknown> = Promise.resolve();

  async all(brand: string): Promise<StoredTokenKey[]> {
    return [...this.keys.values()].filter((key) => key.brand === brand);
  }

  exclusively<T>(_brand: string, change: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(change);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  async add(key: StoredTokenKey): Promise<void> {
    this.keys.set(key.kid, key);
  }

  async setState(kid: string, state: StoredTokenKey['state'], at: Date): Promise<void> {
    const key = this.keys.get(kid);
    if (!key) throw new Error(`no key ${kid}`);
    const times = state === 'current' ? { activatedAt: at } : state === 'retired' ? { retiredAt: at } : {};
    this.keys.set(kid, { ...key, state, ...times });
  }

  async remove(kid: string): Promise<void> {
    this.keys.delete(kid);
  }
}
