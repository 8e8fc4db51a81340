import { createSafeFetch } from '@passbroker/platform';
import { Raw, startHostileOp, type Heard, type HostileOp, type Json, type Script } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { heard, Upstreams } from './world/upstreams.js';

const REFUSED = ['usersource.misconfigured', 'usersource.unreachable', 'upstream.untrusted', 'upstream.malformed'];
const CANARY = 'canary-inner-page';

/** One of each kind; every way to write them is tried at the library. */
const PRIVATE = [
  ...['https://127.1', 'https://2130706433', 'https://017700000001', 'https://0.0.0.0', 'https://localhost'],
  ...['https://[::1]:22', 'https://[::ffff:127.0.0.1]', 'https://[fc00::1]', 'https://10.0.0.1'],
  ...['https://100.64.0.1', 'https://169.254.169.254', 'https://127.0.0.1:6379'],
];
/** What a discovery document may say of where the rest is. */
const NAMED = ['token_endpoint', 'jwks_uri', 'userinfo_endpoint', 'pushed_authorization_request_endpoint'];
const ASKED = ['/.well-known/openid-configuration', '/jwks', '/token', '/userinfo'];

/**
 * Gateways as in production, where nobody has allowed private networks; but for the origin of one provider, which
 * stands for the public internet. The inner one listens on this machine as well, and must never hear of anything.
 */
describe('requests that the broker is made to send, over two gateways', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let op: HostileOp;
  let inner: HostileOp;
  const meanings = new Map<string, string[]>();
  let lookedUp = 0;
  let turned = false;

  beforeAll(async () => {
    [op, inner] = [await startHostileOp(), await startHostileOp()];
    inner.script = { anything: () => new Raw(CANARY) };
    const lookup = async (host: string) => {
      lookedUp += 1;
      const [now = '127.0.0.1', ...later] = meanings.get(host) ?? [];
      if (later.length > 0) meanings.set(host, later);
      return [{ address: now, family: 4 }];
    };
    const strict = createSafeFetch({ allowPrivate: false, timeoutMs: 400, lookup });
    const open = createSafeFetch({ allowPrivate: true, timeoutMs: 800 });
    // Of a name whose first meaning is allowed: another address of this machine, so that nothing leaves it.
    const turning = createSafeFetch({ allowPrivate: true, timeoutMs: 400, lookup });
    const fetchOf = ({ origin, hostname }: URL): typeof fetch => {
      if (origin === op.issuer) return open;
      return hostname === 'rebinding.localhost' && !turned ? turning : strict;
    };
    broker = await startBroker({
      fetch: (input, init) => fetchOf(new URL(new Request(input, init).url))(input, init),
    });
    upstreams = await Upstreams.of(broker);
    await upstreams.oidc('op', op.issuer);
    for (const [index, issuer] of PRIVATE.entries()) await upstreams.oidc(`private-${index}`, issuer);
    for (const name of NAMED) await upstreams.oidc(name.replaceAll('_', '-'), op.issuer, endpoints());
    for (const path of ASKED) await upstreams.oidc(`away${path.replaceAll(/[/.]+/g, '-')}`, op.issuer);
    for (const path of ASKED) await upstreams.oidc(`inner${path.replaceAll(/[/.]+/g, '-')}`, op.issuer);
    await upstreams.oidc('rebinding', `http://rebinding.localhost:${new URL(inner.issuer).port}`);
    await upstreams.oidc('lines', `${op.issuer}/%0d%0aSET%20smuggled%201%0d%0a`);
    for (const slug of ['credentials', 'slow']) await upstreams.oidc(slug, op.issuer);
    await upstreams.add('saml', 'metadata', { metadataUrl: `${inner.issuer}/metadata` });
    for (const [slug, { type, settings }] of Object.entries(fetching())) await upstreams.add(type, slug, settings);
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await op?.close();
    await inner?.close();
    await broker?.close();
  });
  /** Whatever was tried: nothing of it arrived within. */
  afterEach(() => expect(inner.heard).toEqual([]));

  /** Whatever an admin may have the broker fetch, all of it on the inner one. */
  const fetching = (): Record<string, { type: string; settings: Record<string, unknown> }> => {
    const at = (path: string): string => `${inner.issuer}/${path}`;
    const remoteLoginUrl = at('login');
    const parties = { issuer: 'https://www.acme.test', audience: 'desk' };
    return {
      'of-saml': { type: 'saml', settings: { metadataUrl: at('metadata') } },
      'of-oidc': { type: 'oidc', settings: { issuer: inner.issuer, clientId: 'x', clientSecret: 'x'.repeat(32) } },
      'of-jwt': { type: 'jwt', settings: { remoteLoginUrl, secret: 'x'.repeat(32) } },
      'of-keys': {
        type: 'jwt',
        settings: { remoteLoginUrl, algorithm: 'ES256', jwksUrl: at('jwks'), ...parties },
      },
      'of-multipass': {
        type: 'multipass',
        settings: { siteKey: 'inner', apiKey: 'canary-api-key-0123456789abcdef01234567', remoteLoginUrl },
      },
      'of-google': {
        type: 'google',
        settings: { clientId: 'x', clientSecret: 'x'.repeat(32), standIn: new URL(inner.issuer).origin },
      },
      'of-github': {
        type: 'github',
        settings: { clientId: 'x', clientSecret: 'x'.repeat(32), standIn: new URL(inner.issuer).origin },
      },
    };
  };
  const endpoints = () => ({ endpointHosts: [new URL(inner.issuer).host] });
  const stage = (slug: string, script: Script = {}): void => {
    op.script = script;
    op.person = { sub: 'jane', email: `${slug}@acme.test`, email_verified: true, name: 'Jane' };
  };
  const refuses = (slug: string, script: Script = {}, control = slug, codes = REFUSED) =>
    upstreams.refuses(
      async () => {
        stage(slug, script);
        return upstreams.setOut(slug);
      },
      codes,
      async () => {
        stage(control);
        expect(await upstreams.admitted(control)).toMatchObject({ name: 'Jane' });
      },
    );
  const at = (path: string, answer: Raw) => (asked: Heard) => (asked.path === path ? answer : undefined);

  it.each(PRIVATE.map((issuer, index) => [issuer, `private-${index}`]))(
    'SSRF-001: asks nothing of %s',
    (_issuer, slug) => refuses(slug, {}, 'op', ['usersource.misconfigured', 'usersource.unreachable']),
    30_000,
  );

  it.each(NAMED)(
    'SSRF-001: asks nothing of a private address that a discovery document names as %s',
    (name) => {
      const discovery = (all: Json): Json => ({ ...all, [name]: `${inner.issuer}/steal` });
      // The settings list that host, so the document is kept for an hour: the control is another connection.
      return refuses(name.replaceAll('_', '-'), { discovery }, 'op');
    },
    30_000,
  );

  it(
    'SSRF-001: asks no private address for the metadata of a SAML provider',
    () => refuses('metadata', {}, 'op'),
    30_000,
  );

  it.each(['of-saml', 'of-oidc', 'of-jwt', 'of-keys', 'of-multipass', 'of-google', 'of-github'])(
    'SSRF-001, SSRF-007: asks no private address for an admin’s test %s, and tells nothing of it',
    async (slug) => {
      const told = JSON.stringify(await broker.api('POST', `/v1/usersources/${slug}:test`, {}));
      expect(told).not.toContain(CANARY);
      // GitHub’s kind asks nothing before somebody comes back.
      if (slug !== 'of-github') expect(told).toMatch(/"state":"(down|degraded)"/);
      expect(JSON.stringify(await broker.api('POST', '/v1/usersources/op:test', {}))).toContain('"state":"ok"');
    },
    30_000,
  );

  it.each(ASKED)(
    'SSRF-002: follows no redirect from %s to a private address',
    async (path) => {
      const away = new Raw('', 302, { location: `${inner.issuer}${path}` });
      await refuses(`away${path.replaceAll(/[/.]+/g, '-')}`, { anything: at(path, away) }, undefined, [
        ...REFUSED,
        'upstream.refused',
      ]);
    },
    30_000,
  );

  it('OIDC-RP-023: waits for a slow token endpoint no longer than its time-out', async () => {
    const slow = () => new Promise<Raw>((resolve) => setTimeout(() => resolve(new Raw('{}')), 3_000).unref());
    const began = performance.now();
    stage('slow', { tokens: slow });
    const { last } = await upstreams.setOut('slow');
    expect([last.status, performance.now() - began < 2_500]).toEqual([503, true]);
    await upstreams.settled();
    await refuses('slow', { tokens: slow }, 'op', ['usersource.unreachable']);
  }, 30_000);

  it('SSRF-003: speaks with the address that was judged, whatever the name means a moment later', async () => {
    meanings.set('rebinding.localhost', ['127.0.0.2', '127.0.0.1']);
    const before = lookedUp;
    await refuses('rebinding', {}, 'op', ['usersource.unreachable']);
    expect(lookedUp - before).toBe(1);
    turned = true;
    await refuses('rebinding', {}, 'op', ['usersource.misconfigured', 'usersource.unreachable']);
  }, 30_000);

  it('SSRF-005: takes no credentials and no other protocol in an address', async () => {
    for (const issuer of ['https://u:p@op.test', 'ftp://op.test', 'file:///etc/passwd', 'redis://127.0.0.1:6379']) {
      await expect(upstreams.oidc('odd', issuer)).rejects.toThrow(/^POST \/v1\/usersources: 4\d\d/);
      const discovery = (all: Json): Json => ({ ...all, token_endpoint: issuer });
      await refuses('credentials', { discovery }, 'op');
    }
    await refuses('credentials', { discovery: (all) => ({ ...all, jwks_uri: 'gopher://127.0.0.1:6379/x' }) }, 'op');
  }, 30_000);

  it('SSRF-006: smuggles no lines to another protocol', async () => {
    const before = op.heard.length;
    await refuses('lines', {}, 'op');
    const paths = op.heard.slice(before).map(({ path }) => path);
    expect(paths).toContainEqual(expect.stringContaining('/%0d%0aSET%20smuggled'));
    expect(paths.join()).not.toMatch(/[\r\n]/);
    await expect(upstreams.oidc('crlf', `${op.issuer}\r\nSET x 1`)).rejects.toThrow(/^POST \/v1\/usersources: 4\d\d/);
    expect(await upstreams.redis.exists('smuggled', 'x')).toBe(0);
  }, 30_000);

  it.each(ASKED)(
    'SSRF-007: tells nobody what an inner page says, asked as %s',
    async (path) => {
      const slug = `inner${path.replaceAll(/[/.]+/g, '-')}`;
      for (const raw of [new Raw(CANARY), new Raw(`{"error":1,"x":"${CANARY}"}`, 400)]) {
        stage(slug, { anything: at(path, raw) });
        const { last } = await upstreams.setOut(slug);
        expect([last.status >= 400, last.body.includes(CANARY)]).toEqual([true, false]);
      }
      await upstreams.settled();
      await refuses(slug, { anything: at(path, new Raw(`{"${CANARY}":1}`)) });
      await upstreams.settled();
      stage(slug, { anything: at(path, new Raw(CANARY)) });
      expect(JSON.stringify(await broker.api('POST', `/v1/usersources/${slug}:test`, {}))).not.toContain(CANARY);
      expect(JSON.stringify(await broker.api('GET', `/v1/usersources/${slug}`))).not.toContain(CANARY);
      expect(JSON.stringify(await broker.api('GET', '/v1/audit-events?limit=20'))).not.toContain(CANARY);
      expect(broker.log.join('\n')).not.toContain(CANARY);
    },
    30_000,
  );
});
