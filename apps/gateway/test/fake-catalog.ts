import type {
  Account,
  ApplicationRecord,
  Brand,
  CatalogChange,
  CatalogKind,
  Link,
  UsersourceRecord,
} from '@passbroker/model';
import { sealSecret, type ServiceIdentity } from '@passbroker/platform';
import { WriteConflict, type Accounts, type CatalogReader } from '@passbroker/catalog';

const POLICY = {
  hrd: 'off',
  automaticScope: 'exclusive',
  singleOption: 'show',
  offNetwork: 'degrade',
  mfa: 'none',
  idleSec: 28_800,
  absoluteSec: 86_400,
} as const;

/** A catalog in memory, shared by both gateways of a test: what one writes the other sees at once. */
export class FakeCatalog implements CatalogReader, Accounts {
  readonly brands = new Map<string, Brand>();
  readonly accounts = new Map<string, Account>();
  readonly hashes = new Map<string, string>();
  readonly links: Link[] = [];
  /** Groups by the link that gave them. */
  readonly given = new Map<string, string[]>();
  readonly proven: string[] = [];
  readonly writes: string[] = [];
  private readonly usersources = new Map<string, UsersourceRecord>();
  private readonly lists = new Map<string, readonly UsersourceRecord[]>();
  private readonly applications = new Map<string, ApplicationRecord>();
  private readonly listeners: ((change: CatalogChange) => void)[] = [];
  private revision = 0;

  addBrand(slug: string, host: string, more: Partial<Brand> = {}): Brand {
    const brand: Brand = {
      id: `br_${slug}`,
      slug,
      name: slug === 'default' ? 'Acme' : slug,
      enabled: true,
      hosts: [host],
      origin: `http://${host}`,
      guestAccess: true,
      registration: 'open',
      audiences: { users: POLICY, agents: POLICY },
      bypass: { surfaces: ['agent', 'admin'], networks: [] },
      looks: {},
      revision: 1,
      ...more,
    };
    this.brands.set(brand.id, brand);
    return brand;
  }

  changeBrand(id: string, more: Partial<Brand>): void {
    const brand = this.brands.get(id);
    if (brand) this.brands.set(id, { ...brand, ...more, revision: brand.revision + 1 });
    this.tell('brand', id);
  }

  addUsersource(brand: Brand, slug: string, type: string, more: Partial<UsersourceRecord> = {}): UsersourceRecord {
    const record: UsersourceRecord = {
      id: `us_${slug}`,
      slug,
      type,
      brand: brand.id,
      audience: 'users',
      label: slug,
      enabled: true,
      sso: 'none',
      display: type === 'local' ? 'form' : 'button',
      order: 20,
      hintable: true,
      forwardPassive: true,
      slo: false,
      domains: [],
      networks: [],
      jit: { create: 'on', grant: [] },
      linking: { mode: 'prove', authoritativeDomains: [] },
      mapping: { attributes: {} },
      filter: null,
      sync: 'every',
      settings: {},
      settingsVersion: 1,
      proven: null,
      revision: 1,
      ...more,
    };
    this.usersources.set(record.id, record);
    this.lists.delete(brand.id);
    return record;
  }

  async addMultipass(
    brand: Brand,
    slug: string,
    identity: ServiceIdentity,
    settings: { siteKey: string; apiKey: string } & Record<string, unknown>,
    more: Partial<UsersourceRecord> = {},
  ): Promise<UsersourceRecord> {
    const apiKey = { sealed: await sealSecret(identity.publicKeys, settings.apiKey) };
    const remoteLoginUrl = 'https://www.acme.test/login';
    return this.addUsersource(brand, slug, 'multipass', { ...more, settings: { remoteLoginUrl, ...settings, apiKey } });
  }

  changeUsersource(id: string, more: Partial<UsersourceRecord>): void {
    const record = this.usersources.get(id);
    if (!record) throw new Error(`no usersource ${id}`);
    this.usersources.set(id, { ...record, ...more, revision: record.revision + 1 });
    this.lists.delete(record.brand);
    this.tell('usersource', id);
  }

  addApplication(brand: Brand, slug: string, more: Partial<ApplicationRecord> = {}): ApplicationRecord {
    const record: ApplicationRecord = {
      id: `app_${slug}`,
      slug,
      protocol: 'oidc',
      brand: brand.id,
      audience: 'users',
      name: 'Help desk',
      enabled: true,
      settings: { redirect_uris: ['https://desk.acme.test/cb'] },
      revision: 1,
      ...more,
    };
    this.applications.set(record.id, record);
    return record;
  }

  addAccount(id: string, more: Partial<Account> = {}, hash?: string): Account {
    const account: Account = {
      id,
      audience: 'users',
      admin: false,
      username: null,
      name: id,
      emails: [],
      groups: [],
      attributes: {},
      disabled: false,
      revision: 1,
      ...more,
    };
    this.accounts.set(id, account);
    if (hash !== undefined) this.hashes.set(id, hash);
    return account;
  }

  changeAccount(id: string, more: Partial<Account>): Account {
    const account = this.accounts.get(id);
    if (!account) throw new Error(`no account ${id}`);
    const changed = { ...account, ...more, revision: account.revision + 1 };
    this.accounts.set(id, changed);
    this.tell('account', id);
    return changed;
  }

  /** Whoever came by a usersource is a stranger again. */
  forgetVisitors(): void {
    for (const { account } of this.links.splice(0)) this.accounts.delete(account);
  }

  async brandByHost(host: string) {
    return [...this.brands.values()].find((brand) => brand.hosts.includes(host));
  }
  async brand(id: string) {
    return this.brands.get(id);
  }
  async defaultBrand() {
    const [first] = this.brands.values();
    if (!first) throw new Error('no brand');
    return first;
  }
  async usersource(id: string) {
    return this.usersources.get(id);
  }
  async usersourceBySlug(slug: string) {
    return [...this.usersources.values()].find((record) => record.slug === slug);
  }
  async usersourcesOf(brand: string) {
    const list = this.lists.get(brand) ?? [...this.usersources.values()].filter((record) => record.brand === brand);
    this.lists.set(brand, list);
    return list;
  }
  async application(id: string) {
    return this.applications.get(id);
  }
  async applicationBySlug(slug: string) {
    return [...this.applications.values()].find((record) => record.slug === slug);
  }
  changeApplication(id: string, more: Partial<ApplicationRecord>): void {
    const record = this.applications.get(id);
    if (record) this.applications.set(id, { ...record, ...more });
    this.tell('application', id);
  }
  async account(id: string) {
    return this.accounts.get(id);
  }
  async serviceKeys() {
    return undefined;
  }
  onChange(listener: (change: CatalogChange) => void): void {
    this.listeners.push(listener);
  }
  heard(change: CatalogChange): void {
    for (const listener of this.listeners) listener(change);
  }
  async ping(): Promise<void> {}
  async close(): Promise<void> {}

  byId = (id: string) => this.account(id);
  async byEmail(email: string) {
    return [...this.accounts.values()].find((account) =>
      account.emails.some((one) => one.value.toLowerCase() === email.toLowerCase()),
    );
  }
  async byUsername(username: string) {
    return [...this.accounts.values()].find((account) => account.username === username);
  }
  async credential(name: string, audience: string) {
    const account = (await this.byEmail(name)) ?? (await this.byUsername(name));
    const hash = account && this.hashes.get(account.id);
    return account?.audience === audience && hash !== undefined ? { account, hash } : undefined;
  }
  async replaceHash(account: string, hash: string): Promise<void> {
    this.hashes.set(account, hash);
  }
  accountByLink(usersource: string, subject: string) {
    return this.byLink(usersource, subject);
  }
  async byLink(usersource: string, subject: string) {
    const found = await this.link(usersource, subject);
    return found && this.byId(found.account);
  }

  async link(usersource: string, subject: string) {
    return this.links.find((link) => link.usersource === usersource && link.subject === subject);
  }
  async linksOf(account: string) {
    return this.links.filter((link) => link.account === account);
  }
  async createLinked(...[account, { groups, ...link }]: Parameters<Accounts['createLinked']>) {
    const existing = await this.link(link.usersource, link.subject);
    const found = existing && this.accounts.get(existing.account);
    if (found) return found;
    const id = `acc_${this.accounts.size + 1}`;
    this.links.push({ ...link, account: id });
    this.given.set(`${link.usersource} ${link.subject}`, groups ?? []);
    this.writes.push(`create ${id}`);
    return this.addAccount(id, account);
  }
  async seatsTaken(usersource: string): Promise<number> {
    return this.links.filter(
      (link) =>
        link.usersource === usersource && link.createdBy === 'jit' && !this.accounts.get(link.account)?.disabled,
    ).length;
  }
  async addLink(link: Link, { replacing = false } = {}): Promise<void> {
    const { usersource, subject, account } = link;
    const known = await this.link(usersource, subject);
    if (known && known.account !== account) throw new WriteConflict('unique', 'subject');
    const others = this.links.filter((one) => !replacing || one.usersource !== usersource || one.account !== account);
    this.links.splice(0, this.links.length, ...others);
    this.links.push(link);
  }
  async removeLink(account: string, usersource: string): Promise<'removed' | 'last_way' | 'missing'> {
    const at = this.links.findIndex((link) => link.account === account && link.usersource === usersource);
    if (at < 0) return 'missing';
    const others = this.links.filter((link) => link.account === account && link.usersource !== usersource);
    if (others.length === 0 && !this.hashes.has(account)) return 'last_way';
    this.links.splice(at, 1);
    return 'removed';
  }
  async hasPassword(account: string): Promise<boolean> {
    return this.hashes.has(account);
  }
  async updateProfile(id: string, profile: Parameters<Accounts['updateProfile']>[1]) {
    this.writes.push(`update ${id} ${Object.keys(profile).join(' ')}`);
    const { email, ...rest } = profile;
    const before = this.accounts.get(id);
    const others = before?.emails.filter((one) => one.value !== email?.value) ?? [];
    return this.changeAccount(id, { ...rest, ...(email && { emails: [email, ...others.slice(1)] }) });
  }
  async syncGroups({ usersource, subject, account }: Parameters<Accounts['syncGroups']>[0], groups: string[]) {
    const key = `${usersource} ${subject}`;
    const given = this.given.get(key) ?? [];
    this.given.set(key, groups);
    const others = (this.accounts.get(account)?.groups ?? []).filter((group) => !given.includes(group));
    return this.changeAccount(account, { groups: [...new Set([...others, ...groups])] });
  }
  async markProven(usersource: string, settingsVersion: number, at: Date): Promise<void> {
    this.proven.push(usersource);
    this.changeUsersource(usersource, { proven: { at: at.toISOString(), settingsVersion } });
  }

  private tell(kind: CatalogKind, id: string): void {
    this.revision += 1;
    this.heard({ revision: this.revision, kind, id });
  }
}
