import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { describeWith } from '@passbroker/testing';
import { z } from 'zod';
import { basic, RelyingParty, tokensShape } from './world/relying-party.js';
import { ORIGIN, startWorld, type World } from './world/world.js';

describeWith('redis', 'applications of OpenID Connect at the token endpoint', () => {
  let world: World;
  let desk: RelyingParty;
  let signer: { privateKey: CryptoKey; jwk: JWK };

  beforeAll(async () => {
    world = await startWorld();
    const pair = await generateKeyPair('ES256');
    signer = { privateKey: pair.privateKey, jwk: await exportJWK(pair.publicKey) };
    await world.application('desk');
    await world.application('spa', { token_endpoint_auth_method: 'none' });
    await world.application('bound', { dpop_bound_access_tokens: true });
    await world.application('pushy', { require_pushed_authorization_requests: true });
    await world.application('robot', { grant_types: ['client_credentials'], redirect_uris: [] });
    await world.application('signed', {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...signer.jwk, kid: 'k1', alg: 'ES256', use: 'sig' }] },
      grant_types: ['client_credentials'],
      redirect_uris: [],
    });
    desk = new RelyingParty(world, 'desk');
  });
  afterAll(() => world.close());

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
