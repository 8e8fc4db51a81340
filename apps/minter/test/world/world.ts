import { createServer, type Server } from 'node:http';
import type { AuditEvent, SignInOutcome } from '@passbroker/model';
import {
  connectRedis,
  createLogger,
  listen,
  openFrame,
  sealFrame,
  sealSecret,
  ServiceIdentity,
  signatureChecker,
  type CheckSignature,
  type Redis,
} from '@passbroker/platform';
import { SignInTransactions } from '@passbroker/sign-in';
import { startRealRedis } from '@passbroker/testing';
import { z } from 'zod';
import { composeMinter, type Minter } from '../../src/compose.js';
import { brandNamed, MemoryCatalog, MemoryKeyStore } from './catalog.js';
import { exchange, Visitor, type Answer, type Send } from './visitor.js';

export const ORIGIN = 'http://broker.test';
export const SECRET = 'the-secret-of-the-help-desk-0123456789';

export const BRAND = 'br_default';

/** Counts what one minter sends to Redis, and how often it waits for it. */
export class RedisCount {
  commands: string[] = [];
  trips = 0;
  private inFlight = 0;

  constructor(redis: Redis) {
    const send = redis.sendCommand.bind(redis);
    redis.sendCommand = (command, stream) => {
      if (this.inFlight === 0) this.trips += 1;
      this.inFlight += 1;
      this.commands.push(command.name);
      const sent = send(command, stream);
      const over = (): void => {
        this.inFlight -= 1;
      };
      Promise.resolve(command.promise).then(over, over);
      return sent;
    };
  }

  reset(): void {
    this.commands = [];
    this.trips = 0;
  }
}

export interface World {
  catalog: MemoryCatalog;
  keyStore: MemoryKeyStore;
  minters: Minter[];
  ports: number[];
  audit: Omit<AuditEvent, 'id' | 'at'>[];
  log: string[];
  redis: Redis;
  redisPid: number;
  counts: RedisCount[];
  gateway: ServiceIdentity;
  minterIdentity: ServiceIdentity;
  visitor(): Visitor;
  /** From a program: JSON wanted, no cookies. */
  call(path: string, send?: Send, replica?: number): Promise<Answer>;
  application(slug: string, settings?: Record<string, unknown>): Promise<void>;
  /** What the gateway does with a walk: reads it as the browser, and leaves an outcome. */
  complete(visitor: Visitor, location: URL | undefined, outcome?: Partial<Admitted> | Refused): Promise<void>;
  /** The gateway's half of a sign-out. */
  signedOut(then: string | null | undefined, ended?: boolean): Promise<string>;
  signedOutFrame(body: object, seconds?: number): string;
  close(): Promise<void>;
}

type Admitted = Extract<SignInOutcome, { admitted: true }>;
type Refused = Extract<SignInOutcome, { admitted: false }>;

export async function startWorld(replicas = 2): Promise<World> {
  const server = await startRealRedis();
  const silent = createLogger('test', 'silent');
  const gateway = new ServiceIdentity('gateway', 'gateway-secret-gateway-secret-gateway');
  const minterIdentity = new ServiceIdentity('minter', 'minter-secret-minter-secret-minter-secret');
  const checkers = new Map([gateway, minterIdentity].map((who) => [who.service, signatureChecker(who.publicKeys)]));
  const check: CheckSignature = (from, bytes, signature) => checkers.get(from)?.(bytes, signature) ?? false;
  const catalog = new MemoryCatalog();
  const keyStore = new MemoryKeyStore();
  const log: string[] = [];
  const audit: World['audit'] = [];
  catalog.brands.set(BRAND, brandNamed('default', ORIGIN));
  catalog.brands.set('br_other', brandNamed('other', 'https://other.test'));
  addPeople(catalog);

  const now = (): Date => new Date();
  const minters: Minter[] = [];
  const servers: Server[] = [];
  const ports: number[] = [];
  const counts: RedisCount[] = [];
  const connections: Redis[] = [];
  for (let index = 0; index < replicas; index += 1) {
    const redis = connectRedis(server.url, silent, `minter-${index}`);
    connections.push(redis);
    await redis.ping();
    counts.push(new RedisCount(redis));
    const minter = await composeMinter({
      now,
      log: createLogger('minter', 'info', { write: (line) => void log.push(line) }),
      redis,
      identity: minterIdentity,
      check,
      catalog: catalog.reader(),
      keyStore,
      audit: { record: (event) => void audit.push(event) },
      fetch,
    });
    minters.push(minter);
    const http = createServer(minter.handler);
    servers.push(http);
    ports.push(await listen(http, 0, '127.0.0.1'));
  }
  const redis = connectRedis(server.url, silent, 'test');
  connections.push(redis);
  const transactions = new SignInTransactions(redis, now);
  const call: World['call'] = (path, send = {}, replica = 0) => exchange(ports[replica] ?? 0, ORIGIN, path, send);

  const signedOutFrame: World['signedOutFrame'] = (body, seconds = 60) =>
    sealFrame(gateway, 'signed-out', body, new Date(now().getTime() + seconds * 1_000));

  return {
    catalog,
    keyStore,
    minters,
    ports,
    audit,
    log,
    redis,
    redisPid: server.pid(),
    counts,
    gateway,
    minterIdentity,
    call,
    visitor: () => new Visitor(ORIGIN, ports),
    signedOutFrame,
    application: async (slug, settings = {}) => {
      const sealed = await sealSecret(minterIdentity.publicKeys, SECRET);
      const withSecret = settings['token_endpoint_auth_method'] !== 'none' && settings['jwks'] === undefined;
      catalog.addApplication({
        id: `app_${slug}`,
        slug,
        protocol: 'oidc',
        brand: BRAND,
        audience: 'users',
        name: slug,
        enabled: true,
        revision: 1,
        settings: {
          client_id: slug,
          redirect_uris: [`https://${slug}.test/cb`],
          post_logout_redirect_uris: [`https://${slug}.test/bye`],
          grant_types: ['authorization_code', 'refresh_token'],
          ...(withSecret ? { client_secret: { sealed } } : {}),
          ...settings,
        },
      });
    },
    complete: async (visitor, location, outcome = {}) => {
      const id = location?.pathname.split('/')[2] ?? '';
      const transaction = await transactions.read(id, visitor.binding());
      const full: SignInOutcome =
        'code' in outcome
          ? outcome
          : {
              admitted: true,
              account: 'ac_jo',
              usersource: 'us_local',
              audience: 'users',
              session: 'gs_1',
              authTime: Math.floor(now().getTime() / 1_000),
              methods: ['pwd'],
              ...outcome,
            };
      await transactions.complete(gateway, transaction, full);
    },
    signedOut: async (then, ended = true) => {
      const frame = openFrame(then ?? '', 'sign-out', 'minter', check, now());
      const { id, returnTo } = z.object({ id: z.string(), returnTo: z.string() }).parse(frame.body);
      return `${returnTo}?signed_out=${signedOutFrame({ id, ended })}`;
    },
    close: async () => {
      await Promise.all(minters.map((minter) => minter.close()));
      for (const http of servers) {
        http.closeAllConnections();
        await new Promise((resolve) => http.close(resolve));
      }
      for (const connection of connections) connection.disconnect();
      await server.stop();
    },
  };
}

function addPeople(catalog: MemoryCatalog): void {
  for (const [id, name] of [
    ['ac_jo', 'Jo Doe'],
    ['ac_kim', 'Kim Roe'],
  ] as const) {
    catalog.accounts.set(id, {
      id,
      audience: 'users',
      admin: false,
      username: id.slice(3),
      name,
      emails: [{ value: `${id.slice(3)}@example.com`, verified: true }],
      groups: ['staff'],
      attributes: { department: 'ward 7' },
      disabled: false,
      revision: 1,
    });
  }
  catalog.usersources.set('us_local', {
    id: 'us_local',
    slug: 'local',
    type: 'local',
    brand: BRAND,
    audience: 'users',
    label: 'Local',
    enabled: true,
    sso: 'none',
    display: 'form',
    order: 1,
    hintable: true,
    forwardPassive: false,
    slo: false,
    domains: [],
    networks: [],
    jit: { create: 'on', grant: [] },
    linking: { mode: 'never', authoritativeDomains: [] },
    mapping: { attributes: {} },
    filter: null,
    sync: 'every',
    settings: {},
    settingsVersion: 1,
    proven: null,
    revision: 1,
  });
}
