import type {
  Account,
  ApplicationRecord,
  Audience,
  Brand,
  CatalogChange,
  EmailAddress,
  Link,
  UsersourceRecord,
} from '@passbroker/model';
import type { ServiceName, ServicePublicKeys } from '@passbroker/platform';

/**
 * What operators configured, as the gateway and the minter read it: by key, cached in the process until the
 * change log says otherwise, last good value kept while Postgres is away. Nothing here grows with the catalog.
 */
export interface CatalogReader {
  /** `host` is a Host header, port included. */
  brandByHost(host: string): Promise<Brand | undefined>;
  brand(id: string): Promise<Brand | undefined>;
  defaultBrand(): Promise<Brand>;
  usersource(id: string): Promise<UsersourceRecord | undefined>;
  usersourceBySlug(slug: string): Promise<UsersourceRecord | undefined>;
  /** All of a brand, both audiences, disabled ones too; the array is the same object until something changes. */
  usersourcesOf(brand: string): Promise<readonly UsersourceRecord[]>;
  application(id: string): Promise<ApplicationRecord | undefined>;
  applicationBySlug(slug: string): Promise<ApplicationRecord | undefined>;
  account(id: string): Promise<Account | undefined>;
  /** Who a usersource's subject is. */
  accountByLink(usersource: string, subject: string): Promise<Account | undefined>;
  serviceKeys(service: ServiceName): Promise<ServicePublicKeys | undefined>;
  /** After the caches have forgotten the thing that changed. */
  onChange(listener: (change: CatalogChange) => void): void;
  /** News from the bus; also called by the reader's own look at the change log every second. */
  heard(change: CatalogChange): void;
  /** For /health/ready. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface NewAccount {
  audience: Audience;
  admin?: boolean;
  username?: string | null;
  name: string;
  emails: EmailAddress[];
  groups?: string[];
  attributes?: Record<string, string>;
}

export interface Credential {
  account: string;
  /** argon2id, encoded (PHC string). */
  hash: string;
}

/** An admin, and what they can sign in with: links go by the ids of usersources. */
export interface AdminFacts {
  id: string;
  active: boolean;
  password: boolean;
  links: string[];
}

/** All that the admins' ways in depend on. */
export interface WaysIn {
  admins: AdminFacts[];
  brands: Brand[];
  /** Those of agents. */
  usersources: UsersourceRecord[];
}

/** People, as the gateway reads and writes them. Every write is a row in the change log of the same transaction. */
export interface Accounts {
  byId(id: string): Promise<Account | undefined>;
  /** Case-insensitive; the address as such, whoever verified it. */
  byEmail(email: string): Promise<Account | undefined>;
  byUsername(username: string): Promise<Account | undefined>;
  /** For the password form: one statement, e-mail or username, one audience. */
  credential(name: string, audience: Audience): Promise<{ account: Account; hash: string } | undefined>;
  replaceHash(account: string, hash: string): Promise<void>;
  link(usersource: string, subject: string): Promise<Link | undefined>;
  /** Whom the link leads to: one statement, for it is asked at every sign-in. */
  byLink(usersource: string, subject: string): Promise<Account | undefined>;
  linksOf(account: string): Promise<Link[]>;
  /**
   * Creates account and link in one transaction. Unique violations (a race) are answered by the existing link's account.
   * @throws Refusal not_admitted when `seatCap` accounts made by the usersource are there already
   */
  createLinked(
    account: NewAccount,
    link: Omit<Link, 'account'> & { groups?: string[] },
    options?: { seatCap?: number | null | undefined },
  ): Promise<Account>;
  /** Accounts that the usersource made and nobody disabled. */
  seatsTaken(usersource: string): Promise<number>;
  /** `replacing` takes away what else of that usersource leads to the account. */
  addLink(link: Link, options?: { replacing?: boolean }): Promise<void>;
  /**
   * Unless it is the account's last way in: another link to an enabled usersource must stay, or a password where
   * built-in accounts are enabled; for an admin one that is proven (I2). `stayIn` is asked what policy says of the
   * admins' ways in as they are and as they would be, while nobody else can change them.
   */
  removeLink(
    account: string,
    usersource: string,
    stayIn: (now: WaysIn, then: WaysIn) => boolean,
  ): Promise<'removed' | 'last_way' | 'missing'>;
  hasPassword(account: string): Promise<boolean>;
  /** Writes only what differs; answers the account as it then is. */
  updateProfile(
    id: string,
    profile: { name?: string; username?: string; email?: EmailAddress; attributes?: Record<string, string> },
  ): Promise<Account>;
  /**
   * Makes the groups that came by a link those of now: what it no longer gives is taken away, what admins gave
   * stays. Answers the account as it then is; writes only what differs.
   */
  syncGroups(link: Pick<Link, 'usersource' | 'subject' | 'account'>, groups: string[]): Promise<Account>;
  /** A real sign-in at these settings: the usersource is *proven*. Writes only the first time for a settings version. */
  markProven(usersource: string, settingsVersion: number, at: Date): Promise<void>;
}

/** Sort order of every list is (createdAt, id); cursors are opaque. */
export interface Page<Item> {
  data: Item[];
  next: string | null;
  previous: string | null;
}

export interface PageAsk {
  limit: number;
  after?: string;
  before?: string;
}

/** Thrown by writes. `unique` names the field, `revision` is an If-Match that no longer matches. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict';
  constructor(
    readonly kind: 'unique' | 'revision' | 'in_use' | 'missing',
    readonly field: string,
  ) {
    super(`${kind}: ${field}`);
  }
}

export type Stored<Record> = Record & { createdAt: Date; updatedAt: Date };

export interface WriteOptions {
  /** If-Match: the revision the writer saw. */
  ifRevision?: number;
  /** Everything is done and rolled back. */
  dryRun?: boolean;
}

/** A table of the admin API. `id` is an id or a slug wherever it is a parameter. */
export interface Collection<Item extends { id: string; revision: number }, New> {
  list(page: PageAsk, where?: Partial<Record<string, string | boolean>>): Promise<Page<Stored<Item>>>;
  get(id: string): Promise<Stored<Item> | undefined>;
  create(item: New, options?: WriteOptions): Promise<Stored<Item>>;
  /** Replaces the named members; `settings` is replaced whole (the caller has merged). */
  update(id: string, patch: Partial<New>, options?: WriteOptions): Promise<Stored<Item>>;
  delete(id: string, options?: WriteOptions): Promise<void>;
}

export type NewBrand = Omit<Brand, 'id' | 'revision' | 'origin'>;
/** What is not said of `mapping`, `filter` and `sync`: nothing is mapped, everybody may come in, at every sign-in. */
export type NewUsersource = Omit<
  UsersourceRecord,
  'id' | 'revision' | 'settingsVersion' | 'proven' | 'mapping' | 'filter' | 'sync'
> &
  Partial<Pick<UsersourceRecord, 'mapping' | 'filter' | 'sync'>>;
export type NewApplication = Omit<ApplicationRecord, 'id' | 'revision'>;

export interface ApiToken {
  id: string;
  name: string;
  scopes: string[];
  expiresAt: Date | null;
  lastUsedAt: Date | null;
  revision: number;
}

/** A mail domain. Unless it was shown to be the operator's own, usersources name it in vain (I8). */
export interface Domain {
  id: string;
  name: string;
  /** What a record in its DNS has to say. */
  token: string;
  /** Also without a record, where nobody can register the name. */
  verified: boolean;
  verifiedAt: Date | null;
  revision: number;
}
export type NewDomain = Pick<Domain, 'name' | 'token'>;

/** All that the admin process may do to the catalog. Runs as the admin's database role: no hash, no key can be read. */
export interface CatalogWriter {
  brands: Collection<Brand, NewBrand>;
  usersources: Collection<UsersourceRecord, NewUsersource>;
  applications: Collection<ApplicationRecord, NewApplication>;
  accounts: Collection<Account, NewAccount & { disabled?: boolean }>;
  apiTokens: Collection<ApiToken, Omit<ApiToken, 'id' | 'revision' | 'lastUsedAt'> & { hash: string }>;
  domains: Collection<Domain, NewDomain>;
  /** Its record was seen. Every usersource that names it is news: now it means it. */
  domainVerified(id: string, at: Date, options?: WriteOptions): Promise<Stored<Domain>>;
  /** Those of these names that nobody has shown to be theirs. */
  notOwn(domains: readonly string[]): Promise<string[]>;
  /** Write-only: sets or clears (null) the argon2id hash of an account. */
  setPasswordHash(account: string, hash: string | null): Promise<void>;
  /** Apps, passkeys and recovery codes; none of them can be read. */
  removeSecondFactors(account: string): Promise<void>;
  apiTokenByHash(hash: string): Promise<ApiToken | undefined>;
  tokenUsed(id: string, at: Date): Promise<void>;
  /** Public halves of token keys; made by the minter. */
  keys(brand?: string): Promise<TokenKeyInfo[]>;
  /** The facts `checkChange` needs to keep a way in for the admins. */
  admins(): Promise<AdminFacts[]>;
  /**
   * Turns SSO on for one usersource and off for whichever had it in the same brand and audience, in one transaction.
   */
  swapSso(
    usersource: string,
    mode: 'background' | 'automatic',
    options?: WriteOptions,
  ): Promise<Stored<UsersourceRecord>>;
}

export interface TokenKeyInfo {
  kid: string;
  brand: string;
  alg: 'ES256' | 'RS256';
  state: 'next' | 'current' | 'retired';
  publicJwk: Record<string, unknown>;
  createdAt: Date;
  activatedAt: Date | null;
  retiredAt: Date | null;
}

/** A token-signing key at rest: the private half sealed to the minter. Only the minter's role can read this table. */
export interface StoredTokenKey extends TokenKeyInfo {
  /** JWE to the minter's sealing key, of the private JWK. */
  sealed: string;
}

/** The minter's own schema. */
export interface TokenKeyStore {
  all(brand: string): Promise<StoredTokenKey[]>;
  /** Runs `change` while holding a Postgres advisory lock for the brand, so that one replica rotates at a time. */
  exclusively<T>(brand: string, change: () => Promise<T>): Promise<T>;
  add(key: StoredTokenKey): Promise<void>;
  setState(kid: string, state: StoredTokenKey['state'], at: Date): Promise<void>;
  remove(kid: string): Promise<void>;
}
