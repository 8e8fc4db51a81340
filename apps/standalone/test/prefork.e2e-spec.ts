import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser, describeWith, freePort, startEdge, startRealPostgres, startRealRedis } from '@passbroker/testing';
import { adminApi } from './world/admin-api.js';
import { agent, claimsOf, helpDeskAt, PASSWORD } from './world/applications.js';
import { ADMIN_TOKEN, type Broker } from './world/broker.js';
import { configure, redeem, signIn } from './world/people.js';
import { descendantsOf, isAlive, startProgram, type Program } from './world/program.js';

type Service = 'gateway' | 'minter' | 'admin';

interface Running {
  program: Program;
  port: number;
  management: string;
}

/** What `npx passbroker <name>` runs. */
const COMMAND = 'bin/passbroker.mjs';

describeWith(['redis', 'postgres'], 'gateway, minter and admin as three processes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-prefork-'));
  const closing: (() => Promise<unknown>)[] = [];
  const running = new Map<Service, Running>();
  let env: Record<string, string>;
  let broker: Broker;
  let configured: Awaited<ReturnType<typeof configure>>;

  const of = (service: Service): Running => {
    const found = running.get(service);
    if (!found) throw new Error(`${service} does not run`);
    return found;
  };
  const health = async (service: Service, what: 'live' | 'ready'): Promise<number> =>
    fetch(`${of(service).management}/health/${what}`).then(
      ({ status }) => status,
      () => 0,
    );

  async function start(service: Service, port: number): Promise<void> {
    const management = await freePort();
    const own = { [`${service.toUpperCase()}_PORT`]: String(port), MANAGEMENT_PORT: String(management) };
    const program = startProgram({ args: [COMMAND, service], env: { ...env, ...own } });
    running.set(service, { program, port, management: `http://127.0.0.1:${management}` });
    for (const end = Date.now() + 60_000; (await health(service, 'ready')) !== 200;) {
      if (Date.now() > end) throw new Error(`${service} is not ready:\n${program.stdout()}${program.stderr()}`);
      await sleep(50);
    }
  }

  beforeAll(async () => {
    const [redis, postgres] = await Promise.all([startRealRedis(), startRealPostgres()]);
    closing.push(
      () => redis.stop(),
      () => postgres.stop(),
      async () => rmSync(folder, { recursive: true, force: true }),
    );
    const [edgePort, gateway, minter, admin] = await Promise.all(Array.from({ length: 4 }, freePort));
    const origin = `http://localhost:${edgePort}`;
    env = {
      PUBLIC_URL: origin,
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      DATA_DIR: folder,
      TRUSTED_PROXIES: '127.0.0.1/32',
      ADMIN_TOKEN,
    };
    const migration = startProgram({ args: [COMMAND, 'migrate'], env });
    if ((await migration.ended) !== 0) throw new Error(migration.stderr());
    await Promise.all([start('gateway', gateway ?? 0), start('minter', minter ?? 0), start('admin', admin ?? 0)]);
    const edge = await startEdge({
      port: edgePort ?? 0,
      gateways: [`http://127.0.0.1:${gateway}`],
      minters: [`http://127.0.0.1:${minter}`],
    });
    closing.push(() => edge.close());
    broker = {
      origin,
      redisUrl: redis.url,
      databaseUrl: postgres.url,
      log: [],
      api: adminApi(`http://127.0.0.1:${admin}`, ADMIN_TOKEN),
      browser: () => new Browser(origin),
      close: async () => undefined,
    };
    // Every service has heard of every other one, as it has a second after a deployment.
    await sleep(1_200);
    configured = await configure(broker);
  }, 120_000);
  afterAll(async () => {
    await Promise.all([...running.values()].map(({ program }) => program.stop()));
    for (const close of closing.reverse()) await close();
  });

  it('migrate ends well, also when there is nothing to do', async () => {
    const again = startProgram({ args: [COMMAND, 'migrate'], env });
    expect([await again.ended, again.stderr()]).toEqual([0, '']);
  });

  it('are live, ready and measured, each on a port of its own', async () => {
    for (const service of ['gateway', 'minter', 'admin'] as const) {
      expect([service, await health(service, 'live'), await health(service, 'ready')]).toEqual([service, 200, 200]);
      const metrics = await (await fetch(`${of(service).management}/metrics`)).text();
      expect(metrics).toContain(`service="${service}"`);
      // Nothing of this on the port that an edge publishes.
      const published = await fetch(`http://127.0.0.1:${of(service).port}/metrics`, {
        headers: { host: new URL(broker.origin).host },
      });
      expect(await published.text()).not.toContain('process_cpu');
    }
  });

  it('keep one secret each', () => {
    const secrets = ['gateway', 'minter', 'admin'].map((name) => readFileSync(join(folder, 'secrets', name), 'utf8'));
    expect(new Set(secrets).size).toBe(3);
  });

  it('sign somebody in by Multipass and give the application its tokens', async () => {
    const browser = broker.browser();
    const { answer, asked } = await signIn(broker, browser, 'jane');
    const { status, body } = await redeem(broker, configured.clientSecret, answer, asked);
    expect(status).toBe(200);
    expect(await claimsOf(broker, body['id_token'], 'helpdesk')).toMatchObject({ sub: expect.any(String) });
    const again = await signIn(broker, browser, 'jane');
    expect(again.answer.searchParams.get('code')).toBeTruthy();
  });

  it('sign an agent in by the form, and out again everywhere', async () => {
    const desk = await helpDeskAt(broker, 'agents-desk', 'agents');
    try {
      await agent(broker, 'ann', 'Ann Agent');
      await sleep(1_000);
      const browser = broker.browser();
      const form = await browser.visit(`${desk.url}/sign-in`);
      const signedIn = await browser.submit(form.form('Password'), { 'E-mail or username': 'ann', Password: PASSWORD });
      expect(signedIn.text).toContain('Hello, Ann Agent!');
      await browser.visit(`${broker.origin}/logout`);
      await browser.click('Sign out');
      expect((await browser.visit(desk.url)).text).toContain('How can we help?');
    } finally {
      await desk.close();
    }
  });

  it('answer what has begun before they end, and leave nothing behind', async () => {
    const { program, port } = of('gateway');
    const below = descendantsOf(program.pid);
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (piece: string) => (answer += piece));
    const closed = once(socket, 'close');
    const fields = 'username=ann&password=something';
    socket.write(
      `POST /login HTTP/1.1\r\nhost: ${new URL(broker.origin).host}\r\n` +
        `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${fields.length}\r\n\r\n${fields.slice(0, 9)}`,
    );
    await sleep(300);
    const ending = program.stop();
    await sleep(500);
    // Not ready, so that the balancer looks elsewhere; alive, so that nobody kills it; and no new visitors.
    expect([await health('gateway', 'ready'), await health('gateway', 'live')]).toEqual([503, 200]);
    const late = connect(port, '127.0.0.1');
    expect(await once(late, 'connect').catch((error: NodeJS.ErrnoException) => error.code)).toBe('ECONNREFUSED');
    socket.write(fields.slice(9));
    await closed;
    expect(answer).toMatch(/^HTTP\/1\.1 403 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect((await ending).code).toBe(0);
    expect(below.filter(isAlive)).toEqual([]);

    // Rolled: whoever was signed in still is.
    await start('gateway', port);
    const { answer: code } = await signIn(broker, broker.browser(), 'after-the-roll');
    expect(code.searchParams.get('code')).toBeTruthy();
  }, 60_000);

  it('end at a SIGTERM within seconds', async () => {
    for (const service of ['minter', 'admin', 'gateway'] as const) {
      const { program } = of(service);
      const below = descendantsOf(program.pid);
      const { code, ms } = await program.stop();
      expect([service, code]).toEqual([service, 0]);
      expect(ms).toBeLessThan(10_000);
      expect(below.filter(isAlive)).toEqual([]);
    }
  }, 60_000);

  it('say what they miss when they have no stores', async () => {
    for (const service of ['gateway', 'minter', 'admin'] as const) {
      const program = startProgram({
        args: [COMMAND, service],
        env: { DATA_DIR: folder, MANAGEMENT_PORT: '0' },
      });
      expect([service, await program.ended]).toEqual([service, 1]);
      expect(program.stderr()).toContain('DATABASE_URL is missing');
      expect(program.stderr()).toContain('REDIS_URL is missing');
    }
  }, 30_000);
});
