import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { Browser, startFaultProxy, type FaultProxy } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';

const PASSWORD = 'velvet-otter-42-lantern';
const PEOPLE = 40;
const ROUNDS = 4;
const SIGN_INS = 25;
/** Of each of the three, while the others' sign-ins are measured. */
const EVERY_MS = 300;
const SLOW_MS = 5_000;
const FAULTS = ['silent', 'slow', 'gone'] as const;
type Fault = (typeof FAULTS)[number];

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (all: number[]): number => all.toSorted((one, other) => one - other)[all.length >> 1] ?? 0;

/**
 * One company with four databases of people on one page: one is well, one accepts connections and says nothing (its
 * process was stopped), one answers after five seconds, one is gone.
 */
describe('three usersources that are away, and one that is well', () => {
  let broker: Broker;
  const roads = new Map<Fault, FaultProxy>();
  let visitors = 0;

  beforeAll(async () => {
    broker = await startBroker({ gateways: 1, minters: 1 });
    await fillTable(broker.databaseUrl);
    for (const fault of FAULTS) roads.set(fault, await startFaultProxy(broker.databaseUrl));
    await add('well', broker.databaseUrl);
    for (const fault of FAULTS) await add(fault, road(fault).url);
  }, 90_000);
  afterAll(async () => {
    for (const proxy of roads.values()) await proxy.close();
    await broker?.close();
  });

  const road = (fault: Fault): FaultProxy => {
    const found = roads.get(fault);
    if (!found) throw new Error(`no road to ${fault}`);
    return found;
  };

  async function add(slug: string, url: string): Promise<void> {
    const { hostname, port, pathname, username, password } = new URL(url);
    await broker.api('POST', '/v1/usersources', {
      ...{ slug, type: 'database', brand: 'default', audience: 'users', label: `The ${slug} one`, order: 50 },
      jit: { create: 'on' },
      linking: { mode: 'prove', authoritativeDomains: [`${slug}.test`] },
      mapping: { groups: "['of ' + usersource.slug]", attributes: {} },
      settings: {
        ...{ dialect: 'postgres', host: hostname, port: Number(port), database: pathname.slice(1), tls: 'off' },
        ...{ user: decodeURIComponent(username) || 'postgres', password: decodeURIComponent(password) || 'none' },
        ...{ table: 'public.people', hash: 'sha256({salt}{password})', signInBy: ['email'] },
        columns: { subject: 'id', username: 'login', passwordHash: 'hash', salt: 'salt', email: 'mail', name: 'name' },
      },
    });
  }

  /** What the page says, and how long it took from the post to it. */
  async function signIn(at: string, person: number): Promise<{ text: string; status: number; ms: number }> {
    visitors += 1;
    const client = `198.51.${(visitors >> 8) & 255}.${visitors & 255}`;
    const browser = new Browser(broker.origin, { headers: { 'x-test-client': client } });
    const page = await browser.visit('/login');
    const since = performance.now();
    const { text, status } = await browser.submit(page.form('Password'), {
      username: `p${person}@${at}.test`,
      password: PASSWORD,
    });
    return { text, status, ms: performance.now() - since };
  }

  function foul(): void {
    road('silent').swallow();
    road('slow').delay(SLOW_MS / 2);
    road('gone').cut();
  }
  const fair = (): void => FAULTS.forEach((fault) => road(fault).heal());
  const healthOf = async (slug: string) => String((await broker.api('GET', `/v1/usersources/${slug}`))['health']);
  const becomes = async (slug: string, health: string, withinMs: number): Promise<number> => {
    const since = performance.now();
    while ((await healthOf(slug)) !== health) {
      if (performance.now() - since > withinMs) throw new Error(`${slug} is not ${health} after ${withinMs} ms`);
      await sleep(100);
    }
    return performance.now() - since;
  };

  /** People of the three go on trying; nobody waits for them here. */
  function crowd(): { stop(): Promise<void> } {
    const all: Promise<unknown>[] = [];
    let person = 0;
    const timer = setInterval(() => {
      person = (person + 1) % PEOPLE;
      for (const fault of FAULTS) all.push(signIn(fault, person).catch(() => undefined));
    }, EVERY_MS);
    return {
      stop: async () => {
        clearInterval(timer);
        await Promise.all(all);
      },
    };
  }

  it('signs people in by each of them in fair weather, and maps them', async () => {
    for (const slug of ['well', ...FAULTS]) {
      for (let person = 0; person < (slug === 'well' ? PEOPLE : 3); person += 1) {
        expect((await signIn(slug, person)).text).toContain(`Hello, Person ${person} of ${slug}`);
      }
    }
    const { data } = (await broker.api('GET', '/v1/accounts?email=p1@slow.test')) as { data: { groups: string[] }[] };
    expect(data[0]?.groups).toEqual(['of slow']);
  }, 120_000);

  it('tells an admin step by step how it went, over the bus, and for one person without a password', async () => {
    const tried = (slug: string, body: object = {}) => broker.api('POST', `/v1/usersources/${slug}:test`, body);
    const well = await tried('well', { username: 'p1@well.test' });
    expect([well['state'], JSON.stringify(well['steps']).includes('well-1'), well['trial']]).toEqual([
      'ok',
      true,
      null,
    ]);
    expect(await tried('well', { username: 'nobody@well.test' })).toMatchObject({ state: 'down' });
    // What is wrong with one person says nothing of the usersource.
    expect(await healthOf('well')).toBe('unknown');
    road('gone').cut();
    const gone = await tried('gone');
    expect(gone).toMatchObject({ state: 'down' });
    expect(await healthOf('gone')).toBe('down');
    expect(JSON.stringify([well, gone])).not.toContain(PASSWORD);
    fair();
    expect(await tried('gone')).toMatchObject({ state: 'ok' });
    expect(await healthOf('gone')).toBe('ok');
  }, 60_000);

  it('opens a circuit within ten failures or ten seconds, and closes it by itself', async () => {
    const openings: Record<string, string> = {};
    for (const fault of ['silent', 'gone'] as const) {
      fair();
      if (fault === 'silent') road(fault).swallow();
      else road(fault).cut();
      const since = performance.now();
      const known = becomes(fault, 'down', 15_000);
      let failures = 0;
      const trying = (async () => {
        while ((await healthOf(fault)) !== 'down') {
          await signIn(fault, failures % PEOPLE);
          failures += 1;
        }
      })();
      await Promise.all([known, trying]);
      const ms = performance.now() - since;
      openings[fault] = `${failures} failures, ${Math.round(ms)} ms`;
      expect(failures <= 10 || ms <= 10_000).toBe(true);
      // From now on nobody waits.
      const told = await signIn(fault, 1);
      expect([told.status, told.ms < 1_000]).toEqual([503, true]);
      // The page says so before anybody types a password in vain.
      expect((await broker.browser().visit('/login')).text).toContain(`The ${fault} one cannot be reached`);
      expect((await signIn('well', 1)).text).toContain('Hello, Person 1 of well');
      fair();
      // Nobody tries: the gateway does.
      openings[`${fault}, back after`] = `${Math.round(await becomes(fault, 'ok', 30_000))} ms`;
      expect((await signIn(fault, 1)).text).toContain(`Hello, Person 1 of ${fault}`);
    }
    tell('circuits', openings);
  }, 180_000);

  it('keeps the median of everybody else within ten per cent', async () => {
    const took = { fair: [] as number[], foul: [] as number[] };
    for (let round = 0; round < ROUNDS * 2; round += 1) {
      const weather = round % 2 === 0 ? 'fair' : 'foul';
      if (weather === 'foul') foul();
      else {
        fair();
        for (const fault of FAULTS) await becomes(fault, 'ok', 60_000).catch(() => undefined);
      }
      const others = crowd();
      await sleep(500);
      for (let one = 0; one < SIGN_INS; one += 1) {
        const { text, ms } = await signIn('well', one % PEOPLE);
        expect(text).toContain('of well');
        took[weather].push(ms);
      }
      await others.stop();
    }
    fair();
    const [before, after] = [median(took.fair), median(took.foul)];
    tell('sign-ins by the one that is well', {
      'median ms, all four well': before.toFixed(1),
      'median ms, three away': after.toFixed(1),
      ratio: (after / before).toFixed(3),
    });
    expect(after / before).toBeLessThan(1.1);
  }, 300_000);
});

async function fillTable(url: string): Promise<void> {
  const owner = new Client({ connectionString: url });
  await owner.connect();
  await owner.query('create table public.people (id text, login text, mail text, name text, salt text, hash text)');
  for (const at of ['well', ...FAULTS]) {
    for (let person = 0; person < PEOPLE; person += 1) {
      const hash = createHash('sha256').update(`salt${PASSWORD}`).digest('hex');
      const values = [
        `${at}-${person}`,
        `p${person}-${at}`,
        `p${person}@${at}.test`,
        `Person ${person} of ${at}`,
        'salt',
        hash,
      ];
      await owner.query('insert into public.people values ($1, $2, $3, $4, $5, $6)', values);
    }
  }
  await owner.end();
}

/** The numbers themselves, in the test's output: they are what people ask for. */
function tell(title: string, numbers: Record<string, string>): void {
  const lines = Object.entries(numbers).map(([name, value]) => `    ${name}: ${value}`);
  process.stdout.write(`  ${title}\n${lines.join('\n')}\n`);
}
