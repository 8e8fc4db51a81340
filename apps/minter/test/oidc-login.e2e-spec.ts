import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeWith } from '@passbroker/testing';
import { sealFrame } from '@passbroker/platform';
import { z } from 'zod';
import { RelyingParty, verified } from './world/relying-party.js';
import { ORIGIN, startWorld, type World } from './world/world.js';

describeWith('redis', 'signing in by OpenID Connect', () => {
  let world: World;
  let desk: RelyingParty;

  beforeAll(async () => {
    world = await startWorld();
    await world.application('desk');
    await world.application('legacy', { require_pkce: false, id_token_signed_response_alg: 'RS256' });
    await world.application('wiki');
    desk = new RelyingParty(world, 'desk');
  });
  afterAll(() => world.close());

  describe('the whole walk', () => {
    it('ends in an ES256 id_token about the person who signed in', async () => {
      const tokens = await desk.login(world.visitor());
      const { claims, alg } = await verified(world, tokens.id_token, 'desk');
      expect(alg).toBe('ES256');
      expect(claims).toMatchObject({
        sub: 'ac_jo',
        name: 'Jo Doe',
        email: 'jo@example.com',
        email_verified: true,
        groups: ['staff'],
        preferred_username: 'jo',
        nonce: tokens.question.nonce,
        amr: ['pwd'],
      });
      expect(claims).not.toHaveProperty('attributes');
    });

    it('begins on one replica and ends on another', async () => {
      const visitor = world.visitor();
      const question = desk.question();
      const asked = await visitor.go(question.path, {}, 0);
      await world.complete(visitor, asked.location);
      const back = await visitor.go(`/oidc/auth/${asked.location?.pathname.split('/')[2] ?? ''}`, {}, 1);
      const redeemed = await desk.redeem(back.location?.searchParams.get('code') ?? '', question, {}, {}, 0);
      expect(redeemed.status).toBe(200);
    });

    it('releases attributes only for their scope', async () => {
      const tokens = await desk.login(world.visitor(), { scope: 'openid attributes' });
      const { claims } = await verified(world, tokens.id_token, 'desk');
      expect(claims).toMatchObject({ attributes: { department: 'ward 7' } });
      expect(claims).not.toHaveProperty('email');
    });

    it('signs with RS256 for an application that needs it, and waives PKCE where that is configured', async () => {
      const legacy = new RelyingParty(world, 'legacy');
      const { answer, question } = await legacy.walk(world.visitor(), {
        code_challenge: undefined,
        code_challenge_method: undefined,
      });
      const { verifier: _verifier, ...rest } = question;
      const redeemed = await world.call('/oidc/token', {
        form: {
          grant_type: 'authorization_code',
          code: answer.searchParams.get('code') ?? '',
          redirect_uri: legacy.redirectUri,
        },
        headers: {
          authorization: `Basic ${Buffer.from('legacy:the-secret-of-the-help-desk-0123456789').toString('base64')}`,
        },
      });
      const { id_token: token } = z.object({ id_token: z.string() }).parse(redeemed.json());
      expect((await verified(world, token, 'legacy')).alg).toBe('RS256');
      expect(rest.state).toBe(answer.searchParams.get('state'));
    });

    it('OIDC-OP-050: names the issuer in every answer', async () => {
      const { answer } = await desk.walk(world.visitor());
      expect(answer.searchParams.get('iss')).toBe(`${ORIGIN}/oidc`);
    });

    it('OIDC-OP-048: redirects by 303 and nothing else', async () => {
      const visitor = world.visitor();
      const asked = await visitor.go(desk.question().path);
      await world.complete(visitor, asked.location);
      const back = await visitor.go(`/oidc/auth/${asked.location?.pathname.split('/')[2] ?? ''}`);
      expect([asked.status, back.status]).toEqual([303, 303]);
    });

    it('keeps its cookies away from the gateway', async () => {
      const visitor = world.visitor();
      await desk.login(visitor);
      const outside = [...visitor.cookies.values()].filter(
        ({ name, path }) => !name.startsWith('passbroker_browser') && path === '/',
      );
      expect(outside).toEqual([]);
      expect([...visitor.cookies.values()].some(({ name, path }) => name === 'passbroker_op' && path === '/oidc')).toBe(
        true,
      );
    });
  });

  describe('the gateway is asked every time', () => {
    it('also on the second sign-in, which keeps the grant and the session', async () => {
      const visitor = world.visitor();
      const first = await desk.login(visitor);
      const second = await desk.login(visitor);
      expect((await desk.introspect(first.access_token)).json()).toMatchObject({ active: true });
      expect((await desk.introspect(second.access_token)).json()).toMatchObject({ active: true });
    });

    it.each([
      ['prompt=login', { prompt: 'login' }, { forceFresh: true, silent: false }],
      ['prompt=none', { prompt: 'none' }, { forceFresh: false, silent: true }],
      ['prompt=select_account', { prompt: 'select_account' }, { selectAccount: true }],
      ['max_age', { max_age: '600' }, { maxAge: 600 }],
      ['max_age=0', { max_age: '0' }, { forceFresh: true }],
      ['login_hint', { login_hint: 'jo@example.com' }, { loginHint: 'jo@example.com' }],
      ['usersource', { usersource: 'intranet' }, { usersourceHint: 'intranet' }],
      ['idp_hint', { idp_hint: 'intranet' }, { usersourceHint: 'intranet' }],
      ['a hint that names nobody', { idp_hint: '' }, { usersourceHint: '' }],
      ['acr_values', { acr_values: 'mfa phr' }, { acr: ['mfa', 'phr'] }],
      ['ui_locales', { ui_locales: 'fr de' }, { uiLocales: ['fr', 'de'] }],
    ])('hands on %s', async (_name, parameters, expected) => {
      const asked = await world.visitor().go(desk.question(parameters).path);
      const stored = await world.redis.get(`sign-in:${asked.location?.pathname.split('/')[2] ?? ''}`);
      expect(JSON.parse(stored ?? '{}')).toMatchObject({ transaction: { application: 'app_desk', ask: expected } });
    });

    it('does not let an application smuggle our own note in', async () => {
      const asked = await world.visitor().go(desk.question({ prompt_none: 'true' }).path);
      const stored = await world.redis.get(`sign-in:${asked.location?.pathname.split('/')[2] ?? ''}`);
      expect(JSON.parse(stored ?? '{}')).toMatchObject({ transaction: { ask: { silent: false } } });
    });

    it('OIDC-OP-043: answers prompt=none with login_required when nobody is signed in', async () => {
      const refused = { admitted: false, code: 'session.expired', reference: 'AB12', error: 'login_required' } as const;
      const { answer, question } = await desk.walk(world.visitor(), { prompt: 'none' }, refused);
      expect(answer.href.startsWith('https://desk.test/cb?')).toBe(true);
      expect(answer.searchParams.get('error')).toBe('login_required');
      // That nobody is there is nowhere on record: a reference would lead to nothing.
      expect(answer.searchParams.get('error_description')).not.toContain('AB12');
      expect(answer.searchParams.get('state')).toBe(question.state);
      expect(answer.searchParams.get('iss')).toBe(`${ORIGIN}/oidc`);
    });

    it('answers prompt=none with a code when somebody is', async () => {
      const { answer } = await desk.walk(world.visitor(), { prompt: 'none' });
      expect(answer.searchParams.get('code')).toBeTruthy();
    });

    it('asks no consent: prompt=consent is met by the same walk', async () => {
      const tokens = await desk.login(world.visitor(), { prompt: 'consent', scope: 'openid offline_access' });
      expect(tokens.scope).toContain('offline_access');
    });

    it('tells the application of a refusal in its own words', async () => {
      const refused = { admitted: false, code: 'cancelled', reference: 'AB12', error: 'access_denied' } as const;
      const { answer } = await desk.walk(world.visitor(), {}, refused);
      expect(answer.searchParams.get('error')).toBe('access_denied');
      expect(answer.searchParams.get('error_description')).toContain('AB12');
    });

    it('does not take a sign-in that is older than max_age', async () => {
      const old = { authTime: Math.floor(Date.now() / 1_000) - 1_000 };
      const { answer } = await desk.walk(world.visitor(), { max_age: '60' }, old);
      expect(answer.searchParams.get('error')).toBe('login_required');
      const good = await desk.walk(world.visitor(), { max_age: '2000' }, old);
      expect(good.answer.searchParams.get('code')).toBeTruthy();
    });

    it('does not take an old sign-in for prompt=login', async () => {
      const old = { authTime: Math.floor(Date.now() / 1_000) - 1_000 };
      const { answer } = await desk.walk(world.visitor(), { prompt: 'login' }, old);
      expect(answer.searchParams.get('error')).toBe('login_required');
    });

    it('does not take another person than the one hinted at', async () => {
      const { id_token: hint } = await desk.login(world.visitor());
      const other = await desk.walk(world.visitor(), { id_token_hint: hint }, { account: 'ac_kim' });
      expect(other.answer.searchParams.get('error')).toBe('login_required');
      const same = await desk.walk(world.visitor(), { id_token_hint: hint });
      expect(same.answer.searchParams.get('code')).toBeTruthy();
    });

    it('refuses a person of another audience', async () => {
      const { answer } = await desk.walk(world.visitor(), {}, { audience: 'agents' });
      expect(answer.searchParams.get('error')).toBe('access_denied');
    });
  });

  describe('a different person at the same browser', () => {
    it('signs in straight away, and the first one is signed out', async () => {
      const visitor = world.visitor();
      const jo = await desk.login(visitor);
      const kim = await desk.login(visitor, {}, { account: 'ac_kim', session: 'gs_2' });
      expect((await verified(world, kim.id_token, 'desk')).claims.sub).toBe('ac_kim');
      expect((await desk.introspect(jo.access_token)).json()).toEqual({ active: false });
      expect((await desk.introspect(kim.access_token)).json()).toMatchObject({ active: true, sub: 'ac_kim' });
    });
  });

  describe('the outcome', () => {
    it('is collected once', async () => {
      const visitor = world.visitor();
      const asked = await visitor.go(desk.question().path);
      await world.complete(visitor, asked.location);
      const path = `/oidc/auth/${asked.location?.pathname.split('/')[2] ?? ''}`;
      const cookies = new Map(visitor.cookies);
      const first = await visitor.go(path);
      cookies.forEach((cookie, name) => visitor.cookies.set(name, cookie));
      const second = await visitor.go(path);
      expect(first.location?.searchParams.get('code')).toBeTruthy();
      expect(second.location?.pathname).toBe('/problem');
      expect(second.location?.searchParams.get('code')).toBe('transaction.expired');
    });

    it('is given to exactly one of 50 at once, over two replicas', async () => {
      const visitor = world.visitor();
      const asked = await visitor.go(desk.question().path);
      await world.complete(visitor, asked.location);
      const path = `/oidc/auth/${asked.location?.pathname.split('/')[2] ?? ''}`;
      const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => visitor.go(path, {}, index % 2)));
      expect(
        answers.filter((answer) => answer.location?.searchParams.has('code') && answer.location.host === 'desk.test'),
      ).toHaveLength(1);
    });

    it('is refused to another browser, even with all cookies but the binding', async () => {
      const victim = world.visitor();
      const asked = await victim.go(desk.question().path);
      await world.complete(victim, asked.location);
      const thief = world.visitor();
      await thief.go(desk.question().path);
      const binding = [...thief.cookies.entries()].find(([, { name }]) => name === 'passbroker_browser');
      victim.cookies.forEach((cookie, name) => thief.cookies.set(name, cookie));
      if (binding) thief.cookies.set(...binding);
      const answer = await thief.go(`/oidc/auth/${asked.location?.pathname.split('/')[2] ?? ''}`);
      expect(answer.location?.searchParams.get('code')).toBe('transaction.other_browser');
    });

    it('BUS-004: is refused when somebody else than the gateway sealed it', async () => {
      const visitor = world.visitor();
      const asked = await visitor.go(desk.question().path);
      const id = asked.location?.pathname.split('/')[2] ?? '';
      const record = z
        .object({ transaction: z.looseObject({ browser: z.string() }) })
        .parse(JSON.parse((await world.redis.get(`sign-in:${id}`)) ?? '{}'));
      const body = {
        transaction: id,
        browser: record.transaction.browser,
        outcome: {
          admitted: true,
          account: 'ac_jo',
          usersource: 'us_local',
          audience: 'users',
          session: 's',
          authTime: 1,
          methods: [],
        },
      };
      const forged = sealFrame(world.minterIdentity, 'sign-in-outcome', body, new Date(Date.now() + 60_000));
      await world.redis.set(`sign-in:${id}`, JSON.stringify({ ...record, outcome: forged }), 'EX', 60);
      const answer = await visitor.go(`/oidc/auth/${id}`);
      expect(answer.location?.searchParams.get('code')).toBe('transaction.seal_broken');
    });

    it('is refused while the sign-in is not finished', async () => {
      const visitor = world.visitor();
      const asked = await visitor.go(desk.question().path);
      const answer = await visitor.go(`/oidc/auth/${asked.location?.pathname.split('/')[2] ?? ''}`);
      expect(answer.location?.searchParams.get('code')).toBe('transaction.not_completed');
    });
  });

  describe('what is disabled', () => {
    it.each([
      [
        'account',
        () => world.catalog.change('account', world.catalog.accounts, 'ac_jo', { disabled: true }),
        () => world.catalog.change('account', world.catalog.accounts, 'ac_jo', { disabled: false }),
      ],
      [
        'usersource',
        () => world.catalog.change('usersource', world.catalog.usersources, 'us_local', { enabled: false }),
        () => world.catalog.change('usersource', world.catalog.usersources, 'us_local', { enabled: true }),
      ],
    ])('OIDC-OP-070: a disabled %s gets no code, no token and no answer, at once', async (_what, disable, enable) => {
      const visitor = world.visitor();
      const held = await desk.login(visitor);
      const { answer, question } = await desk.walk(world.visitor());
      const half = world.visitor();
      const asked = await half.go(desk.question().path);
      await world.complete(half, asked.location);
      disable();
      try {
        expect((await desk.refresh(held.refresh_token ?? '')).json()).toMatchObject({ error: 'invalid_grant' });
        expect((await desk.redeem(answer.searchParams.get('code') ?? '', question)).json()).toMatchObject({
          error: 'invalid_grant',
        });
        expect((await desk.introspect(held.access_token)).json()).toEqual({ active: false });
        expect((await desk.userinfo(held.access_token)).status).toBe(401);
        const back = await half.go(`/oidc/auth/${asked.location?.pathname.split('/')[2] ?? ''}`);
        expect(back.location?.searchParams.get('error')).toBe('access_denied');
      } finally {
        enable();
      }
      expect((await desk.userinfo(held.access_token)).status).toBe(200);
      expect((await desk.refresh(held.refresh_token ?? '')).status).toBe(200);
    });

    it('a disabled application is unknown with the next request', async () => {
      const wiki = new RelyingParty(world, 'wiki');
      const held = await wiki.login(world.visitor());
      world.catalog.change('application', world.catalog.applications, 'app_wiki', { enabled: false });
      expect((await wiki.refresh(held.refresh_token ?? '')).json()).toMatchObject({ error: 'invalid_client' });
      const asked = await world.visitor().go(wiki.question().path);
      expect(asked.location?.searchParams.get('code')).toBe('application.unknown');
      world.catalog.change('application', world.catalog.applications, 'app_wiki', { enabled: true });
      expect((await wiki.refresh(held.refresh_token ?? '')).status).toBe(200);
    });

    it('a disabled brand answers nothing', async () => {
      world.catalog.change('brand', world.catalog.brands, 'br_default', { enabled: false });
      const asked = await world.visitor().go(desk.question().path);
      world.catalog.change('brand', world.catalog.brands, 'br_default', { enabled: true });
      expect(asked.status).toBe(404);
      expect((await world.visitor().go(desk.question().path)).status).toBe(303);
    });
  });
});
