import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { Raw, startHostileOp, type HostileOp, type Json, type Script } from '@passbroker/testing';
import { memoryOf } from '../../test/tools.js';
import { CLIENT_SECRET, postOf, walkWith } from '../../test/op-walk.js';
import { oidcSettings } from './oidc.settings.js';

let op: HostileOp;
beforeAll(async () => {
  op = await startHostileOp();
});
afterAll(() => op.close());
beforeEach(() => {
  op.script = {};
  op.error = undefined;
  op.session = undefined;
  op.person = { sub: 'jane', email: 'jane@acme.test', email_verified: true, name: 'Jane' };
  op.clients.set('broker', CLIENT_SECRET);
});

const pemOf = (type: 'ec' | 'rsa'): string => {
  const pair =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};
const lastTo = (path: string) => op.heard.findLast((heard) => heard.path === path);
const claimsAre = (more: Json): Script => ({ claims: (all) => ({ ...all, ...more }) });

describe('oidc', () => {
  it('says who somebody is, how and when they signed in, and what else upstream said', async () => {
    op.session = { sid: 'session-1', authTime: Math.floor(Date.now() / 1_000) - 3_600 };
    op.person = {
      sub: 'jane',
      preferred_username: 'jdoe',
      groups: ['staff', 'emea'],
      department: 'Sales',
      name: 'Jane',
    };
    op.script = claimsAre({ amr: ['pwd', 'otp'], acr: 'urn:mfa' });
    const assertion = await walkWith(op).signIn();
    expect(assertion).toMatchObject({
      usersource: 'okta',
      subject: 'jane',
      claims: { name: 'Jane', username: 'jdoe', groups: ['staff', 'emea'] },
      said: { department: 'Sales', sub: 'jane' },
      methods: ['pwd', 'otp'],
      acr: 'urn:mfa',
      session: { index: 'session-1' },
      authenticatedAt: new Date(op.session.authTime * 1_000),
    });
    expect(assertion.claims).not.toHaveProperty('email');
    expect(Object.keys(assertion.said ?? {})).not.toEqual(expect.arrayContaining(['nonce', 'at_hash']));
  });

  it('asks without a page, and hears that nobody is signed in there', async () => {
    const walk = walkWith(op);
    expect((await walk.begin({ silent: true })).to.searchParams.get('prompt')).toBe('none');
    await expect(walk.signIn({ silent: true })).rejects.toMatchObject({ code: 'upstream.login_required' });
    await walk.signIn();
    expect(await walk.signIn({ silent: true })).toMatchObject({ subject: 'jane' });
  });

  it('asks for a fresh sign-in, and refuses one that upstream only says is fresh', async () => {
    const walk = walkWith(op);
    await walk.signIn();
    const { to } = await walk.begin({ forceFresh: true });
    expect(Object.fromEntries(to.searchParams)).toMatchObject({ prompt: 'login', max_age: '0' });
    op.session = { sid: 's', authTime: Math.floor(Date.now() / 1_000) - 3_600 };
    expect(await walk.signIn({ forceFresh: true })).toMatchObject({ subject: 'jane' });
    op.script = claimsAre({ auth_time: Math.floor(Date.now() / 1_000) - 3_600 });
    await expect(walk.signIn({ forceFresh: true })).rejects.toMatchObject({ code: 'upstream.refused' });
    await expect(walk.signIn({ maxAge: 600 })).rejects.toMatchObject({ code: 'upstream.refused' });
    expect(await walk.signIn({ maxAge: 7_200 })).toMatchObject({ subject: 'jane' });
    op.script = { claims: ({ auth_time: _, ...all }) => all };
    await expect(walk.signIn({ forceFresh: true })).rejects.toMatchObject({ code: 'upstream.refused' });
    expect(await walkWith(op, { freshness: 'asked' }).signIn({ forceFresh: true })).toMatchObject({ subject: 'jane' });
  });

  it('passes on whom the application expects and what it asks for', async () => {
    const { to } = await walkWith(op, { parameters: { organization: 'org_1' } }).begin({
      loginHint: 'jane@acme.test',
      selectAccount: true,
      acr: ['urn:mfa'],
      uiLocales: ['de', 'en'],
    });
    expect(Object.fromEntries(to.searchParams)).toMatchObject({
      login_hint: 'jane@acme.test',
      prompt: 'select_account',
      acr_values: 'urn:mfa',
      ui_locales: 'de en',
      organization: 'org_1',
      code_challenge_method: 'S256',
    });
  });

  it('refuses a class of sign-in below those of the settings', async () => {
    const walk = walkWith(op, { acrValues: ['urn:mfa'] });
    op.script = claimsAre({ acr: 'urn:password' });
    await expect(walk.signIn()).rejects.toMatchObject({ code: 'upstream.refused' });
    op.script = claimsAre({ acr: 'urn:mfa' });
    expect(await walk.signIn()).toMatchObject({ acr: 'urn:mfa' });
  });

  it.each([
    ['access_denied', 'cancelled'],
    ['login_required', 'upstream.login_required'],
    ['interaction_required', 'upstream.login_required'],
    ['temporarily_unavailable', 'usersource.unreachable'],
    ['invalid_scope', 'upstream.refused'],
  ])('hears %s as %s', async (error, code) => {
    op.error = error;
    await expect(walkWith(op).signIn()).rejects.toMatchObject({ code });
  });

  it('pushes its question where that is offered', async () => {
    op.script.discovery = (all) => ({ ...all, pushed_authorization_request_endpoint: `${op.issuer}/par` });
    const { to } = await walkWith(op).begin();
    expect([...to.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    expect(lastTo('/par')?.authorization).toMatch(/^Basic /);
    expect(await walkWith(op).signIn()).toMatchObject({ subject: 'jane' });
    expect((await walkWith(op, { par: false }).begin()).to.searchParams.has('request_uri')).toBe(false);
  });

  it('shows a key instead of a secret, and publishes its public half', async () => {
    op.clients.set('broker', '');
    for (const type of ['ec', 'rsa'] as const) {
      const walk = walkWith(op, { clientSecret: undefined, privateKey: pemOf(type), privateKeyId: 'our-key' });
      expect(await walk.signIn()).toMatchObject({ subject: 'jane' });
      const assertion = lastTo('/token')?.form.get('client_assertion') ?? '';
      expect(decodeProtectedHeader(assertion)).toMatchObject({
        alg: type === 'ec' ? 'ES256' : 'RS256',
        kid: 'our-key',
      });
      expect(decodeJwt(assertion)).toMatchObject({ iss: 'broker', sub: 'broker', aud: op.issuer });
      const published = await walk.usersource.metadata?.();
      expect(JSON.parse(published?.body ?? '')).toMatchObject({ keys: [{ kid: 'our-key', use: 'sig' }] });
      expect(published?.body).not.toContain('"d"');
    }
  });

  it('says that its own credentials are wrong, to its admin and not to the person', async () => {
    op.clients.set('broker', 'another');
    await expect(walkWith(op).signIn()).rejects.toMatchObject({ code: 'usersource.misconfigured' });
  });

  it('goes over the upstream when somebody leaves', async () => {
    const walk = walkWith(op);
    const { session, subject } = await walk.signIn();
    const step = await walk.usersource.end?.({ subject, kept: session?.kept ?? {} }, 'state-1');
    if (step?.go !== 'redirect') throw new Error('not a redirect');
    expect(step.to.href.startsWith(`${op.issuer}/end?`)).toBe(true);
    expect(Object.fromEntries(step.to.searchParams)).toMatchObject({
      post_logout_redirect_uri: 'https://login.acme.test/sso/okta/slo',
      state: 'state-1',
      client_id: 'broker',
      id_token_hint: session?.kept['idToken'],
    });
    op.script.discovery = ({ end_session_endpoint: _, ...all }) => all;
    expect(await walkWith(op).usersource.end?.({ subject, kept: {} }, 's')).toBeUndefined();
  });

  it('tells what works and what does not, step by step', async () => {
    const health = await walkWith(op).usersource.probe();
    expect(health).toMatchObject({ state: 'ok' });
    expect(health.steps.map(({ step }) => step)).toEqual(['discovery', 'keys', 'algorithms', 'client']);
    op.clients.set('broker', 'another');
    expect((await walkWith(op).usersource.probe()).steps.at(-1)).toMatchObject({ step: 'client', ok: false });
    op.script.discovery = (all) => ({ ...all, id_token_signing_alg_values_supported: ['HS256'] });
    expect((await walkWith(op).usersource.probe()).steps.at(-1)).toMatchObject({ step: 'algorithms', ok: false });
    op.script.discovery = (all) => ({ ...all, issuer: 'https://evil.test' });
    expect(await walkWith(op).usersource.probe()).toMatchObject({
      state: 'down',
      steps: [{ step: 'discovery', ok: false }],
    });
  });

  it('goes on with the last good metadata and keys while upstream’s discovery is down', async () => {
    const memory = memoryOf(new Map());
    let now = Date.now();
    const tools = { memory, now: () => new Date(now) };
    await walkWith(op, {}, tools).signIn();
    op.script.anything = ({ path }) => (/openid-configuration|jwks/.test(path) ? new Raw('down', 503) : undefined);
    // Another replica, which never spoke with upstream itself.
    expect(await walkWith(op, {}, tools).begin()).toHaveProperty('to');
    now += 2 * 3_600_000;
    expect(await walkWith(op, {}, tools).begin()).toHaveProperty('to');
    await expect(walkWith(op, {}, { memory: memoryOf(new Map()) }).begin()).rejects.toMatchObject({
      code: 'usersource.unreachable',
    });
  });
});

describe('oidc presets', () => {
  const emailOf = async (preset: Record<string, unknown>, claims: Json) => {
    op.script = claimsAre(claims);
    return (await walkWith(op, preset).signIn()).claims.emailVerified;
  };

  it('generic: an address counts when upstream says true, and by nothing like it', async () => {
    for (const not of [false, 'true', 1, undefined, null]) {
      op.person = { sub: 'jane', email: 'jane@acme.test' };
      expect(await emailOf({}, { email_verified: not })).toBe(false);
    }
    expect(await emailOf({}, { email_verified: true })).toBe(true);
    expect(await emailOf({ trustEmails: true }, { email_verified: false })).toBe(true);
  });

  it('google: only of its own domains, and of one Workspace when told', async () => {
    const google = { preset: 'google' };
    expect(await emailOf(google, { email_verified: true, email: 'jane@acme.test' })).toBe(false);
    expect(await emailOf(google, { email_verified: true, email: 'jane@gmail.com' })).toBe(true);
    expect(await emailOf(google, { email_verified: true, email: 'jane@gmail.com.evil.test' })).toBe(false);
    expect(await emailOf(google, { email_verified: true, email: 'jane@acme.test', hd: 'acme.test' })).toBe(true);
    const pinned = { preset: 'google', hostedDomain: 'acme.test' };
    expect((await walkWith(op, pinned).begin()).to.searchParams.get('hd')).toBe('acme.test');
    expect(await emailOf(pinned, { email_verified: true, hd: 'acme.test' })).toBe(true);
    await expect(emailOf(pinned, { email_verified: true, hd: 'evil.test' })).rejects.toMatchObject({
      code: 'upstream.refused',
    });
    await expect(emailOf(pinned, { email_verified: true })).rejects.toMatchObject({ code: 'upstream.refused' });
  });

  it('entra-id: subject of tenant and object, address only with the domain owner’s mark', async () => {
    const tid = '11111111-2222-3333-4444-555555555555';
    const oid = 'AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee';
    const entra = await startHostileOp({ path: `/${tid}/v2.0` });
    const comeIn = (more: Json) => {
      entra.script = claimsAre({ tid, oid, ...more });
      const settings = {
        preset: 'entra-id',
        issuer: undefined,
        authority: new URL(entra.issuer).origin,
        tenants: [tid],
      };
      return walkWith(entra, settings).signIn();
    };
    expect(await comeIn({})).toMatchObject({
      subject: `${tid}/${oid.toLowerCase()}`,
      claims: { emailVerified: false },
    });
    expect(await comeIn({ email_verified: true })).toMatchObject({ claims: { emailVerified: false } });
    expect(await comeIn({ xms_edov: false })).toMatchObject({ claims: { emailVerified: false } });
    for (const yes of [true, 1, '1', 'true']) {
      expect(await comeIn({ xms_edov: yes })).toMatchObject({ claims: { emailVerified: true } });
    }
    await expect(comeIn({ tid: oid })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(comeIn({ oid: undefined })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await entra.close();
  });

  it('apple: a posted answer, a secret that is a token of minutes, a name beside it, "true" for true', async () => {
    op.clients.set('broker', '');
    const settings = {
      preset: 'apple',
      clientSecret: undefined,
      privateKey: pemOf('ec'),
      privateKeyId: 'K1',
      teamId: 'T1',
    };
    const walk = walkWith(op, settings);
    op.person = { sub: '001.abc', email: 'x@privaterelay.appleid.com', email_verified: 'true' };
    const { to, carry } = await walk.begin();
    const { method, parameters } = await op.answer(to);
    expect(method).toBe('POST');
    parameters.set('user', JSON.stringify({ name: { firstName: 'Jane', lastName: 'Doe' }, email: 'boss@acme.test' }));
    expect(await walk.usersource.finish(postOf(parameters), carry)).toMatchObject({
      subject: '001.abc',
      claims: { email: 'x@privaterelay.appleid.com', emailVerified: true, name: 'Jane Doe' },
    });
    const secret = lastTo('/token')?.form.get('client_secret') ?? '';
    expect(decodeProtectedHeader(secret)).toEqual({ alg: 'ES256', kid: 'K1' });
    const { iat = 0, exp = 0, ...said } = decodeJwt(secret);
    expect(said).toEqual({ iss: 'T1', sub: 'broker', aud: op.issuer });
    expect(exp - iat).toBe(300);
  });

  it('auth0, gitlab: the nickname is the username', async () => {
    op.script = claimsAre({ nickname: 'jdoe', preferred_username: undefined });
    for (const preset of ['auth0', 'gitlab']) {
      expect((await walkWith(op, { preset }).signIn()).claims.username).toBe('jdoe');
    }
  });
});

describe('oidc settings', () => {
  const errors = (settings: Record<string, unknown>) => {
    const own = { issuer: 'https://op.test', clientId: 'broker', clientSecret: CLIENT_SECRET };
    const parsed = oidcSettings.schema.safeParse({ ...own, ...settings });
    return [...new Set(parsed.error?.issues.map((issue) => String(issue.path[0] ?? issue.code)))];
  };

  it.each([
    [{}, []],
    [{ issuer: 'http://op.test' }, ['issuer']],
    [{ issuer: 'http://localhost:3000' }, []],
    [{ issuer: 'https://op.test?x=1' }, ['issuer']],
    [{ issuer: 'https://u:p@op.test' }, ['issuer']],
    [{ issuer: undefined }, ['issuer']],
    [{ preset: 'google' }, ['issuer']],
    [{ preset: 'google', issuer: undefined }, []],
    [{ preset: 'entra-id', issuer: undefined }, ['tenants']],
    [{ preset: 'entra-id', issuer: undefined, tenants: ['common'] }, ['tenants']],
    [{ preset: 'apple', issuer: undefined }, ['teamId', 'privateKey']],
    [{ clientSecret: undefined }, ['clientSecret']],
    [{ privateKey: pemOf('ec') }, ['clientSecret']],
    [{ clientAuthentication: 'private_key_jwt' }, ['clientAuthentication']],
    [{ algorithms: ['none'] }, ['algorithms']],
    [{ algorithms: ['RS256', 'HS256'] }, ['algorithms']],
    [{ algorithms: ['HS256'] }, []],
    [{ algorithms: ['HS256'], clientSecret: 'short' }, ['algorithms']],
    [{ scopes: ['profile'] }, ['scopes']],
    [{ parameters: { redirect_uri: 'https://evil.test' } }, ['parameters']],
    [{ endpointHosts: ['https://evil.test'] }, ['endpointHosts']],
    [{ discovery: 'x' }, ['unrecognized_keys']],
  ])('judges %j', (settings, expected) => {
    expect(errors(settings)).toEqual(expected);
  });

  it('seals its secrets, and asks for them again when they would go elsewhere', () => {
    expect(oidcSettings.secrets).toEqual(['clientSecret', 'privateKey']);
    expect(oidcSettings.sendsSecretsTo).toEqual(['preset', 'issuer', 'authority', 'endpointHosts']);
  });

  it('warns of addresses taken on trust, and of a secret that signs', () => {
    expect(oidcSettings.warnings?.({ algorithms: ['RS256'] })).toEqual([]);
    expect(oidcSettings.warnings?.({ trustEmails: true, algorithms: ['HS256'] })).toHaveLength(2);
  });
});
