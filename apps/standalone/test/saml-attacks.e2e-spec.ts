import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describeWith, findServer, freePort, type Browser } from '@passbroker/testing';
import { SamlIdp } from '../../../libs/testing/src/peers/saml-idp.js';
import { startBroker, type Broker } from './world/broker.js';
import { heard, isCallback, Upstreams } from './world/upstreams.js';
import { question } from './world/people.js';

/** What upstream brings unasked, and what a crash of Redis forgets; two gateways. */
describeWith('redis', 'SAML answers that come unasked or again', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let idp: SamlIdp;
  let server: ChildProcess | undefined;
  let port = 0;
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-aof-'));

  /** As `docs/deployment.md` wants it: every write is on its way to the disk before it is answered. */
  async function startRedis(): Promise<void> {
    const only = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
    server = spawn(findServer('redis') ?? 'redis-server', [...only, '--appendonly', 'yes'], { stdio: 'ignore' });
    const client = new Redis(port, '127.0.0.1', { retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    await client.ping();
    client.disconnect();
  }
  async function killRedis(): Promise<void> {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.kill('SIGKILL');
    await gone;
  }

  beforeAll(async () => {
    port = await freePort();
    await startRedis();
    const road = { url: `redis://127.0.0.1:${port}`, close: killRedis };
    broker = await startBroker({ redisThrough: async () => road });
    upstreams = await Upstreams.of(broker);
    idp = new SamlIdp('');
    await idp.listen();
    const settings = { metadata: idp.metadata(), idpInitiated: true, relayStates: [`${broker.origin}/*`] };
    await upstreams.add('saml', 'portal', settings);
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await idp?.close();
    await broker?.close();
    await killRedis();
    rmSync(folder, { recursive: true, force: true });
  });

  const unasked = (name: string, relayState?: string): Record<string, string> => {
    idp.person = { nameId: name, attributes: { email: [`${name}@acme.test`], displayName: [name] } };
    const door = `${broker.origin}/sso/portal`;
    return idp.respond(
      { id: '', acs: `${door}/acs`, issuer: `${door}/metadata`, relayState },
      { assertion: { inResponseTo: '' }, response: { inResponseTo: '' } },
    );
  };
  const post = async (browser: Browser, fields: Record<string, string>) =>
    browser.follow(await browser.post(`${broker.origin}/sso/portal/acs`, fields), { until: isCallback });
  const isIn = (browser: Browser): boolean =>
    browser.cookies.value('passbroker_session', new URL(broker.origin)) !== undefined;

  it('SAML-SP-107: leads nobody into an application that is switched off', async () => {
    const enabled = async (on: boolean): Promise<void> => {
      await broker.api('PATCH', '/v1/applications/helpdesk', { enabled: on });
      await heard();
    };
    const brought = async (name: string) => {
      const browser = broker.browser();
      await post(browser, unasked(name, `${broker.origin}/account`));
      expect(isIn(browser)).toBe(true);
      return browser.visit(question(broker).url, { until: isCallback });
    };
    await enabled(false);
    const off = await brought('ann');
    expect(off.location?.searchParams.has('code') ?? false).toBe(false);
    expect([off.status >= 300, off.status < 500]).toEqual([true, true]);
    await enabled(true);
    expect((await brought('bob')).location?.searchParams.has('code')).toBe(true);
  }, 30_000);

  it('SAML-SP-076: takes no response again after Redis was killed and came back', async () => {
    const fields = unasked('kim');
    const first = broker.browser();
    await post(first, fields);
    expect(isIn(first)).toBe(true);
    // Written to the disk once a second: a kill of the process alone loses nothing that was answered.
    await killRedis();
    await startRedis();
    let attempt = broker.browser();
    let page = await post(attempt, fields);
    for (let tries = 0; page.status === 503 && tries < 40; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      attempt = broker.browser();
      page = await post(attempt, fields);
    }
    expect([page.status, isIn(attempt)]).toEqual([403, false]);
    const other = broker.browser();
    await post(other, unasked('leo'));
    expect(isIn(other)).toBe(true);
  }, 60_000);
});
