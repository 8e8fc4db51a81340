import { randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { openFrame, sealFrame, ServiceIdentity, signatureChecker } from '@passbroker/platform';
import { cookie } from '@passbroker/sign-in';
import { Browser, type Page } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import type { Raw } from './world/nonsense.js';
import { CALLBACK, configure, multipassOf, question, redeem, REDIRECT, signIn, token } from './world/people.js';
import { startProcesses, type Processes } from './world/processes.js';
import { send } from './world/wire.js';

const MARKUP = [
  '<script>alert(1)</script>',
  '"><script>alert(1)</script>',
  "'><img src=x onerror=alert(1)>",
  '</title><svg onload=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '" autofocus onfocus="alert(1)',
  '{{constructor.constructor("alert(1)")()}}',
  '<%= alert(1) %>',
  '${alert(1)}',
  '<!--<script>alert(1)</script>-->',
  ']]><script>alert(1)</script>',
  '\u2028<script>alert(1)</script>',
];
const ALIVE = /<script>alert|<img src=x|<svg onload|<a href="javascript|" autofocus onfocus="/;

const isAnswer = (url: URL): boolean => url.href.startsWith(REDIRECT);

describe('attacks on sessions and walks, over two gateways', () => {
  let broker: Broker;
  let clientSecret: string;

  beforeAll(async () => {
    broker = await startBroker();
    ({ clientSecret } = await configure(broker));
  }, 60_000);
  afterAll(() => broker?.close());

  const origin = () => new URL(broker.origin);
  /** What a browser is shown at `/`: its person, or the sign-in. */
  const isSignedIn = async (headers: Record<string, string>): Promise<boolean> => {
    const answer = await fetch(broker.origin, { headers, redirect: 'manual' });
    return (await answer.text()).includes('Sign out');
  };

  it('SESS-003, SESS-004: every cookie is HttpOnly and Lax, on this host alone, and __Host- where there is https', async () => {
    const set: string[] = [];
    const browser = broker.browser();
    const asked = question(broker);
    let page = await browser.get(asked.url);
    for (let hop = 0; hop < 12; hop += 1) {
      set.push(...[page.headers['set-cookie'] ?? []].flat());
      if (!page.location || isAnswer(page.location)) break;
      const next =
        page.location.port === '4998' ? `${broker.origin}${CALLBACK}?${multipassOf('cookies')}` : page.location;
      page = await browser.get(next);
    }
    expect(set.some((one) => one.startsWith('passbroker_session='))).toBe(true);
    for (const one of set) {
      expect(one).toMatch(/; ?path=\//i);
      expect(one).toMatch(/; ?httponly/i);
      expect(one).toMatch(/; ?samesite=(lax|strict)/i);
      expect(one).not.toMatch(/; ?domain=/i);
    }
    expect(cookie('x', 'y', true)).toMatch(/^__Host-x=y; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
  });

  it('SESS-008: the cookie of a session that was signed out is dead on every replica', async () => {
    const browser = broker.browser();
    await signIn(broker, browser, 'leaver');
    const header = `passbroker_session=${browser.cookies.value('passbroker_session', origin()) ?? ''}`;
    const replicas = ['0', '1'];
    const alive = () =>
      Promise.all(replicas.map((replica) => isSignedIn({ cookie: header, 'x-test-replica': replica })));
    expect(await alive()).toEqual([true, true]);
    const page = await browser.visit('/logout');
    const [form] = page.forms;
    if (!form) throw new Error('nothing to press');
    await browser.submit(form);
    expect(await alive()).toEqual([false, false]);
  });

  it('SESS-010: a session of one brand is worth nothing on another', async () => {
    const host = `other.localhost:${origin().port}`;
    await broker.api('POST', '/v1/brands', { slug: 'other', name: 'Other', hosts: [host] });
    await broker.api('POST', '/v1/usersources', {
      slug: 'other-local',
      type: 'local',
      brand: 'other',
      audience: 'users',
      label: 'E-mail and password',
      enabled: true,
    });
    await wait(1_200);
    const browser = broker.browser();
    await signIn(broker, browser, 'two-brands');
    const header = `passbroker_session=${browser.cookies.value('passbroker_session', origin()) ?? ''}`;
    expect(await isSignedIn({ cookie: header })).toBe(true);
    const other = new Browser(`http://${host}`, { headers: { cookie: header } });
    const page = await other.visit('/');
    expect([page.status, page.forms.length > 0, page.text.includes('Sign out')]).toEqual([200, true, false]);
    expect((await other.get('/account')).text).not.toContain('two-brands');
  });

  it('SESS-012: twenty walks of one browser to two applications each end at their own', async () => {
    await broker.api('POST', '/v1/applications', {
      slug: 'second',
      protocol: 'oidc',
      brand: 'default',
      audience: 'users',
      name: 'Second',
      enabled: true,
      settings: { client_id: 'second', redirect_uris: [`${REDIRECT}2`], token_endpoint_auth_method: 'none' },
    });
    const browser = broker.browser();
    await signIn(broker, browser, 'tabs');
    const ends = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const second = index % 2 === 1;
        const asked = question(broker, {
          state: `tab-${index}`,
          ...(second && { client_id: 'second', redirect_uri: `${REDIRECT}2`, scope: 'openid' }),
        });
        const page = await walkApart(browser, asked.url);
        return { second, index, location: page.location };
      }),
    );
    for (const { second, index, location } of ends) {
      expect([location?.pathname, location?.searchParams.get('state')]).toEqual([
        second ? '/cb2' : '/cb',
        `tab-${index}`,
      ]);
      expect(location?.searchParams.get('code')).toBeTruthy();
    }
  });

  /** A tab: the browser's cookies, a window of its own. */
  async function walkApart(browser: Browser, url: string): Promise<Page> {
    const tab = new Browser(broker.origin);
    for (const name of browser.cookies.names(origin())) {
      tab.cookies.set(`${name}=${browser.cookies.value(name, origin()) ?? ''}; Path=/`, origin());
    }
    return tab.visit(url, { until: isAnswer });
  }

  it('SESS-013, OIDC-OP-011: going back after a login begins again, kindly, and gives nothing twice', async () => {
    const browser = broker.browser();
    const { answer } = await signIn(broker, browser, 'back');
    expect(answer.searchParams.get('code')).toBeTruthy();
    for (const url of new Set(browser.history.map(String))) {
      const page = await browser.get(url);
      expect(page.status).toBeLessThan(500);
      if (new URL(url).pathname.startsWith('/oidc/auth/'))
        expect(page.location && isAnswer(page.location)).not.toBe(true);
    }
  });

  it.each(MARKUP)('WEB-004: the name %j is text on every page', async (name) => {
    const uid = randomBytes(6).toString('hex');
    const browser = broker.browser();
    await browser.visit(`${broker.origin}${CALLBACK}?${multipassOf(uid, { name })}`);
    const pages = [
      browser.page,
      await browser.visit('/'),
      await browser.visit('/logout'),
      await browser.visit('/account'),
    ];
    // Somebody else's link in the same browser asks by name.
    pages.push(await browser.visit(`${broker.origin}${CALLBACK}?${multipassOf(`${uid}-2`, { name })}`));
    for (const page of pages) expect(page?.body ?? '').not.toMatch(ALIVE);
    expect(pages.some((page) => page?.text.includes('alert(1)'))).toBe(true);
  });

  it.each(MARKUP)('WEB-005, WEB-006: %j in a state or an error is text', async (text) => {
    const browser = broker.browser();
    await signIn(broker, browser, 'poster');
    const page = await browser.visit(question(broker, { response_mode: 'form_post', state: text }).url);
    expect([page.status, page.forms[0]?.fields['state']]).toEqual([200, text]);
    expect(page.body).not.toMatch(ALIVE);
    const encoded = encodeURIComponent(text);
    const errors = [
      '/problem?code=',
      '/problem?reference=',
      '/login?error=',
      '/login?return_to=',
      '/oidc/auth?client_id=',
    ];
    for (const address of errors) {
      const shown = await broker.browser().visit(`${address}${encoded}`, { until: (url) => url.port === '4998' });
      expect(shown.status).toBeLessThan(500);
      expect(shown.body).not.toMatch(ALIVE);
    }
  });

  it('OIDC-OP-041: Basic credentials that are loosely encoded, or nearly right, are wrong', async () => {
    const right = Buffer.from(`helpdesk:${clientSecret}`).toString('base64');
    const ask = async (basic: string) => {
      const answer = await fetch(`${broker.origin}/oidc/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=refresh_token&refresh_token=x',
      });
      return `${answer.status} ${((await answer.json()) as { error: string }).error}`;
    };
    // Positive control: it is the token that is wrong.
    expect(await ask(right)).toBe('400 invalid_grant');
    const wrong = [`helpdesk:${clientSecret}x`, `helpdesk:${clientSecret.slice(0, -1)}`, 'helpdesk:', ':', 'helpdesk'];
    for (const one of wrong)
      expect(await ask(Buffer.from(one).toString('base64'))).toMatch(/^40[01] invalid_(client|request)/);
  });

  it('OIDC-OP-056: an application that never answers does not hold up a sign-out', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', () => resolve()));
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    try {
      await broker.api('PATCH', '/v1/applications/helpdesk', {
        settings: { backchannel_logout_uri: `http://localhost:${port}/out` },
      });
      await wait(1_200);
      const browser = broker.browser();
      const { answer, asked } = await signIn(broker, browser, 'slow-out');
      const { body } = await redeem(broker, clientSecret, answer, asked);
      const since = performance.now();
      const page = await browser.visit(`/oidc/session/end?id_token_hint=${String(body['id_token'])}`);
      const [form] = page.forms;
      if (form) await browser.submit(form);
      expect(performance.now() - since).toBeLessThan(4_000);
      expect(sockets.size).toBeGreaterThan(0);
      expect(
        await isSignedIn({
          cookie: `passbroker_session=${browser.cookies.value('passbroker_session', origin()) ?? ''}`,
        }),
      ).toBe(false);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it('OIDC-OP-027: what was given ends with the account', async () => {
    const { answer, asked } = await signIn(broker, broker.browser(), 'revoked');
    const { body } = await redeem(broker, clientSecret, answer, asked);
    const refresh = (refreshToken: unknown) =>
      token(broker, clientSecret, { grant_type: 'refresh_token', refresh_token: String(refreshToken) });
    const first = await refresh(body['refresh_token']);
    expect(first.status).toBe(200);
    const found = (await broker.api('GET', '/v1/accounts?email=revoked%40acme.test'))['data'] as { id: string }[];
    await broker.api('PATCH', `/v1/accounts/${found[0]?.id}`, { disabled: true });
    await wait(1_000);
    expect(await refresh(first.body['refresh_token'])).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('attacks over the wire, on services that trust no proxy', () => {
  let broker: Processes;
  const AGENT = { name: 'ada@acme.test', password: 'velvet-otter-42-lantern' };

  beforeAll(async () => {
    broker = await startProcesses({ LOG_LEVEL: 'info' });
    await configure(broker);
    await broker.api('POST', '/v1/accounts', {
      audience: 'agents',
      name: 'Ada',
      emails: [{ value: AGENT.name, verified: true }],
      password: AGENT.password,
    });
  }, 120_000);
  afterAll(() => broker?.close());

  const host = () => new URL(broker.origin).host;
  const ask = (target: string, headers: [string, string][] = [], more: Partial<Raw> & { door?: URL } = {}) =>
    send(more.door ?? (target.startsWith('/oidc') ? broker.doors.minter : broker.doors.gateway), {
      method: 'GET',
      target,
      body: '',
      ...more,
      headers: [
        ...(headers.some(([name]) => name === 'host') ? [] : [['host', host()] as [string, string]]),
        ['connection', 'close'],
        ...headers,
      ],
    });

  it.each(['evil.test', 'localhost.evil.test', `${'a'.repeat(300)}.test`, '127.0.0.1', 'localhost:1'])(
    'WEB-010: the host %s is nobody’s, and no address is made of it',
    async (name) => {
      for (const target of ['/', '/login', '/oidc/.well-known/openid-configuration', '/oidc/auth?client_id=helpdesk']) {
        const heard = await ask(target, [['host', name]]);
        expect([400, 404, 421]).toContain(heard.status);
        expect(heard.head).not.toMatch(/^location:/im);
        expect(heard.body).not.toContain(name);
      }
      expect((await ask('/oidc/.well-known/openid-configuration')).status).toBe(200);
    },
  );

  const CLAIMS: [string, string][] = [
    ['x-forwarded-host', 'evil.test'],
    ['x-forwarded-proto', 'https'],
    ['x-forwarded-for', '203.0.113.9'],
    ['x-forwarded-port', '1'],
    ['x-forwarded-prefix', '/evil'],
    ['forwarded', 'for=203.0.113.9;host=evil.test;proto=https'],
    ['x-original-url', '/admin/'],
    ['x-rewrite-url', '/admin/'],
    ['x-http-method-override', 'DELETE'],
    ['x-remote-user', 'ada@acme.test'],
    ['remote-user', 'ada@acme.test'],
    ['x-forwarded-client-cert', 'Subject="CN=ada"'],
    ['x-ssl-client-verify', 'SUCCESS'],
    ['x_forwarded_host', 'evil.test'],
    ['x_forwarded_proto', 'https'],
    ['X-Forwarded-Host', 'evil.test, evil.test'],
  ];
  it.each(CLAIMS)('WEB-011, WEB-012, WEB-013, PWD-006: %s: %s of a stranger changes nothing', async (name, value) => {
    const told = async (headers: [string, string][]) => {
      const [discovery, login, auth] = await Promise.all([
        ask('/oidc/.well-known/openid-configuration', headers),
        ask('/agent/', headers),
        ask('/oidc/auth?client_id=helpdesk', headers),
      ]);
      const still = (text: string) =>
        text
          .replaceAll(/^(date|etag|set-cookie: [^=]+=[^;]*).*$/gim, '')
          .replaceAll(/value="[\w-]{32}"|reference\W+\w+/g, '');
      return [discovery, login, auth].map(({ head, body }) => still(`${head}\n${body}`));
    };
    expect(await told([[name, value]])).toEqual(await told([]));
  });

  it.each([
    ...[
      '//admin/',
      '/./admin/',
      '/x/../admin/',
      '/admin/..;/admin/',
      '/..;/admin/',
      '/%61dmin/',
      '/admin%2f',
      '/admin/%2e',
    ],
    ...[
      '/ADMIN/',
      '/Admin/',
      '/admin./',
      '/admin;x=1/',
      '/admin//',
      '/admin%00/',
      '/admin%20/',
      '/admin\\',
      '/\\admin/',
    ],
    ...[
      '/agent/../admin/',
      '/agent/%2e%2e/admin/',
      '/assets/../admin/',
      '/admin/?x',
      '/admin/#x',
      '/admin',
      '/admin/users',
    ],
    ...['http://localhost/admin/', '*', '/sso/../admin', '/%2fadmin/', '/admin%3f', '/admin%23'],
  ])('WEB-015: nobody gets past the door of the admins as %s', async (target) => {
    const heard = await ask(target);
    expect(heard.status).toBeLessThan(500);
    expect(heard.body).not.toContain('Sign out');
    // A page of the admins’ area is its sign-in, or it is nothing.
    if (heard.status === 200) expect(heard.body).toMatch(/password|Sign in/i);
    expect(heard.head).not.toMatch(/^location: (https?:)?\/\/(?!localhost)/im);
  });

  it.each(['TRACE', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'CONNECT'])('WEB-016: there is no %s', async (method) => {
    for (const target of ['/login', '/logout', '/oidc/token', '/oidc/auth']) {
      const heard = await ask(target, [], { method });
      expect([0, 400, 404, 405]).toContain(heard.status);
      expect(heard.body).not.toContain(host());
    }
    const overridden = await ask('/login', [['x-http-method-override', 'POST']]);
    expect(overridden.status).toBe((await ask('/login')).status);
  });

  it('WEB-023, OIDC-OP-047: every answer forbids framing, sniffing and referrers', async () => {
    const targets = ['/', '/login', '/agent/', '/nothing', '/problem', '/logout', '/assets/none', '/%', '/oidc/jwks'];
    for (const target of [...targets, '/oidc/nothing', '/oidc/auth', '/oidc/token']) {
      const { head } = await ask(target);
      expect(head).toMatch(/^x-content-type-options: nosniff/im);
      expect(head).toMatch(/^referrer-policy: no-referrer/im);
      expect(head).toMatch(/^content-security-policy: .*frame-ancestors 'none'/im);
      expect(head).not.toMatch(/^(server|x-powered-by):/im);
    }
  });

  it('PWD-011: a storm of passwords is answered, some by "come back", and everybody else is served', async () => {
    const body = `username=${encodeURIComponent(AGENT.name)}&password=wrong-wrong-wrong`;
    const form = (name: number): Promise<{ status: number; ms: number; head: string }> =>
      ask(
        '/agent/login',
        [
          ['cookie', `passbroker_browser=${randomBytes(32).toString('base64url')}`],
          ['sec-fetch-site', 'same-origin'],
          ['content-type', 'application/x-www-form-urlencoded'],
          ['content-length', String(Buffer.byteLength(`${body}${name}`))],
        ],
        { method: 'POST', body: `${body}${name}` },
      );
    const storm = Promise.all(Array.from({ length: 200 }, (_, index) => form(index)));
    const since = performance.now();
    expect((await broker.ready('gateway')).status).toBe(200);
    expect((await ask('/oidc/jwks')).status).toBe(200);
    expect(performance.now() - since).toBeLessThan(2_000);
    const answers = await storm;
    expect(answers.filter(({ status }) => ![422, 429, 503].includes(status))).toEqual([]);
    for (const { status, head } of answers) if (status === 503) expect(head).toMatch(/^retry-after: \d/im);
  }, 30_000);

  it('WEB-019: two hundred who never finish their request keep nobody out, and are cut off', async () => {
    const sockets = Array.from({ length: 200 }, () => {
      const { port, hostname } = broker.doors.gateway;
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      socket.write(`GET / HTTP/1.1\r\nHost: ${host()}\r\nX-Slow: `);
      return socket;
    });
    const closed = Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))));
    const dripping = setInterval(() => sockets.forEach((socket) => socket.writable && socket.write('a')), 1_000);
    try {
      const served = await ask('/login');
      expect([served.status < 500, served.ms < 2_000]).toEqual([true, true]);
      const cut = await Promise.race([closed.then(() => true), wait(30_000, false)]);
      expect(cut).toBe(true);
    } finally {
      clearInterval(dripping);
      for (const socket of sockets) socket.destroy();
    }
  }, 60_000);
});

describe('attacks on frames between services', () => {
  const now = new Date('2030-01-01T00:00:00Z');
  const deadline = new Date('2030-01-01T00:01:00Z');
  const minter = new ServiceIdentity('minter', 'a secret of the minter, of thirty-two bytes or more');
  const gateway = new ServiceIdentity('gateway', 'a secret of the gateway, of thirty-two bytes or more');
  const check = (service: string, bytes: Buffer, signature: Buffer): boolean =>
    signatureChecker((service === 'minter' ? minter : gateway).publicKeys)(bytes, signature);

  it('BUS-008: of ten thousand flipped bits none is believed, and none does harm', () => {
    const frame = sealFrame(minter, 'sign-out', { id: 'x', ended: true }, deadline);
    expect(openFrame(frame, 'sign-out', 'minter', check, now).body).toMatchObject({ id: 'x' });
    const bytes = Buffer.from(frame, 'latin1');
    let refused = 0;
    for (let flip = 0; flip < 10_000; flip += 1) {
      const other = Buffer.from(bytes);
      const at = (flip * 7_919) % (bytes.length * 8);
      other[at >> 3] = (other[at >> 3] ?? 0) ^ (1 << (at & 7));
      try {
        openFrame(other.toString('latin1'), 'sign-out', 'minter', check, now);
      } catch (error) {
        expect(error).toHaveProperty('code', 'bus.unauthentic');
        refused += 1;
      }
    }
    expect(refused).toBe(10_000);
  });

  it('BUS-005, BUS-006, BUS-007: another type, sender or time is another frame', () => {
    const frame = sealFrame(minter, 'sign-out', {}, deadline);
    const late = new Date('2030-01-01T00:02:00Z');
    expect(() => openFrame(frame, 'signed-out', 'minter', check, now)).toThrow();
    expect(() => openFrame(frame, 'sign-out', 'gateway', check, now)).toThrow();
    expect(() => openFrame(frame, 'sign-out', 'minter', check, late)).toThrow();
    expect(openFrame(frame, 'sign-out', 'minter', check, now).body).toEqual({});
  });
});
