import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Raw } from './world/nonsense.js';
import { configure } from './world/people.js';
import { startProcesses, type Processes } from './world/processes.js';
import { send } from './world/wire.js';

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
      const cut = await Promise.race([closed.then(() => true), wait(30_000, false, { ref: false })]);
      expect(cut).toBe(true);
    } finally {
      clearInterval(dripping);
      for (const socket of sockets) socket.destroy();
    }
  }, 60_000);
});
