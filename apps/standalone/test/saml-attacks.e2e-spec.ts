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
    const settings = {
      metadata: idp.metadata(),
      idpInitiated: true,
      relayStates: [`${broker.origin}/*`, 'https://help.acme.test/*'],
    };
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

  const unasked = (name: string, relayState?: string, conditions?: string): Record<string, string> => {
    idp.person = { nameId: name, attributes: { email: [`${name}@acme.test`], displayName: [name] } };
    const door = `${broker.origin}/sso/portal`;
    return idp.respond(
      { id: '', acs: `${door}/acs`, issuer: `${door}/metadata`, relayState },
      {
        assertion: { inResponseTo: '', ...(conditions !== undefined && { conditions }) },
        response: { inResponseTo: '' },
      },
    );
  };
  const post = async (browser: Browser, fields: Record<string, string>) =>
    browser.follow(await browser.post(`${broker.origin}/sso/portal/acs`, fields), { until: isCallback });
  const isIn = (browser: Browser): boolean =>
    browser.cookies.value('passbroker_session', new URL(broker.origin)) !== undefined;

  it('SAML-SP-077: takes what may be used once once', async () => {
    const ends = new Date(Date.now() + 300_000).toISOString();
    const audience = `<saml:AudienceRestriction><saml:Audience>${broker.origin}/sso/portal/metadata</saml:Audience></saml:AudienceRestriction>`;
    const fields = unasked(
      'una',
      undefined,
      `<saml:Conditions NotOnOrAfter="${ends}">${audience}<saml:OneTimeUse/></saml:Conditions>`,
    );
    const [first, second] = [broker.browser(), broker.browser()];
    await post(first, fields);
    expect(isIn(first)).toBe(true);
    expect([(await post(second, fields)).status, isIn(second)]).toEqual([403, false]);
    // Nor again by whom it has let in.
    expect((await post(first, fields)).text).not.toContain('Hello');
  }, 30_000);

  it('SAML-SP-105: makes nobody who is signed in somebody else without asking', async () => {
    const victim = broker.browser();
    await post(victim, unasked('vera'));
    const who = async (): Promise<string | undefined> =>
      /(vera|mallory)@acme\.test/.exec((await victim.visit('/account')).text)?.[0];
    expect(await who()).toBe('vera@acme.test');
    const asked = await post(victim, unasked('mallory'));
    expect(asked.url.pathname).toMatch(/^\/sso\/continue\//);
    expect(await who()).toBe('vera@acme.test');
    // Another site cannot answer for them.
    const forced = await victim.post(asked.url, { answer: 'yes' }, { headers: { origin: 'https://evil.test' } });
    expect(forced.status).toBe(403);
    expect(await who()).toBe('vera@acme.test');
    const again = await post(victim, unasked('mallory'));
    const yes = again.forms.find(({ buttons }) => buttons.some(({ value }) => value === 'yes'));
    const button = yes?.buttons.find(({ value }) => value === 'yes')?.text;
    if (!yes || button === undefined) throw new Error(again.text);
    await victim.submit(yes, {}, { button });
    expect(await who()).toBe('mallory@acme.test');
  }, 30_000);

  it('SAML-SP-109: leads to no address but those of the settings', async () => {
    const lands = async (relayState: string): Promise<string> => {
      const browser = broker.browser();
      const until = ({ origin }: URL): boolean => origin !== broker.origin;
      const answer = await browser.post(`${broker.origin}/sso/portal/acs`, unasked('rae', relayState));
      const page = await browser.follow(answer, { until });
      expect([relayState, isIn(browser)]).toEqual([relayState, true]);
      return page.location?.href ?? page.url.href;
    };
    const host = new URL(broker.origin).host;
    for (const elsewhere of [
      ...[
        'https://evil.test/',
        '//evil.test',
        '\\\\evil.test',
        '/\\evil.test',
        'javascript:alert(1)',
        'data:text/html,x',
      ],
      ...[`http://${host}@evil.test/`, `http://${host}.evil.test/`, `http://evil.test/${host}/`, `https:${host}`],
      ...[`http://evil.test#${broker.origin}/`, `${broker.origin}:evil`],
    ]) {
      expect([elsewhere, await lands(elsewhere)]).toEqual([elsewhere, `${broker.origin}/`]);
    }
    // Ours to browsers, and evil's to who takes it apart another way: it goes out as it was judged.
    const browser = broker.browser();
    const asked = await browser.post(
      `${broker.origin}/sso/portal/acs`,
      unasked('rae', `${broker.origin}\\@evil.test/`),
    );
    const led = await browser.get(asked.location ?? '');
    expect(led.headers['location']).toBe(`${broker.origin}/@evil.test/`);
    expect(await lands(`${broker.origin}/account`)).toBe(`${broker.origin}/account`);
    expect(await lands('https://help.acme.test/hc?a=b')).toBe('https://help.acme.test/hc?a=b');
  }, 30_000);

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
