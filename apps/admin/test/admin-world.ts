import type { AddressInfo } from 'node:net';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import {
  CachedCatalog,
  migrate,
  openDatabase,
  PostgresAccounts,
  PostgresCatalogWriter,
  publishServiceKeys,
} from '@passbroker/catalog';
import type { AuditEvent, CatalogChange } from '@passbroker/model';
import {
  createFront,
  createLogger,
  listen,
  ServiceIdentity,
  trustedProxies,
  type Front,
  type ServiceName,
} from '@passbroker/platform';
import { FakeClock, startEmbeddedPostgresForTest } from '@passbroker/testing';
import { composeAdmin, postgresStores, type Admin, type AdminParts } from '../src/compose.js';
import { Contract, readOpenApi } from './contract.js';

export const ADMIN_TOKEN = 'bootstrap-token-of-this-test';

/** Members that tests look at; which of them an answer has is the contract's business. */
export interface Body {
  id: string;
  slug: string;
  name: string;
  label: string;
  code: string;
  type: string;
  requestId: string;
  sso: string;
  openapi: string;
  token?: string;
  revision: number;
  expiresAt: string | null;
  lastUsedAt: string | null;
  proven: object | null;
  confirmation?: { id: string | null; until: string; through: string[] };
  state: string;
  badge: object | null;
  disabled: boolean;
  domains: string[];
  warnings: string[];
  verified: boolean;
  record: { name: string; value: string } | null;
  secretsSet: string[];
  secrets?: Record<string, string>;
  settings: Record<string, unknown>;
  outcome: { code: string };
  decision: { action: string; buttons: string[] };
  check: object;
  components: { schemas: Record<string, object> };
  errors: { pointer: string; code: string; message: string }[];
  data: Body[];
  page: { next: string | null; previous: string | null };
}
const readBody = z.custom<Body>();

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
  text: string;
}

export interface AskOptions {
  token?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
  raw?: string;
}

type Audited = Omit<AuditEvent, 'id' | 'at'>;

/** The admin API as it runs: real Postgres, real roles, real HTTP, two replicas; only the other services are told. */
/** What services say that have nothing to tell. */
const ANSWERS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ['usersource.probe', { state: 'ok', steps: [], ms: 1 }],
  ['sessions.list', { data: [], next: null, previous: null }],
  ['sessions.end', { ended: 0 }],
  ['sessions.end_all', { ended: 0 }],
  ['keys.rotate', {}],
]);

export class AdminWorld {
  readonly audited: Audited[] = [];
  readonly asked: { to: string; type: string; body: unknown }[] = [];
  readonly lines: string[] = [];
  readonly log = createLogger('admin', 'debug', { write: (line) => void this.lines.push(line) });
  readonly announced: CatalogChange[] = [];
  readonly clock = new FakeClock(new Date().toISOString());
  readonly gateway = new ServiceIdentity('gateway', randomBytes(32).toString('hex'));
  readonly minter = new ServiceIdentity('minter', randomBytes(32).toString('hex'));
  contract: Contract;
  dataSource: DataSource;
  writer: PostgresCatalogWriter;
  answerQuestion: (type: string, body: unknown) => Promise<unknown> = async (type) => ANSWERS.get(type) ?? null;
  /** Origins of the replicas. */
  origins: string[] = [];
  readonly replicas: Admin[] = [];
  readonly breaches: string[] = [];
  #url = '';
  readonly #closers: (() => Promise<unknown>)[] = [];

  static async start(replicas = 1, own: Partial<AdminParts> = {}): Promise<AdminWorld> {
    const world = new AdminWorld();
    try {
      await world.#start(replicas, own);
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async #start(replicas: number, own: Partial<AdminParts>): Promise<void> {
    const { log } = this;
    const postgres = await startEmbeddedPostgresForTest();
    this.#url = postgres.url;
    this.#closers.push(() => postgres.stop());
    await migrate({ url: postgres.url, publicUrl: 'http://localhost:3000', log });
    for (const identity of [this.gateway, this.minter]) {
      const dataSource = await openDatabase({ url: postgres.url, service: identity.service, poolSize: 1, log });
      await publishServiceKeys(dataSource, identity.publicKeys);
      await dataSource.destroy();
    }
    // What a replica keeps for itself is its own; identity and database are shared.
    const identity = new ServiceIdentity('admin', randomBytes(32).toString('hex'));
    for (let replica = 0; replica < replicas; replica += 1) {
      await this.#replica(postgres.url, identity, log, own);
    }
    const { text } = await this.ask('GET', '/openapi.json', { token: null }, false);
    this.contract = new Contract(readOpenApi.parse(JSON.parse(text)));
  }

  async #replica(url: string, identity: ServiceIdentity, log: AdminParts['log'], own: Partial<AdminParts>) {
    const dataSource = await openDatabase({ url, service: 'admin', poolSize: 8, log });
    const catalog = new CachedCatalog({ dataSource, service: 'admin', log });
    const announce = (change: CatalogChange) => void this.announced.push(change);
    const writer = new PostgresCatalogWriter(dataSource, announce);
    const admin: Admin = await composeAdmin({
      ...{ now: this.clock.now, log, identity, catalog, writer, stores: postgresStores(dataSource, announce) },
      audit: { record: (event) => void this.audited.push(event) },
      questions: {
        ask: async (to, type, body) => {
          this.asked.push({ to, type, body });
          return this.answerQuestion(type, body);
        },
      },
      bootstrapToken: ADMIN_TOKEN,
      trusted: trustedProxies([]),
      ...own,
    });
    this.replicas.push(admin);
    const front: Front = createFront(admin.handler, trustedProxies([]));
    await listen(front.server, 0, '127.0.0.1');
    this.origins.push(`http://127.0.0.1:${(front.server.address() as AddressInfo).port}`);
    this.dataSource ??= dataSource;
    this.writer ??= writer;
    this.#closers.unshift(async () => {
      await front.drain(1_000);
      await admin.close();
      await catalog.close();
      await dataSource.destroy();
    });
  }

  async open(service: ServiceName): Promise<DataSource> {
    const dataSource = await openDatabase({ url: this.#url, service, poolSize: 1, log: this.log });
    this.#closers.unshift(() => dataSource.destroy());
    return dataSource;
  }

  /** All that is in the database, seen by its owner, in a few bytes a table. */
  async contents(): Promise<Record<string, string>> {
    const owner = new Client({ connectionString: this.#url });
    await owner.connect();
    try {
      const found: Record<string, string> = {};
      const { rows } = await owner.query<{ name: string }>(
        `select schemaname || '.' || tablename as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
      );
      for (const { name } of rows) {
        const all = `select count(*) || ':' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') as seen`;
        found[name] = (await owner.query<{ seen: string }>(`${all} from ${name} t`)).rows[0]?.seen ?? '';
      }
      return found;
    } finally {
      await owner.end();
    }
  }

  /** What the gateway writes after a real sign-in. */
  async prove(slug: string): Promise<void> {
    const accounts = new PostgresAccounts(await this.open('gateway'), () => undefined);
    const source = await this.writer.usersources.get(slug);
    await accounts.markProven(source?.id ?? '', source?.settingsVersion ?? 0, this.clock.now());
  }

  async link(account: string, usersource: string): Promise<void> {
    const accounts = new PostgresAccounts(await this.open('gateway'), () => undefined);
    await accounts.addLink({ account, usersource, subject: 'root', createdBy: 'admin' });
  }

  async stop(): Promise<void> {
    for (const close of this.#closers) await close();
  }

  /** One request; every answer is held against the OpenAPI document. */
  async ask(method: string, path: string, options: AskOptions = {}, checked = true, replica = 0): Promise<Answer> {
    const { token = ADMIN_TOKEN, headers = {}, body, raw } = options;
    const response = await fetch(`${this.origins[replica]}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined && raw === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? (raw === undefined ? {} : { body: raw }) : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const mediaType = response.headers.get('content-type') ?? '';
    const parsed: unknown = text === '' ? undefined : mediaType.includes('json') ? JSON.parse(text) : text;
    if (checked) {
      const breach = this.contract.breach(method, path.split('?', 1)[0] ?? '', response.status, mediaType, parsed);
      if (breach) throw new Error(`the answer breaks the contract: ${breach}\n${text.slice(0, 500)}`);
    }
    return { status: response.status, headers: response.headers, body: readBody.parse(parsed), text };
  }

  get = (path: string, options?: AskOptions) => this.ask('GET', path, options);
  post = (path: string, body: unknown, options: AskOptions = {}) => this.ask('POST', path, { ...options, body });
  put = (path: string, body: unknown, options: AskOptions = {}) => this.ask('PUT', path, { ...options, body });
  patch = (path: string, body: unknown, options: AskOptions = {}) => this.ask('PATCH', path, { ...options, body });
  remove = (path: string, options?: AskOptions) => this.ask('DELETE', path, options);

  /** With the tag of what is there now. */
  async change(path: string, patch: unknown, options: AskOptions = {}): Promise<Answer> {
    const etag = (await this.get(path)).headers.get('etag') ?? '';
    return this.patch(path, patch, { ...options, headers: { 'if-match': etag, ...options.headers } });
  }

  async token(scopes: string[], more: object = {}): Promise<string> {
    const made = await this.post('/v1/api-tokens', { name: 'of a test', scopes, ...more });
    if (made.status !== 201) throw new Error(made.text);
    return made.body.token ?? '';
  }
}

let count = 0;
/** A fresh name for each test. */
export const fresh = (word: string): string => `${word}-${(count += 1)}`;

export const multipass = (slug: string, more: object = {}) => ({
  ...{ slug, type: 'multipass', brand: 'default', audience: 'users', label: 'Acme intranet', order: 20 },
  settings: {
    ...{ siteKey: 'acme', apiKey: 'canary-api-key-0123456789abcdef012345' },
    remoteLoginUrl: 'https://www.acme.test/login',
    returnUrls: ['https://help.acme.test/*'],
  },
  ...more,
});

export const oidc = (slug: string, more: object = {}) => ({
  ...{ slug, protocol: 'oidc', brand: 'default', audience: 'users', name: 'Help desk' },
  settings: { client_id: slug, redirect_uris: ['http://localhost:4000/cb'] },
  ...more,
});
