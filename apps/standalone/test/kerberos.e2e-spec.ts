import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWith, negotiateHeader, startMitKdc, type Browser, type MitKdc, type Page } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { launch, somebody } from './world/chromium.js';
import { send } from './world/wire.js';

const PASSWORD = 'Corr3ct-Horse!';
const OFFICE = '203.0.113.0/24';
const ELSEWHERE = { 'x-test-client': '198.51.100.7' };

describeWith(['krb5kdc', 'kerberos', 'curl'], 'people at computers of the domain', () => {
  let kdc: MitKdc;
  let broker: Broker;
  let keytab: string;
  let usersource: string;
  let alice: Record<string, string>;

  beforeAll(async () => {
    [kdc, broker] = await Promise.all([startMitKdc(), startBroker()]);
    kdc.person('alice', PASSWORD);
    keytab = kdc.service('HTTP/localhost');
    chmodSync(keytab, 0o600);
    alice = kdc.ticketOf('alice', PASSWORD);
    const made = await broker.api('POST', '/v1/usersources', {
      slug: 'windows',
      type: 'kerberos',
      brand: 'default',
      audience: 'users',
      label: 'Acme computers',
      enabled: true,
      sso: 'automatic',
      networks: [OFFICE, '127.0.0.0/8', '::1/128'],
      jit: { create: 'on' },
      linking: { mode: 'prove', authoritativeDomains: ['acme.test'] },
      settings: { realm: 'ACME.TEST', servicePrincipal: 'HTTP/localhost', keytab, emailDomain: 'acme.test' },
    });
    usersource = String(made['id']);
  }, 120_000);
  afterAll(async () => {
    await broker.close();
    await kdc.stop();
  });

  const CALLBACK = '/sso/windows/callback';
  const ticket = () => negotiateHeader(alice, 'HTTP@localhost');
  /** As far as the question, with which a browser without a ticket would stay. */
  const asked = async (browser: Browser): Promise<Page> => {
    // Each from a place of its own: many strangers at one address would look like one that goes round and round.
    const headers = { 'x-test-client': `203.0.113.${++places}` };
    const page = await browser.get('/login', { headers });
    expect(page.location?.pathname).toBe(CALLBACK);
    return browser.get(CALLBACK, { headers });
  };
  let places = 0;
  const isSignedIn = async (browser: Browser): Promise<boolean> =>
    (await browser.get('/')).text.includes('Signed in through');

  it('sign in by curl, without a word', async () => {
    const page = await curl(`${broker.origin}/login`, ['--negotiate', '-u', ':'], alice);
    expect(page).toContain('alice@acme.test');
    expect(page).toContain('Acme computers');
  });

  it('see the sign-in page by curl, without a ticket', async () => {
    const answer = await curl(`${broker.origin}/login`, ['--negotiate', '-u', ':', '-i'], {
      KRB5CCNAME: 'MEMORY:none',
    });
    expect(answer).toMatch(/^www-authenticate: Negotiate\r$/m);
    expect(answer).toContain('href="/sso/windows/callback?asked=once"');
  });

  it('are asked twice at most, and see the page when they have no ticket; never in a circle (KRB-011)', async () => {
    const browser = broker.browser();
    const question = await asked(browser);
    expect(question.status).toBe(401);
    expect(question.headers['www-authenticate']).toBe('Negotiate');
    expect(question.headers['refresh']).toBe(`0; url=${CALLBACK}?asked=once`);
    // Chromium on Linux misses the first question.
    const again = await browser.get(`${CALLBACK}?asked=once`);
    expect(again.status).toBe(401);
    expect(again.headers['refresh']).toBe(`0; url=${CALLBACK}?asked=twice`);
    const page = await browser.visit(`${CALLBACK}?asked=twice`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('That did not work');
    // The other side: who presses the button is asked again.
    const pressed = await browser.get('/sso/start/windows');
    expect(pressed.location?.pathname).toBe(CALLBACK);
    const paths = browser.history.map(({ pathname }) => pathname);
    expect(paths.filter((path) => path === CALLBACK)).toHaveLength(3);
  });

  it('come in by the same question, with a ticket', async () => {
    const browser = broker.browser();
    await asked(browser);
    const answer = await browser.get(CALLBACK, { headers: { authorization: ticket() } });
    expect(answer.status).toBe(303);
    // The server has proved itself as well.
    expect(answer.headers['www-authenticate']).toMatch(/^Negotiate oY/);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('a captured message signs in one of twenty browsers at two replicas (KRB-001)', async () => {
    const captured = ticket();
    const browsers = Array.from({ length: 20 }, () => broker.browser());
    for (const browser of browsers) await asked(browser);
    await Promise.all(
      browsers.map((browser, index) =>
        browser.get(CALLBACK, { headers: { authorization: captured, 'x-test-replica': String(index % 2) } }),
      ),
    );
    const inside = await Promise.all(browsers.map(isSignedIn));
    expect(inside.filter(Boolean)).toHaveLength(1);
    const events = await audited('replayed');
    expect(events.length).toBeGreaterThan(0);
  });

  it('NTLM is not taken: whoever offers it sees the page (KRB-002)', async () => {
    const browser = broker.browser();
    await asked(browser);
    const ntlm = `Negotiate ${Buffer.from('NTLMSSP\0\u0001\0\0\0').toString('base64')}`;
    const answer = await browser.follow(await browser.get(CALLBACK, { headers: { authorization: ntlm } }));
    expect(answer.status).toBe(200);
    expect(answer.headers['www-authenticate']).toBeUndefined();
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('are not asked outside the office, where Windows would ask for a password (KRB-011)', async () => {
    const outside = broker.browser();
    const page = await outside.get('/login', { headers: ELSEWHERE });
    expect(page.status).toBe(200);
    const unasked = await outside.get(CALLBACK, { headers: ELSEWHERE });
    expect(unasked.headers['www-authenticate']).toBeUndefined();
    expect((await asked(broker.browser())).status).toBe(401);
  });

  it('another site can neither ask for a ticket nor use one (KRB-011)', async () => {
    const browser = broker.browser();
    await asked(browser);
    const picture = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
    const seen = await broker.browser().get(CALLBACK, { headers: picture });
    expect(seen.headers['www-authenticate']).toBeUndefined();
    // Nobody in this browser was on their way.
    const forced = broker.browser();
    await forced.get('/login', { headers: ELSEWHERE });
    const answer = await forced.get(CALLBACK, { headers: { authorization: ticket() } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await isSignedIn(forced)).toBe(false);
    await browser.get(CALLBACK, { headers: { authorization: ticket() } });
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('answers a header of 64 kB, and nonsense, with a 4xx (KRB-010)', async () => {
    const browser = broker.browser();
    await asked(browser);
    const long = await send(new URL(broker.origin), {
      method: 'GET',
      target: CALLBACK,
      headers: [
        ['Host', new URL(broker.origin).host],
        ['Authorization', `Negotiate ${'A'.repeat(65_536)}`],
      ],
      body: '',
    });
    expect(long.status).toBe(431);
    for (const nonsense of ['AAAA', 'YIIC', '====', 'YAA=', 'bm9uc2Vuc2U=']) {
      const visitor = broker.browser();
      await asked(visitor);
      const { status } = await visitor.get(CALLBACK, { headers: { authorization: `Negotiate ${nonsense}` } });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    const after = broker.browser();
    await asked(after);
    await after.get(CALLBACK, { headers: { authorization: ticket() } });
    expect(await isSignedIn(after)).toBe(true);
  });

  it('the admin API tells where the keytab lies, and nothing of what is in it (KRB-012)', async () => {
    const record = JSON.stringify(await broker.api('GET', `/v1/usersources/${usersource}`));
    expect(record).toContain(keytab);
    const key = readFileSync(keytab);
    expect(record).not.toContain(key.toString('base64').slice(20, 60));
    const log = broker.log.join('\n');
    expect(log).not.toContain(key.toString('base64').slice(20, 60));
    expect(log).not.toContain('Negotiate YII');
  });

  const audited = async (code: string): Promise<readonly unknown[]> => {
    // The audit is written by a stream, a moment later.
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const { data } = await broker.api('GET', `/v1/audit-events?code=${code}&limit=5`);
      const events: readonly unknown[] = Array.isArray(data) ? data : [];
      if (events.length > 0) return events;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return [];
  };

  describeWith('chromium', 'in Chromium', () => {
    it('sign in without a click, and see the page without a ticket', async () => {
      const page = async (env: Record<string, string>): Promise<string> => {
        const before = { ...process.env };
        Object.assign(process.env, env);
        const chromium = await launch(['--auth-server-allowlist=localhost']);
        try {
          const { page: tab, complaints } = await somebody(chromium);
          await tab.goto(`${broker.origin}/login`);
          await tab.waitForURL((url) => url.pathname !== CALLBACK);
          expect(complaints).toEqual([]);
          return await tab.innerText('main');
        } finally {
          await chromium.close();
          for (const name of Object.keys(env)) delete process.env[name];
          Object.assign(process.env, before);
        }
      };
      expect(await page(alice)).toContain('alice@acme.test');
      const without = await page({ ...alice, KRB5CCNAME: 'FILE:/nonexistent' });
      expect(without).toContain('That did not work');
      expect(without).toContain('Acme computers');
    }, 60_000);
  });
});

/** With cookies, following wherever it is sent; prints what came last. */
async function curl(url: string, more: string[], env: Record<string, string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-curl-'));
  try {
    const args = ['-s', '-L', '--max-time', '20', '-b', '', '-c', join(folder, 'jar'), ...more, url];
    const child = spawn('curl', args, { env: { PATH: process.env['PATH'] ?? '', ...env } });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
    await new Promise((resolve) => child.once('close', resolve));
    return text;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
