import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { describeWith } from '@passbroker/testing';
import { basic, RelyingParty, tokensShape, verified } from './world/relying-party.js';
import { ORIGIN, startWorld, type World } from './world/world.js';

const API = 'https://api.test/';

describeWith('redis', 'tokens of OpenID Connect', () => {
  let world: World;
  let desk: RelyingParty;
  let wiki: RelyingParty;

  beforeAll(async () => {
    world = await startWorld();
    await world.application('desk');
    await world.application('wiki');
    await world.application('spa', { token_endpoint_auth_method: 'none' });
    await world.application('api', { audience: API, access_token_format: 'jwt' });
    await world.application('opaque', { audience: API });
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
      for (const { value } of visitor.cookies.values()) secrets.push(value);
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
});
