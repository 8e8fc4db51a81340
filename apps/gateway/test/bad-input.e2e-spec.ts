import { request } from 'node:http';
import { writeMultipass } from '@passbroker/multipass';
import { KEYS, PASSWORD, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Byte for byte as given: `fetch` would mend half of these addresses. */
function raw(path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port, host } = new URL(world.origin);
    const sent = request({ hostname, port, path, method, agent: false, headers: { host, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks).toString() }),
      );
    });
    sent.on('error', reject);
    sent.setTimeout(5_000, () => sent.destroy(new Error(`${path.slice(0, 100)} was not answered`)));
    sent.end(body);
  });
}

const FORM = {
  'content-type': 'application/x-www-form-urlencoded',
  'sec-fetch-site': 'same-origin',
  cookie: `passbroker_browser=${'b'.repeat(43)}`,
};

const ODD: [string, Parameters<typeof raw>[1]?][] = [
  ['/x%2'],
  ['/%'],
  ['/sign-in/%00'],
  ['/sign-in/x'],
  [`/sign-in/${'a'.repeat(64)}`],
  [`/sign-in/${'a'.repeat(5_000)}`],
  ['/agent/..%2fadmin/'],
  ['/agent//x'],
  ['/Admin/'],
  ['/agent/;x'],
  ['/sso/start/nobody'],
  ['/sso/start/__proto__'],
  ['/sso/nobody/callback?x=1'],
  ['/sso/constructor/multipass?multipass=x'],
  ['/sso/intranet/multipass'],
  ['/sso/intranet/multipass?multipass[]=x&signature[]=y'],
  ['/sso/intranet/multipass?multipass=a&multipass=b&signature=c'],
  ['/sso/intranet/multipass?multipass=%ff%fe&signature=%'],
  [`/sso/intranet/multipass?multipass=${'A'.repeat(9_000)}&signature=x`],
  ['/sso/continue/x'],
  [`/sso/continue/${'a'.repeat(32)}`],
  ['/logout?then=a.b'],
  ['/problem?code=__proto__&reference=<script>'],
  ['/problem?code=server_error'],
  ['/assets/..%2f..%2fetc%2fpasswd'],
  ['/login?return_to=//evil.test'],
  ['/login', { method: 'POST', body: '{"username":"x"}', headers: { ...FORM, 'content-type': 'application/json' } }],
  ['/login', { method: 'POST', body: '{', headers: { ...FORM, 'content-type': 'application/json' } }],
  ['/login', { method: 'POST', body: 'x', headers: { ...FORM, 'content-type': 'multipart/form-data' } }],
  ['/login', { method: 'POST', body: 'x', headers: { ...FORM, 'content-type': 'no such type' } }],
  ['/login', { method: 'POST', body: 'username=a&username=b&password=c', headers: FORM }],
  ['/login', { method: 'POST', body: '__proto__=1&constructor=2', headers: FORM }],
  ['/login', { method: 'POST', body: 'username=%ff%00&password=%', headers: FORM }],
  ['/login', { method: 'POST', body: `username=${'x'.repeat(1_000)}`, headers: FORM }],
  ['/login', { method: 'POST', body: 'x'.repeat(100_000), headers: FORM }],
  ['/login', { method: 'DELETE' }],
  ['/login', { method: 'PROPFIND' }],
  ['/', { headers: { cookie: 'passbroker_session=\u00e9; passbroker_flash=e30.x; =; ;;' } }],
  ['/', { headers: { cookie: `passbroker_flash=${'%'.repeat(3_000)}.x` } }],
];

describe('whatever a client sends', () => {
  it.each(ODD.map(([path, options = {}]) => ({ path, options })))(
    '$path $options is no fault of ours',
    async ({ path, options }) => {
      const answer = await raw(path, options);
      expect(answer.status).toBeGreaterThanOrEqual(200);
      expect(answer.status).toBeLessThan(500);
      expectHeaders(answer);
    },
  );

  it('is told nothing of another brand’s host', async () => {
    const answer = await raw('/', { headers: { host: 'evil.test' } });
    expect([answer.status, answer.body.includes('evil.test')]).toEqual([404, false]);
    expectHeaders(answer);
  });

  it('does not set what the next page believes', async () => {
    const answer = await raw('/login?error=x&lastError=x&justLoggedOut=1&hops=9&notice=signed_out&probe=failed');
    expect(answer.body).not.toContain('You are signed out');
    expect(answer.body).not.toContain('class="notice');
  });

  it('is escaped wherever it is shown', async () => {
    const evil = '"><script>alert(1)</script>{{7*7}}<%= 1 %>';
    const body = new URLSearchParams({ username: evil, password: 'x', return_to: 'javascript:alert(1)' }).toString();
    const answer = await raw('/login', { method: 'POST', body, headers: FORM });
    expect(answer.body).not.toContain('<script');
    expect(answer.body).not.toContain('javascript:');
    const claims = { uid: 'evil', email: 'evil@example.com', name: evil };
    const browser = world.browser();
    await browser.visit(`/sso/intranet/multipass?${writeMultipass('desk', claims, KEYS, world.clock.now())}`);
    expect(browser.page?.body).not.toContain('<script');
    expect(browser.page?.text).toContain('alert(1)');
  });

  it('leaves no secret in the log or the audit', async () => {
    const token = writeMultipass('desk', { uid: 'log', email: 'log@example.com', name: 'L' }, KEYS, world.clock.now());
    await raw(`/sso/intranet/multipass?${token}`);
    await raw(`/sso/intranet/multipass?${token}`);
    await raw(`/sso/intranet/multipass?${token}x`);
    await raw('/login', {
      method: 'POST',
      body: `username=ann%40acme.test&password=${encodeURIComponent(PASSWORD)}`,
      headers: FORM,
    });
    await raw('/login', {
      method: 'POST',
      body: 'username=ann%40acme.test&password=canary-wrong-password',
      headers: FORM,
    });
    const written = world.lines.join('') + JSON.stringify(world.events);
    const [, multipass = ''] = /multipass=([^&]+)/.exec(token) ?? [];
    const cookies = await world.sessions();
    for (const secret of [
      PASSWORD,
      'canary-wrong',
      KEYS.apiKey,
      multipass,
      decodeURIComponent(multipass),
      'bbbbbbbbbb',
      'argon2',
    ]) {
      expect(written).not.toContain(secret);
    }
    expect(cookies.length).toBeGreaterThan(0);
  });
});

describe('an outage', () => {
  it('of Redis is a page that says come back, and a readiness that says no', async () => {
    await world.server.stop();
    const answer = await raw('/login', { headers: { cookie: `passbroker_session=${'s'.repeat(43)}` } });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expectHeaders(answer);
    const { redis } = await world.gateway.ready();
    expect(redis).not.toBe('ok');
  });
});

function expectHeaders({ headers }: Answer): void {
  expect(headers).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'permissions-policy': expect.any(String),
    'cache-control': expect.any(String),
  });
}
