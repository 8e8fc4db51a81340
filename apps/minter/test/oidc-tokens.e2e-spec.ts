import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { describeWith } from '@passbroker/testing';
import { z } from 'zod';
import { basic, RelyingParty, tokensShape, verified } from './world/relying-party.js';
import { ORIGIN, startWorld, type World } from './world/world.js';

const API = 'https://api.test/';

describeWith('redis', 'tokens of OpenID Connect', () => {
  let world: World;
  let desk: RelyingParty;
  let wiki: RelyingParty;
  let signer: { privateKey: CryptoKey; jwk: JWK };

  beforeAll(async () => {
    world = await startWorld();
    const pair = await generateKeyPair('ES256');
    signer = { privateKey: pair.privateKey, jwk: await exportJWK(pair.publicKey) };
    await world.application('desk');
    await world.application('wiki');
    await world.application('spa', { token_endpoint_auth_method: 'none' });
    await world.application('bound', { dpop_bound_access_tokens: true });
    await world.application('pushy', { require_pushed_authorization_requests: true });
    await world.application('robot', { grant_types: ['client_credentials'], redirect_uris: [] });
    await world.application('api', { audience: API, access_token_format: 'jwt' });
    await world.application('opaque', { audience: API });
    await world.application('signed', {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...signer.jwk, kid: 'k1', alg: 'ES256', use: 'sig' }] },
      grant_types: ['client_credentials'],
      redirect_uris: [],
    });
    desk = new RelyingParty(world, 'desk');
    wiki = new RelyingParty(world, 'wiki');
  });
  afterAll(() => world.close());

  describe('authorization codes', () => {
    it('OIDC-OP-012, 013: a second use fails and revokes what the first one gave', async () => {
      const { code, question, ...tokens } = await desk.login(world.visitor());
      expect((await desk.userinfo(tokens.access_token)).status).toBe(200);
      const again = await desk.redeem(code, question);
      expect([again.status, again.json()['error']]).toEqual([400, 'invalid_grant']);
      expect((await desk.userinfo(tokens.access_token)).status).toBe(401);
      expect((await desk.refresh(tokens.refresh_token ?? '')).json()).toMatchObject({ error: 'invalid_grant' });
    });

    it('OIDC-OP-014: of 50 at once over two replicas exactly one succeeds', async () => {
      const { answer, question } = await desk.walk(world.visitor());
      const code = answer.searchParams.get('code') ?? '';
      const all = await Promise.all(
        Array.from({ length: 50 }, (_, index) => desk.redeem(code, question, {}, {}, index % 2)),
      );
      expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(new Set(all.filter(({ status }) => status !== 200).map((one) => one.json()['error']))).toEqual(
        new Set(['invalid_grant']),
      );
    });

    it('OIDC-OP-015: cannot be redeemed by another application', async () => {
      const { answer, question } = await desk.walk(world.visitor());
      const code = answer.searchParams.get('code') ?? '';
      const stolen = await desk.redeem(code, question, {}, { headers: basic('wiki') });
      expect(stolen.json()).toMatchObject({ error: 'invalid_grant' });
      expect((await desk.redeem(code, question)).status).toBe(200);
    });

    it('OIDC-OP-016: are forgotten by Redis after 60 seconds', async () => {
      const { answer } = await desk.walk(world.visitor());
      const code = createHash('sha256')
        .update(answer.searchParams.get('code') ?? '')
        .digest('base64url');
      const left = await world.redis.ttl(`oidc:br_default:AuthorizationCode:${code}`);
      expect(left).toBeGreaterThan(50);
      expect(left).toBeLessThanOrEqual(60);
    });

    it.each([
      ['wrong', 'x'.repeat(43)],
      ['short', 'x'.repeat(42)],
      ['long', 'x'.repeat(129)],
      ['of illegal characters', `${'x'.repeat(42)}!`],
      ['absent', ''],
    ])('OIDC-OP-017, 020, 021: a verifier that is %s is refused', async (_what, verifier) => {
      const { answer, question } = await desk.walk(world.visitor());
      const refused = await desk.redeem(answer.searchParams.get('code') ?? '', question, { code_verifier: verifier });
      expect([refused.status, refused.json()['access_token']]).toEqual([400, undefined]);
      expect(['invalid_grant', 'invalid_request']).toContain(refused.json()['error']);
    });

    it('needs the very redirect_uri it was made for', async () => {
      const { answer, question } = await desk.walk(world.visitor());
      const refused = await desk.redeem(answer.searchParams.get('code') ?? '', question, {
        redirect_uri: 'https://desk.test/cb2',
      });
      expect(refused.json()).toMatchObject({ error: 'invalid_grant' });
    });
  });

  describe('refresh tokens', () => {
    it('rotate, and OIDC-OP-022: replaying an old one revokes the family', async () => {
      const first = await desk.login(world.visitor());
      const second = tokensShape.parse((await desk.refresh(first.refresh_token ?? '')).json());
      expect(second.refresh_token).not.toBe(first.refresh_token);
      expect((await desk.userinfo(second.access_token)).status).toBe(200);
      expect((await desk.refresh(first.refresh_token ?? '')).json()).toMatchObject({ error: 'invalid_grant' });
      expect((await desk.refresh(second.refresh_token ?? '')).json()).toMatchObject({ error: 'invalid_grant' });
      expect((await desk.userinfo(second.access_token)).status).toBe(401);
      expect(world.audit.some((event) => event.action === 'token.refused')).toBe(true);
    });

    it('OIDC-OP-023: 20 at once over two replicas never leave two living families', async () => {
      const first = await desk.login(world.visitor());
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, index) => desk.refresh(first.refresh_token ?? '', {}, index % 2)),
      );
      const won = all.filter(({ status }) => status === 200);
      expect(won.length).toBeLessThanOrEqual(1);
      const [winner] = won;
      if (winner) {
        const next = await desk.refresh(String(winner.json()['refresh_token']));
        expect(next.json()).toMatchObject({ error: 'invalid_grant' });
      }
    });

    it('OIDC-OP-024: of another application are refused', async () => {
      const { refresh_token: token } = await desk.login(world.visitor());
      expect((await wiki.refresh(token ?? '')).json()).toMatchObject({ error: 'invalid_grant' });
      expect((await desk.refresh(token ?? '')).status).toBe(200);
    });

    it('cannot gain scope', async () => {
      const { refresh_token: token } = await desk.login(world.visitor(), { scope: 'openid email' });
      expect((await desk.refresh(token ?? '', { scope: 'openid groups' })).json()).toMatchObject({
        error: 'invalid_scope',
      });
    });

    it('BUS-013: nothing in Redis is a token, a code, a cookie or an outcome somebody could use', async () => {
      const visitor = world.visitor();
      const held = await desk.login(visitor);
      const secrets = [held.access_token, held.refresh_token ?? '', held.code, held.id_token];
      for (const { name, value } of visitor.cookies.values()) if (!name.endsWith('.sig')) secrets.push(value);
      const keys = await world.redis.keys('*');
      const dump: string[] = [...keys];
      for (const key of keys)
        if ((await world.redis.type(key)) === 'string') dump.push((await world.redis.get(key)) ?? '');
      expect(keys.length).toBeGreaterThan(4);
      for (const secret of secrets) expect(dump.some((text) => text.includes(secret))).toBe(false);
    });
  });

  describe('introspection and revocation', () => {
    it('OIDC-OP-030: tell an application about its own tokens only', async () => {
      const { access_token: token } = await desk.login(world.visitor());
      expect((await desk.introspect(token)).json()).toMatchObject({
        active: true,
        client_id: 'desk',
        sub: 'ac_jo',
        iss: `${ORIGIN}/oidc`,
      });
      expect((await desk.introspect(token, 'wiki')).json()).toEqual({ active: false });
      expect((await world.call('/oidc/token/introspection', { form: { token, client_id: 'spa' } })).json()).toEqual({
        active: false,
      });
      expect((await world.call('/oidc/token/introspection', { form: { token } })).status).toBe(400);
    });

    it('let an API ask about tokens made for it, until their application is disabled', async () => {
      const { access_token: token } = await new RelyingParty(world, 'opaque').login(world.visitor(), { resource: API });
      expect((await desk.introspect(token, 'api')).json()).toMatchObject({ active: true, aud: API });
      world.catalog.change('application', world.catalog.applications, 'app_opaque', { enabled: false });
      expect((await desk.introspect(token, 'api')).json()).toEqual({ active: false });
      world.catalog.change('application', world.catalog.applications, 'app_opaque', { enabled: true });
    });

    it('OIDC-OP-029: another application cannot revoke; its own can', async () => {
      const { access_token: token, refresh_token: refresh } = await desk.login(world.visitor());
      const revoke = (client: string) =>
        world.call('/oidc/token/revocation', { form: { token }, headers: basic(client) });
      expect((await revoke('wiki')).status).toBe(200);
      expect((await desk.userinfo(token)).status).toBe(200);
      expect((await revoke('desk')).status).toBe(200);
      expect((await desk.userinfo(token)).status).toBe(401);
      expect((await desk.refresh(refresh ?? '')).json()).toMatchObject({ error: 'invalid_grant' });
    });
  });

  describe('userinfo', () => {
    it('answers the claims of the scopes', async () => {
      const { access_token: token } = await desk.login(world.visitor(), { scope: 'openid email' });
      expect((await desk.userinfo(token)).json()).toEqual({
        sub: 'ac_jo',
        email: 'jo@example.com',
        email_verified: true,
      });
    });

    it('OIDC-OP-065: takes no token from the query', async () => {
      const { access_token: token } = await desk.login(world.visitor());
      expect((await world.call(`/oidc/me?access_token=${token}`)).status).toBe(400);
      expect((await desk.userinfo(token)).status).toBe(200);
    });
  });

  describe('pushed requests', () => {
    const push = async (client: string) => {
      const party = new RelyingParty(world, client);
      const question = party.question();
      const form = Object.fromEntries(new URLSearchParams(question.path.split('?')[1]));
      const pushed = await world.call('/oidc/request', { form, headers: basic(client) });
      const uri = z.object({ request_uri: z.string() }).parse(pushed.json()).request_uri;
      return {
        party,
        question,
        path: `/oidc/auth?${new URLSearchParams({ client_id: client, request_uri: uri }).toString()}`,
      };
    };

    it('are walked like others, once', async () => {
      const { party, question, path } = await push('pushy');
      const visitor = world.visitor();
      const walkOnce = async () => {
        const asked = await visitor.go(path);
        if (!asked.location?.pathname.startsWith('/sign-in/')) return asked;
        await world.complete(visitor, asked.location);
        return visitor.go(`/oidc/auth/${asked.location.pathname.split('/')[2] ?? ''}`);
      };
      const first = await walkOnce();
      expect((await party.redeem(first.location?.searchParams.get('code') ?? '', question)).status).toBe(200);
      const second = await walkOnce();
      expect(second.location?.searchParams.get('code') ?? '').not.toHaveLength(43);
    });

    it('are needed where the application says so', async () => {
      const asked = await world.visitor().go(new RelyingParty(world, 'pushy').question().path);
      expect(asked.location?.searchParams.get('error')).toBe('invalid_request');
    });

    it('carry prompt=none too', async () => {
      const party = new RelyingParty(world, 'desk');
      const question = party.question({ prompt: 'none' });
      const form = Object.fromEntries(new URLSearchParams(question.path.split('?')[1]));
      const pushed = await world.call('/oidc/request', { form, headers: basic('desk') });
      const uri = String(pushed.json()['request_uri']);
      const asked = await world
        .visitor()
        .go(`/oidc/auth?${new URLSearchParams({ client_id: 'desk', request_uri: uri }).toString()}`);
      const stored = await world.redis.get(`sign-in:${asked.location?.pathname.split('/')[2] ?? ''}`);
      expect(JSON.parse(stored ?? '{}')).toMatchObject({ transaction: { ask: { silent: true } } });
    });
  });

  describe('DPoP', () => {
    const proof = async (path: string, method: string, token?: string, jti: string = randomUUID()): Promise<string> => {
      const claims = {
        htm: method,
        htu: `${ORIGIN}${path}`,
        jti,
        ...(token === undefined ? {} : { ath: createHash('sha256').update(token).digest('base64url') }),
      };
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: signer.jwk })
        .setIssuedAt()
        .sign(signer.privateKey);
    };

    it('OIDC-OP-075: binds tokens to a key; replayed, moved and missing proofs are refused', async () => {
      const bound = new RelyingParty(world, 'bound');
      const { answer, question } = await bound.walk(world.visitor());
      const code = answer.searchParams.get('code') ?? '';
      const bare = await bound.redeem(code, question);
      expect(bare.json()).toMatchObject({ error: 'invalid_grant' });
      const dpop = await proof('/oidc/token', 'POST');
      const redeemed = await bound.redeem(code, question, {}, { headers: { dpop } });
      const tokens = tokensShape.parse(redeemed.json());
      expect(tokens.token_type).toBe('DPoP');
      const me = (headers: Record<string, string>) =>
        world.call('/oidc/me', { headers: { authorization: `DPoP ${tokens.access_token}`, ...headers } });
      const good = await proof('/oidc/me', 'GET', tokens.access_token);
      expect((await me({ dpop: good })).status).toBe(200);
      expect((await me({ dpop: good })).status).toBe(401);
      expect((await me({ dpop: await proof('/oidc/token', 'GET', tokens.access_token) })).status).toBe(401);
      expect((await me({ dpop: await proof('/oidc/me', 'GET', 'another token') })).status).toBe(401);
      expect((await bound.userinfo(tokens.access_token)).status).toBe(401);
      const jkt = await calculateJwkThumbprint(signer.jwk);
      expect((await bound.introspect(tokens.access_token)).json()).toMatchObject({ cnf: { jkt } });
    });

    it('accepts one of 20 copies of a proof at once, over two replicas', async () => {
      const bound = new RelyingParty(world, 'bound');
      const { answer, question } = await bound.walk(world.visitor());
      const dpop = await proof('/oidc/token', 'POST');
      const tokens = tokensShape.parse(
        (await bound.redeem(answer.searchParams.get('code') ?? '', question, {}, { headers: { dpop } })).json(),
      );
      const again = await proof('/oidc/me', 'GET', tokens.access_token);
      const headers = { authorization: `DPoP ${tokens.access_token}`, dpop: again };
      const all = await Promise.all(
        Array.from({ length: 20 }, (_, index) => world.call('/oidc/me', { headers }, index % 2)),
      );
      expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    });
  });

  describe('applications for themselves', () => {
    it('get a token by client_credentials', async () => {
      const granted = await world.call('/oidc/token', {
        form: { grant_type: 'client_credentials' },
        headers: basic('robot'),
      });
      expect(granted.status).toBe(200);
      const { access_token: token } = z.object({ access_token: z.string() }).parse(granted.json());
      expect((await desk.introspect(token, 'robot')).json()).toMatchObject({ active: true, client_id: 'robot' });
    });

    it('OIDC-OP-042: a public one does not', async () => {
      const form = { grant_type: 'client_credentials', client_id: 'spa' };
      const refused = await world.call('/oidc/token', { form });
      expect([refused.status, refused.json()['access_token']]).toEqual([400, undefined]);
    });

    it('OIDC-OP-068: grants that are not offered are unknown', async () => {
      for (const grant of [
        'urn:ietf:params:oauth:grant-type:token-exchange',
        'urn:openid:params:grant-type:ciba',
        'urn:ietf:params:oauth:grant-type:device_code',
        'implicit',
        'password',
      ]) {
        const refused = await world.call('/oidc/token', { form: { grant_type: grant }, headers: basic('desk') });
        expect(refused.json()).toMatchObject({ error: 'unsupported_grant_type' });
      }
    });

    const assertion = (claims: Record<string, unknown>, alg = 'ES256') =>
      new SignJWT({ iss: 'signed', sub: 'signed', aud: `${ORIGIN}/oidc`, jti: randomUUID(), ...claims })
        .setProtectedHeader({ alg, kid: 'k1' })
        .setIssuedAt()
        .setExpirationTime('1m')
        .sign(signer.privateKey);
    const present = (jwt: string) =>
      world.call('/oidc/token', {
        form: {
          grant_type: 'client_credentials',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: jwt,
        },
      });

    it('OIDC-OP-037, 038: a client assertion is good once, for us, unaltered', async () => {
      const good = await assertion({});
      expect((await present(good)).status).toBe(200);
      expect((await present(good)).json()).toMatchObject({ error: 'invalid_client' });
      expect((await present(await assertion({ aud: 'https://other.test/oidc' }))).json()).toMatchObject({
        error: 'invalid_client',
      });
      const [header = '', payload = ''] = good.split('.');
      const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
      expect((await present(`${none}.${payload}.`)).status).toBe(401);
      expect((await present(`${header}.${payload}.AAAA`)).status).toBe(401);
    });

    it('OIDC-OP-040: one way to authenticate at a time', async () => {
      const form = { grant_type: 'client_credentials', client_id: 'robot', client_secret: 'x' };
      expect((await world.call('/oidc/token', { form, headers: basic('robot') })).status).toBe(400);
      const inQuery = await world.call(`/oidc/token?client_id=robot&client_secret=x`, {
        form: { grant_type: 'client_credentials' },
      });
      expect(inQuery.status).toBe(400);
    });
  });

  describe('audiences', () => {
    it('a JWT access token names its audience and is typed as one', async () => {
      const tokens = await new RelyingParty(world, 'api').login(world.visitor());
      const { claims, typ } = await verified(world, tokens.access_token, API);
      expect(typ).toBe('at+jwt');
      expect(claims).toMatchObject({ sub: 'ac_jo', client_id: 'api' });
    });

    it('OIDC-OP-067: an audience that is not the application\u2019s own is refused', async () => {
      const asked = await world.visitor().go(desk.question({ resource: API }).path);
      expect(asked.location?.searchParams.get('error')).toBe('invalid_target');
    });

    it('OIDC-OP-066: scopes that are not offered do not come through', async () => {
      const tokens = await desk.login(world.visitor(), { scope: 'openid admin' });
      expect(tokens.scope).toBe('openid');
    });
  });

  it('OIDC-OP-072: no foreign page may read the token endpoint; a public client\u2019s own page may', async () => {
    for (const origin of ['null', 'https://evil.test']) {
      const refused = await world.call('/oidc/token', {
        form: { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'spa' },
        headers: { origin },
      });
      expect(refused.headers['access-control-allow-origin']).toBeUndefined();
    }
    const own = await world.call('/oidc/token', {
      form: { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'spa' },
      headers: { origin: 'https://spa.test' },
    });
    expect(own.headers['access-control-allow-origin']).toBe('https://spa.test');
  });
});
