import type { Server } from 'node:http';
import { hash } from '@node-rs/argon2';
import { Redis } from 'ioredis';
import type { AuditEvent, SignInAsk, SignInTransaction } from '@passbroker/model';
import {
  createFront,
  createLogger,
  listen,
  ServiceIdentity,
  signatureChecker,
  trustedProxies,
} from '@passbroker/platform';
import { SignInTransactions } from '@passbroker/sign-in';
import type { PasswordHasher } from '@passbroker/usersources';
import { FakeClock, findServer, startEmbeddedRedisForTest, startRealRedis } from '@passbroker/testing';
import { Browser } from '../../../libs/testing/src/browser.js';
import { composeGateway, type Gateway } from '../src/compose.js';
import type { Mailer } from '../src/mail/letter.js';
import { FakeCatalog } from './fake-catalog.js';
import { FakeSecondFactors } from './fake-second-factors.js';
import { FakeLocalAccounts } from './fake-local-accounts.js';
import { FakeRecoveryLinks } from './fake-recovery-links.js';
import { FakeMailer } from './fake-mailer.js';

export const KEYS = { siteKey: 'acme', apiKey: 'testkey-0123456789abcdef0123456789abcdef' };
export const PASSWORD = 'correct horse battery staple';
/** In the list of leaked passwords that this world has. */
export const LEAKED = 'trombone velvet 93 kettle';

/** Two gateways over one real Redis and one catalog, as an edge would find them. */
export async function startWorld(options: { publicUrl?: string; mailer?: Mailer; hasher?: PasswordHasher } = {}) {
  const server = await (findServer('redis') ? startRealRedis() : startEmbeddedRedisForTest());
  const clock = new FakeClock();
  const catalog = new FakeCatalog();
  const secondFactors = new FakeSecondFactors();
  const recoveryLinks = new FakeRecoveryLinks(catalog);
  const confirmed: string[] = [];
  const mail = new FakeMailer();
  const identity = new ServiceIdentity('gateway', 'the gateway of a test, which nobody else has to know');
  const minter = new ServiceIdentity('minter', 'the minter of a test, which nobody else has to know either');
  const fromMinter = signatureChecker(minter.publicKeys);
  const lines: string[] = [];
  const events: Omit<AuditEvent, 'id' | 'at'>[] = [];
  const log = createLogger('gateway', 'debug', { write: (line) => void lines.push(line) });

  const running: { gateway: Gateway; redis: Redis; server: Server; origin: string; drain(): Promise<void> }[] = [];
  for (let replica = 0; replica < 2; replica += 1) {
    const redis = new Redis(server.url, { maxRetriesPerRequest: 1, commandTimeout: 2_000 });
    redis.on('error', () => undefined);
    const gateway = await composeGateway({
      config: { PUBLIC_URL: options.publicUrl ?? 'http://localhost', TRUSTED_PROXIES: [] },
      now: clock.now,
      log,
      redis,
      identity,
      check: (from, bytes, signature) => from === 'minter' && fromMinter(bytes, signature),
      catalog,
      accounts: catalog,
      ...(options.hasher && { hasher: options.hasher }),
      secondFactors,
      localAccounts: new FakeLocalAccounts(catalog),
      confirmations: { confirm: async (usersource) => void confirmed.push(usersource) },
      recoveryLinks,
      mailer: options.mailer ?? mail,
      breached: async (password) => password === LEAKED,
      audit: { record: (event) => void events.push(event) },
      fetch: async () => {
        throw new Error('no network here');
      },
      mayReach: () => true,
    });
    const front = createFront(gateway.handler, trustedProxies([]));
    const port = await listen(front.server, 0, '127.0.0.1');
    running.push({
      gateway,
      redis,
      server: front.server,
      origin: `http://localhost:${port}`,
      drain: () => front.drain(200),
    });
  }
  const [one, two] = running;
  if (!one || !two) throw new Error('two gateways were to run');

  // Behind one edge both answer to one host; in a test each has its own port, and the brand has both.
  const brand = catalog.addBrand('default', new URL(one.origin).host, {
    hosts: [new URL(one.origin).host, new URL(two.origin).host],
    origin: one.origin,
  });
  catalog.addUsersource(brand, 'local-users', 'local', { order: 10 });
  catalog.addUsersource(brand, 'local-agents', 'local', {
    order: 10,
    audience: 'agents',
    jit: { create: 'off', grant: [] },
  });
  await catalog.addMultipass(brand, 'intranet', identity, KEYS, { label: 'Acme intranet' });
  const application = catalog.addApplication(brand, 'helpdesk');
  const cheap = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
  const hashed = await hash(PASSWORD, cheap);
  catalog.addAccount('acc_ann', { name: 'Ann', emails: [{ value: 'ann@acme.test', verified: true }] }, hashed);
  catalog.addAccount('acc_gus', { name: 'Gus', audience: 'agents', username: 'gus' }, hashed);
  catalog.addAccount('acc_root', { name: 'Root', audience: 'agents', admin: true, username: 'root' }, hashed);

  const transactions = new SignInTransactions(one.redis, clock.now);
  const fromGateway = signatureChecker(identity.publicKeys);
  return {
    clock,
    catalog,
    secondFactors,
    recoveryLinks,
    /** By which usersource an admin came in, as far as it could confirm a change. */
    confirmed,
    mail,
    identity,
    minter,
    brand,
    application,
    lines,
    events,
    server,
    redis: one.redis,
    gateway: one.gateway,
    origin: one.origin,
    other: two.origin,
    handlers: [one.gateway.handler, two.gateway.handler] as const,
    browser: (headers: Record<string, string> = {}) => new Browser(one.origin, { headers, now: clock.now }),
    /** What the minter does before it sends somebody here: opens a walk and sets the browser's binding. */
    open(browser: string, ask: Partial<SignInAsk> = {}, more: Partial<SignInTransaction> = {}) {
      return transactions.open({
        brand: brand.id,
        application: application.id,
        audience: 'users',
        ask: { forceFresh: false, silent: false, ...ask },
        returnTo: '/oidc/auth/walk-1',
        browser,
        ...more,
      });
    },
    /** What the minter does when they come back. */
    collect: (transaction: string, binding: string | undefined) =>
      transactions.collect(
        transaction,
        binding,
        (from, bytes, signature) => from === 'gateway' && fromGateway(bytes, signature),
      ),
    refusals: () => events.filter((event) => event.action === 'sign_in.refused').map((event) => event.outcome.code),
    sessions: () => one.redis.keys('session:*'),
    async forget() {
      await one.redis.flushall();
      catalog.forgetVisitors();
      secondFactors.forget();
      mail.letters.length = 0;
      confirmed.length = 0;
      events.length = 0;
    },
    async stop() {
      for (const { gateway, redis, drain } of running) {
        await drain();
        await gateway.close();
        redis.disconnect();
      }
      await server.stop();
    },
  };
}

export type World = Awaited<ReturnType<typeof startWorld>>;
