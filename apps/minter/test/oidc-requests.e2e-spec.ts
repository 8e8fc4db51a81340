import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWith } from '@passbroker/testing';
import { basic, RelyingParty } from './world/relying-party.js';
import { ORIGIN, startWorld, type World } from './world/world.js';

const REGISTERED = 'https://desk.test/cb';

/** OIDC-OP-002: places that look like the registered one. */
const NEAR_MISSES = [
  'https://desk.test/CB',
  'https://DESK.test/cb',
  'HTTPS://desk.test/cb',
  'https://desk.test:443/cb',
  'https://desk.test:8443/cb',
  'https://desk.test/cb/',
  'https://desk.test/cb?',
  'https://desk.test/cb?x=1',
  'https://desk.test/cb#',
  'https://desk.test/cb#x',
  'https://desk.test/cb/..;/',
  'https://desk.test/cb/../evil',
  'https://desk.test/./cb',
  'https://desk.test//cb',
  'https://desk.test/%63b',
  'https://desk.test/cb%2e%2e',
  'https://desk.test/cb%00',
  'https://desk.test/cb%23',
  'https://desk.test/cb;a=b',
  'https://desk.test/cb\\',
  'https://desk.test\\@evil.test/cb',
  'https://evil.test\\@desk.test/cb',
  'https://desk.test@evil.test/cb',
  'https://user@desk.test/cb',
  'https://user:pass@desk.test/cb',
  'https://desk.test./cb',
  'https://desk.test.evil.test/cb',
  'https://evil.test/https://desk.test/cb',
  'https://desk.test%2eevil.test/cb',
  'https://desk.t\u0435st/cb',
  'https://desk\u3002test/cb',
  'http://desk.test/cb',
  '//desk.test/cb',
  '/cb',
  'desk.test/cb',
  ' https://desk.test/cb',
  'https://desk.test/cb ',
  'https://desk.test/c\tb',
  'https://[::1]/cb',
  'https://localhost/cb',
  'https://127.0.0.1/cb',
  'javascript:alert(1)//desk.test/cb',
  'data:text/html,desk.test/cb',
  'https://desk.test/cb?code=x',
  'https://desk.test/cb?state=x&iss=y',
];

describeWith('redis', 'questions the provider refuses', () => {
  let world: World;
  let desk: RelyingParty;

  beforeAll(async () => {
    world = await startWorld();
    await world.application('desk', { redirect_uris: [REGISTERED] });
    await world.application('many', { redirect_uris: ['https://many.test/cb', 'https://many.test/cb2'] });
    await world.application('loop', { redirect_uris: ['http://localhost:4000/cb', 'http://127.0.0.1:4000/cb'] });
    await world.application('phone', {
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/cb', 'test.phone:/cb'],
    });
    await world.application('spoilt', { redirect_uris: ['javascript:alert(1)'] });
    desk = new RelyingParty(world, 'desk');
  });
  afterAll(() => world.close());

  const problem = async (path: string) => {
    const answer = await world.visitor().go(path);
    return {
      status: answer.status,
      at: answer.location?.origin,
      path: answer.location?.pathname,
      code: answer.location?.searchParams.get('code'),
    };
  };
  const PAGE = { status: 303, at: ORIGIN, path: '/problem' };

  it.each(NEAR_MISSES)('OIDC-OP-001, 002, 004: does not redirect to %j', async (uri) => {
    expect(await problem(desk.question({ redirect_uri: uri }).path)).toMatchObject({
      ...PAGE,
      code: 'request.malformed',
    });
  });

  it('redirects to the registered address', async () => {
    expect((await world.visitor().go(desk.question().path)).location?.pathname).toMatch(/^\/sign-in\//);
  });

  it('lets only a native application choose its port on loopback', async () => {
    const go = async (client: string, uri: string) =>
      (await world.visitor().go(new RelyingParty(world, client).question({ redirect_uri: uri }).path)).location
        ?.pathname ?? '';
    expect(await go('phone', 'http://127.0.0.1:51234/cb')).toMatch(/^\/sign-in\//);
    expect(await go('phone', 'test.phone:/cb')).toMatch(/^\/sign-in\//);
    expect(await go('phone', 'http://localhost:51234/cb')).toBe('/problem');
    expect(await go('loop', 'http://localhost:4000/cb')).toMatch(/^\/sign-in\//);
    expect(await go('loop', 'http://localhost:4001/cb')).toBe('/problem');
  });

  it('OIDC-OP-006: an absent redirect_uri is not guessed', async () => {
    const many = new RelyingParty(world, 'many');
    expect(await problem(many.question({ redirect_uri: undefined }).path)).toMatchObject(PAGE);
  });

  it('an application whose stored settings are dangerous does not exist', async () => {
    const spoilt = new RelyingParty(world, 'spoilt').question({ redirect_uri: 'javascript:alert(1)' });
    expect(await problem(spoilt.path)).toMatchObject({ ...PAGE, code: 'application.unknown' });
  });

  it('answers a program in JSON, with the reference', async () => {
    const answer = await world.call(desk.question({ redirect_uri: 'https://evil.test/cb' }).path);
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ error: 'invalid_redirect_uri', code: 'request.malformed' });
    expect(world.audit.some(({ reference }) => reference === answer.json()['reference'])).toBe(true);
  });

  it.each(['redirect_uri', 'client_id', 'state', 'code_challenge'])('OIDC-OP-008: refuses %s twice', async (name) => {
    const { path } = desk.question();
    const answer = await world
      .visitor()
      .go(`${path}&${name}=${encodeURIComponent(name === 'redirect_uri' ? REGISTERED : 'desk')}`);
    const refused = answer.location?.pathname === '/problem' || answer.location?.searchParams.has('error');
    expect(refused).toBe(true);
  });

  describe('ways around the code flow', () => {
    const errorOf = async (extra: Record<string, string | undefined>) => {
      const answer = await world.visitor().go(desk.question(extra).path);
      const from = answer.location ?? new URL(ORIGIN);
      return new URLSearchParams(from.hash.slice(1)).get('error') ?? from.searchParams.get('error') ?? from.pathname;
    };

    it.each([
      ['OIDC-OP-009: token', { response_type: 'token' }, 'unsupported_response_type'],
      ['OIDC-OP-009: id_token', { response_type: 'id_token' }, 'unsupported_response_type'],
      ['OIDC-OP-009: code token', { response_type: 'code token' }, 'unsupported_response_type'],
      ['OIDC-OP-009: code id_token', { response_type: 'code id_token' }, 'unsupported_response_type'],
      ['OIDC-OP-009: none', { response_type: 'none' }, 'unsupported_response_type'],
      ['OIDC-OP-009: nothing', { response_type: undefined }, 'invalid_request'],
      ['OIDC-OP-010: web_message', { response_mode: 'web_message' }, 'unsupported_response_mode'],
      ['OIDC-OP-010: jwt', { response_mode: 'jwt' }, 'unsupported_response_mode'],
      ['OIDC-OP-018: no challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
      ['OIDC-OP-019: plain', { code_challenge_method: 'plain' }, 'invalid_request'],
      ['OIDC-OP-019: plain by silence', { code_challenge_method: undefined }, 'invalid_request'],
      ['OIDC-OP-032..035: a request object', { request: 'eyJhbGciOiJub25lIn0.e30.' }, 'request_not_supported'],
      ['OIDC-OP-036: request_uri', { request_uri: 'http://127.0.0.1/' }, 'request_uri_not_supported'],
      ['registration', { registration: '{}' }, 'registration_not_supported'],
    ])('%s', async (_name, extra, error) => {
      expect(await errorOf(extra)).toBe(error);
    });

    it('and positively: code with S256 goes on', async () => {
      expect(await errorOf({})).toMatch(/^\/sign-in\//);
    });
  });

  it('OIDC-OP-057: there is no registration endpoint', async () => {
    expect((await world.call('/oidc/reg', { method: 'POST' })).status).toBe(404);
    expect((await world.call('/oidc/.well-known/openid-configuration')).json()).not.toHaveProperty(
      'registration_endpoint',
    );
  });

  it('OIDC-OP-047: nothing may be framed or sniffed', async () => {
    const answer = await world.visitor().go(desk.question().path);
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
  });

  it('WEB-023: tells browsers to come by https where a brand is there, and nowhere else', async () => {
    const paths = ['/oidc/jwks', '/oidc/.well-known/openid-configuration', '/oidc/auth', '/oidc/nothing', '/pass/x'];
    for (const path of [...paths, desk.question().path]) {
      const [plain, secure] = [await world.call(path), await world.call(path, { host: 'other.test' })];
      expect([path, secure.headers['strict-transport-security']]).toEqual([path, 'max-age=31536000']);
      expect([path, plain.headers['strict-transport-security']]).toEqual([path, undefined]);
    }
  });

  it('WEB-008: posts a form to an application that asks for one, by a script of known hash', async () => {
    const visitor = world.visitor();
    const asked = await visitor.go(desk.question({ response_mode: 'form_post' }).path);
    await world.complete(visitor, asked.location);
    const page = await visitor.go(`/oidc/auth/${asked.location?.pathname.split('/')[2] ?? ''}`);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`action="${REGISTERED}"`);
    expect(page.headers['content-security-policy']).toMatch(/script-src 'none' 'sha256-/);
  });

  it('takes the question by a form post too, and asks for it again by GET', async () => {
    const { path } = desk.question();
    const form = new URLSearchParams(path.split('?')[1]);
    const posted = await world.visitor().go('/oidc/auth', { form });
    expect(posted.status).toBe(303);
    expect(new URLSearchParams(posted.location?.search).get('client_id')).toBe('desk');
  });

  describe('addresses', () => {
    it('come from the brand, whatever the request claims', async () => {
      const headers = { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https', forwarded: 'host=evil.test' };
      const body = (await world.call('/oidc/.well-known/openid-configuration', { headers })).text;
      expect(body).toContain(`${ORIGIN}/oidc/token`);
      expect(body).not.toContain('evil.test');
    });

    it('an unknown host is nobody\u2019s', async () => {
      const answer = await world.call('/oidc/jwks', { host: 'evil.test' });
      expect([answer.status, answer.json()['code']]).toEqual([404, 'brand.unknown']);
    });

    it('discovery says the same at all of its places', async () => {
      const [one, two, three] = await Promise.all(
        [
          '/oidc/.well-known/openid-configuration',
          '/.well-known/openid-configuration',
          '/.well-known/oauth-authorization-server/oidc',
        ].map((path) => world.call(path)),
      );
      expect(one?.json()).toMatchObject({
        issuer: `${ORIGIN}/oidc`,
        token_endpoint: `${ORIGIN}/oidc/token`,
        end_session_endpoint: `${ORIGIN}/oidc/session/end`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
        backchannel_logout_supported: true,
        grant_types_supported: expect.not.arrayContaining(['implicit']),
      });
      expect(two?.json()).toEqual(one?.json());
      expect(three?.json()).toEqual(one?.json());
    });

    it('documents are answered from memory, and only when they changed', async () => {
      await world.call('/oidc/jwks');
      const first = await world.call('/oidc/jwks');
      const etag = String(first.headers['etag']);
      expect((await world.call('/oidc/jwks', { headers: { 'if-none-match': etag } })).status).toBe(304);
      expect((await world.call('/oidc/jwks', { method: 'HEAD' })).text).toBe('');
    });

    it('each brand has an issuer, keys and applications of its own', async () => {
      const other = await world.call('/oidc/.well-known/openid-configuration', { host: 'other.test' });
      expect(other.json()).toMatchObject({ issuer: 'https://other.test/oidc' });
      const keys = await world.call('/oidc/jwks', { host: 'other.test' });
      expect(keys.text).not.toBe((await world.call('/oidc/jwks')).text);
      const refused = await world.call(desk.question().path, { host: 'other.test' });
      expect(refused.json()).toMatchObject({ code: 'application.unknown' });
    });
  });

  it('nothing a client can send is our fault', async () => {
    const oddities: [string, Parameters<World['call']>[1]][] = [
      ['/oidc/%', {}],
      ['/oidc/%ff%fe', {}],
      ['/oidc//auth', {}],
      ['/oidc/auth/../../x', {}],
      ['/oidc/auth/' + 'x'.repeat(500), {}],
      ['/oidc/auth?client_id=' + 'x'.repeat(4_000), {}],
      ['/oidc/auth?client_id[]=desk', {}],
      ['/oidc/auth?__proto__[x]=1&client_id=constructor', {}],
      ['/oidc/auth?%', {}],
      ['/oidc/token', { method: 'POST', headers: { 'content-type': 'application/json' } }],
      ['/oidc/token', { form: {} }],
      ['/oidc/token', { form: { grant_type: 'x'.repeat(60_000) } }],
      ['/oidc/token', { form: { grant_type: '__proto__' }, headers: basic('desk') }],
      ['/oidc/token', { form: { grant_type: 'refresh_token' }, headers: { authorization: 'Basic %%%' } }],
      ['/oidc/token', { form: { grant_type: 'refresh_token', refresh_token: '' }, headers: basic('desk') }],
      ['/oidc/token', { form: { grant_type: 'x' }, headers: { 'content-length': '99999999' } }],
      ['/oidc/token/introspection', { form: { token: 'eyJ.e30.x' }, headers: basic('desk') }],
      ['/oidc/me', { headers: { authorization: 'Bearer' } }],
      ['/oidc/me', { headers: { authorization: 'DPoP x', dpop: 'a.b.c' } }],
      ['/oidc/session/end?id_token_hint=a.b.c', {}],
      ['/oidc/session/end?id_token_hint=eyJhbGciOiJub25lIn0.eyJhdWQiOiJkZXNrIn0.', {}],
      ['/oidc/session/ended?signed_out=' + 'x'.repeat(5_000), {}],
      ['/oidc/session/end/confirm', { form: { xsrf: 'x', logout: 'yes' } }],
      ['/oidc/auth', { method: 'DELETE' }],
      ['/oidc/jwks', { method: 'POST' }],
      ['/oidc/auth', { method: 'POST', headers: { 'content-type': 'text/plain' } }],
      ['/saml/idp/sso', {}],
      ['/pass/desk', {}],
    ];
    for (const [path, send] of oddities) {
      const answer = await world.call(path, send);
      expect({ path: path.slice(0, 60), status: answer.status < 500 }).toEqual({
        path: path.slice(0, 60),
        status: true,
      });
    }
    expect((await world.call('/oidc/auth', { method: 'DELETE' })).headers['allow']).toBe('GET, POST');
  });

  it('logs paths, never what is behind the question mark', async () => {
    const { path } = desk.question({ state: 'a-telltale-state' });
    await world.visitor().go(path);
    expect(world.log.some((line) => line.includes('/oidc/auth'))).toBe(true);
    expect(world.log.join('\n')).not.toContain('a-telltale-state');
  });
});
