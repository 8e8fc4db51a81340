import { startFaultProxy, type Browser, type FaultProxy, type Page } from '@passbroker/testing';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { startBroker, type Broker } from './world/broker.js';
import { hearCommands, hearStatements, type Ear } from './world/commands.js';
import { configure, question, REDIRECT, redeem, signIn, type Question } from './world/people.js';

/** What one whole login may cost, from the application's question to its tokens. */
const MOST_COMMANDS = 30;
const MOST_ROUND_TRIPS = 20;
/** Long beside what one login takes on a busy machine: its ups and downs are then less than one round trip. */
const DELAY_MS = 50;
const MANY = 2_000;
const MANY_USERSOURCES = 10_000;
/** Of one gateway and one minter, in the same process as the browser that asks them. */
const MOST_CPU = 1.15;
const CPU_ROUNDS = 6;
const CPU_LOGINS = 12;
const AGENT = { name: 'ada@acme.test', password: 'velvet-otter-42-lantern' };

interface Cost {
  commands: string[];
  statements: string[];
  ms: number;
}

describe('one OpenID Connect login', () => {
  let broker: Broker;
  let redisRoad: FaultProxy;
  let commands: Ear;
  let statements: Ear;
  let clientSecret: string;
  let people = 0;

  beforeAll(async () => {
    broker = await startBroker({
      gateways: 1,
      minters: 1,
      redisThrough: async (url) => {
        redisRoad = await startFaultProxy(url);
        commands = hearCommands(redisRoad);
        return redisRoad;
      },
      databaseThrough: async (url) => {
        const road = await startFaultProxy(url);
        statements = hearStatements(road);
        return road;
      },
    });
    ({ clientSecret } = await configure(broker));
    await broker.api('POST', '/v1/accounts', {
      audience: 'agents',
      name: 'Ada',
      emails: [{ value: AGENT.name, verified: true }],
      password: AGENT.password,
    });
    await broker.api('POST', '/v1/applications', {
      slug: 'desk',
      protocol: 'oidc',
      brand: 'default',
      audience: 'agents',
      name: 'Desk',
      enabled: true,
      settings: { client_id: 'desk', redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' },
    });
    // On the form of agents beside the built-in accounts. Nobody is there, and nobody of theirs comes by it.
    await broker.api('POST', '/v1/usersources', {
      ...{ slug: 'directory', type: 'ldap', brand: 'default', audience: 'agents', label: 'Directory' },
      ...{ display: 'form', order: 900, linking: { mode: 'prove', authoritativeDomains: ['corp.test'] } },
      settings: {
        ...{ servers: ['ldaps://127.0.0.1:1'], baseDn: 'dc=corp,dc=test' },
        ...{ bindDn: 'cn=reader,dc=corp,dc=test', bindPassword: 'reader-0001' },
      },
    });
    // The log of changes is looked at every second: what it tells belongs to nobody's login.
    await new Promise((resolve) => setTimeout(resolve, 2_200));
  }, 60_000);
  afterAll(() => broker?.close());

  const withSession = async (): Promise<() => Promise<void>> => {
    const browser = broker.browser();
    await signIn(broker, browser, 'known');
    return async () => {
      const { answer, asked } = await signIn(broker, browser, 'known');
      await redeemed(answer, asked);
    };
  };
  const byMultipass = () => async (): Promise<void> => {
    people += 1;
    const { answer, asked } = await signIn(broker, broker.browser(), `new-${people}`);
    await redeemed(answer, asked);
  };
  const byForm = () => async (): Promise<void> => {
    const browser: Browser = broker.browser();
    const asked = question(broker, { client_id: 'desk', scope: 'openid profile' });
    const page = await browser.visit(asked.url);
    const end: Page = await browser.submit(
      page.form('password'),
      { username: AGENT.name, password: AGENT.password },
      { until: (url) => url.href.startsWith(REDIRECT) },
    );
    const answered = await fetch(`${broker.origin}/oidc/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: 'desk',
        code: end.location?.searchParams.get('code') ?? '',
        redirect_uri: REDIRECT,
        code_verifier: asked.verifier,
      }),
    });
    expect(answered.status).toBe(200);
  };
  const redeemed = async (answer: URL, asked: Question): Promise<void> => {
    expect((await redeem(broker, clientSecret, answer, asked)).status).toBe(200);
  };

  /** With warm caches; what is said after the answer (the audit) is waited for. */
  const costOf = async (login: () => Promise<void>): Promise<Cost> => {
    await settled();
    commands.take();
    statements.take();
    const since = performance.now();
    await login();
    const ms = performance.now() - since;
    await settled();
    return { commands: commands.take(), statements: statements.take(), ms };
  };
  const settled = () => new Promise((resolve) => setTimeout(resolve, 150));

  const medianMs = async (login: () => Promise<void>, times = 9): Promise<number> => {
    const took: number[] = [];
    for (let time = 0; time < times; time += 1) {
      const since = performance.now();
      await login();
      took.push(performance.now() - since);
    }
    return took.sort((left, right) => left - right)[times >> 1] ?? 0;
  };
  /** The road's own length, as a client of Redis measures it. */
  const roundTripMs = async (): Promise<number> => {
    const client = new Redis(redisRoad.url);
    await client.ping();
    const ms = await medianMs(async () => void (await client.ping()));
    client.disconnect();
    return ms;
  };

  const logins: [string, () => (() => Promise<void>) | Promise<() => Promise<void>>][] = [
    ['with a session at the broker', withSession],
    ['of a newcomer, by Multipass', byMultipass],
    ['by the local form', byForm],
  ];

  it.each(logins)(
    '%s asks Redis at most thirty things, twenty of them one after the other',
    async (name, prepare) => {
      const login = await prepare();
      await login();
      const cost = await costOf(login);
      const near = [await roundTripMs(), await medianMs(login)] as const;
      redisRoad.delay(DELAY_MS);
      const far = [await roundTripMs(), await medianMs(login)] as const;
      redisRoad.delay(0);
      const roundTrips = (far[1] - near[1]) / (far[0] - near[0]);
      tell(name, {
        'Redis commands': cost.commands.length,
        'sequential round trips': Number(roundTrips.toFixed(1)),
        'SQL statements': cost.statements.length,
        'median ms': Number(near[1].toFixed(1)),
        commands: cost.commands.join(', '),
        statements: cost.statements.join(' | '),
      });
      // Positive control: it is heard at all, and it is slower on a longer road.
      expect(cost.commands.length).toBeGreaterThan(5);
      expect(roundTrips).toBeGreaterThan(3);
      expect(cost.commands.length).toBeLessThanOrEqual(MOST_COMMANDS);
      expect(roundTrips).toBeLessThanOrEqual(MOST_ROUND_TRIPS);
    },
    60_000,
  );

  it('costs the same among ten thousand usersources, two thousand applications and sessions', async () => {
    const all = await Promise.all(logins.map(async ([name, prepare]) => ({ name, login: await prepare() })));
    const measure = async () => {
      const costs: Record<string, Cost> = {};
      for (const { name, login } of all) {
        await login();
        costs[name] = await costOf(login);
      }
      return costs;
    };
    const few = await measure();
    // Once for nothing: what a process learns about its own code makes it quicker, whatever the catalog holds.
    await cpuOf(all);
    const before = await cpuOf(all);
    await fill();
    const many = await measure();
    const among = await cpuOf(all);
    // And back: a machine that slows down or speeds up meanwhile is on both sides.
    await empty();
    await measure();
    const after = await cpuOf(all);
    for (const { name } of all) {
      const [one = 0, lots = 0, again = 0] = [before[name], among[name], after[name]];
      const ratio = lots / ((one + again) / 2);
      tell(`${name}, CPU`, {
        ms: `${one.toFixed(2)} → ${lots.toFixed(2)} → ${again.toFixed(2)}`,
        ratio: ratio.toFixed(3),
      });
      expect(ratio).toBeLessThan(MOST_CPU);
    }
    for (const { name } of all) {
      tell(`${name}, among ${MANY_USERSOURCES} usersources`, {
        'Redis commands': many[name]?.commands.length ?? 0,
        'SQL statements': many[name]?.statements.length ?? 0,
        ms: `${few[name]?.ms.toFixed(1)} → ${many[name]?.ms.toFixed(1)}`,
      });
      expect(many[name]?.commands.toSorted()).toEqual(few[name]?.commands.toSorted());
      expect(many[name]?.statements.toSorted()).toEqual(few[name]?.statements.toSorted());
    }
  }, 240_000);

  /** CPU of one login, in ms: of several rounds the one that was disturbed least. */
  async function cpuOf(all: readonly { name: string; login: () => Promise<void> }[]): Promise<Record<string, number>> {
    const least: Record<string, number> = {};
    for (let round = 0; round < CPU_ROUNDS; round += 1) {
      for (const { name, login } of all) {
        const since = process.cpuUsage();
        for (let time = 0; time < CPU_LOGINS; time += 1) await login();
        const { user, system } = process.cpuUsage(since);
        least[name] = Math.min(least[name] ?? Infinity, (user + system) / 1_000 / CPU_LOGINS);
      }
    }
    return least;
  }

  async function fill(): Promise<void> {
    const owner = new Client({ connectionString: broker.databaseUrl });
    await owner.connect();
    await owner.query(
      `insert into catalog.application (id, slug, protocol, brand, audience, name, enabled, settings)
       select 'app_many' || n, 'many-' || n, protocol, brand, audience, name, enabled,
         jsonb_set(settings, '{client_id}', to_jsonb('many-' || n))
       from catalog.application, generate_series(1, ${MANY}) n where slug = 'helpdesk'`,
    );
    // Half of them hidden, half directories on the very form of the last login, each with a domain of its own.
    await owner.query(
      `insert into catalog.usersource (id, slug, type, brand, audience, label, enabled, sso, display, "order", hintable,
         forward_passive, slo, domains, networks, jit, linking, settings, proven)
       select 'us_many' || n, 'many-' || n, type, brand, audience, label, enabled, 'none',
         case when slug = 'directory' then 'form' else 'hidden' end, 1000 + n, hintable,
         forward_passive, slo, jsonb_build_array('many-' || n || '.test'), networks, jit, linking, settings, proven
       from catalog.usersource, generate_series(1, ${MANY_USERSOURCES}) n
       where slug = case when n % 2 = 0 then 'directory' else 'intranet' end`,
    );
    const counted = await owner.query<{ count: string }>('select count(*) from catalog.usersource');
    expect(Number(counted.rows[0]?.count)).toBeGreaterThan(MANY_USERSOURCES);
    await owner.end();
    await news();

    const redis = new Redis(broker.redisUrl);
    const [session = ''] = await redis.keys('session:*');
    const record = await redis.get(session);
    expect(record).toBeTruthy();
    const pipeline = redis.pipeline();
    for (let one = 0; one < MANY; one += 1) pipeline.set(`session:many-${one}`, record ?? '', 'EX', 3_600);
    await pipeline.exec();
    redis.disconnect();
  }

  async function empty(): Promise<void> {
    const owner = new Client({ connectionString: broker.databaseUrl });
    await owner.connect();
    for (const table of ['application', 'usersource']) {
      await owner.query(`delete from catalog.${table} where slug like 'many-%'`);
    }
    await owner.end();
    await news();
    const redis = new Redis(broker.redisUrl);
    await redis.del(...Array.from({ length: MANY }, (_, one) => `session:many-${one}`));
    redis.disconnect();
  }

  async function news(): Promise<void> {
    const owner = new Client({ connectionString: broker.databaseUrl });
    await owner.connect();
    await owner.query(`insert into catalog.change_log (kind, id) select 'brand', id from catalog.brand`);
    await owner.end();
    // The log of changes is looked at every second.
    await new Promise((resolve) => setTimeout(resolve, 2_200));
  }
});

/** The numbers themselves, in the test's output: they are what people ask for. */
function tell(title: string, numbers: Record<string, number | string>): void {
  const lines = Object.entries(numbers).map(([name, value]) => `    ${name}: ${value}`);
  process.stdout.write(`  ${title}\n${lines.join('\n')}\n`);
}
