import { peoplesoftTokenSettings } from './peoplesoft-token.settings.js';
import { peoplesoftToken } from './peoplesoft-token.usersource.js';
import { issueToken, written } from '../../test/ps-token.js';
import { toolsFor } from '../../test/tools.js';
import type { Usersource } from '../usersource.js';

const NOW = new Date('2030-01-01T10:30:00Z');
const PASSWORD = 'glib-otter-vexes-9-quiet-lanterns';
const MAC = {
  ...{ mode: 'mac', trustedNodes: [{ name: 'PSFT_HR' }], nodePasswords: `PSFT_HR=${PASSWORD}` },
  profile: 'none',
};
const SERVICE = {
  trustedNodes: [{ name: 'PSFT_HR' }],
  serviceUrl: 'https://hr.acme.test/PSIGW/PeopleSoftServiceListeningConnector/PSFT_HR',
  serviceUser: 'PASSBROKER',
  servicePassword: 'canary-service-password',
};
const ASK = { forceFresh: false, silent: false };

const errorsOf = (settings: Record<string, unknown>) =>
  peoplesoftTokenSettings.schema.safeParse(settings).error?.issues.map(({ path }) => path[0]) ?? [];

function open(settings: Record<string, unknown>, ask?: typeof fetch): Usersource {
  const tools = toolsFor('hr', () => NOW);
  return peoplesoftToken.open(peoplesoftTokenSettings.schema.parse(settings), { ...tools, fetch: ask ?? tools.fetch });
}

const token = (more: { userId?: string; node?: string; issued?: Date; password?: string } = {}) =>
  issueToken({ userId: 'JANE', node: 'PSFT_HR', password: PASSWORD, ...more, issued: written(more.issued ?? NOW) });

async function finish(usersource: Usersource, cookies: string[], name = 'PS_TOKEN') {
  const { carry } = await usersource.begin('t', ASK);
  return usersource.finish(
    { method: 'GET', rawQuery: '', fields: {}, remoteAddress: '192.0.2.1', cookies: { [name]: cookies } },
    carry,
  );
}

/** Query Access Services as Oracle's documentation shows them. */
const qas =
  (user: string | undefined, heard: string[] = []): typeof fetch =>
  async (input, init) => {
    const request = new Request(input, init);
    heard.push(await request.text());
    if (user === undefined) return new Response('<Fault/>', { status: 500 });
    return new Response(`<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">
 <soapenv:Body><qss:QAS_AUTHTOKEN_RESP_MSG xmlns:qss="http://xmlns.oracle.com/Enterprise/Tools/schemas/QAS_AUTHTOKEN_RESP_MSG.VERSION_1">
  <LoginUser>${user}</LoginUser></qss:QAS_AUTHTOKEN_RESP_MSG></soapenv:Body></soapenv:Envelope>`);
  };

describe('peoplesoft-token', () => {
  it('says who the cookie is about, and when PeopleSoft saw them', async () => {
    const issued = new Date(NOW.getTime() - 120_000);
    expect(await finish(open(MAC), [token({ issued })])).toMatchObject({
      usersource: 'hr',
      subject: 'JANE@PSFT_HR',
      claims: { name: 'JANE' },
      said: { userId: 'JANE', node: 'PSFT_HR', language: 'ENG' },
      authenticatedAt: issued,
      methods: [],
    });
  });

  it('claims no second factor, whatever PeopleSoft asked for', async () => {
    const { methods, acr } = await finish(open(MAC), [token()]);
    expect({ methods, acr }).toEqual({ methods: [], acr: undefined });
  });

  it('sends people straight to the callback, or by way of a page that renews the cookie', async () => {
    const callback = 'https://login.acme.test/sso/hr/callback';
    expect(await open(MAC).begin('t', ASK)).toMatchObject({ go: 'redirect', to: new URL(callback) });
    const loginUrl = 'https://hr.acme.test/psc/ps/renew?to={callback}';
    const step = await open({ ...MAC, loginUrl }).begin('t', ASK);
    expect(step.go === 'redirect' && step.to.href).toBe(
      `https://hr.acme.test/psc/ps/renew?to=${encodeURIComponent(callback)}`,
    );
    // That page may ask for a password: not when nobody is to see a page.
    const silent = await open({ ...MAC, loginUrl }).begin('t', { ...ASK, silent: true });
    expect(silent.go === 'redirect' && silent.to.href).toBe(callback);
  });

  it('hears its own cookie and nothing else', () => {
    expect(open(MAC).hears).toEqual({ cookies: ['PS_TOKEN'] });
    expect(open({ ...MAC, cookieName: 'HR_TOKEN' }).hears).toEqual({ cookies: ['HR_TOKEN'] });
  });

  it('finds that nobody is signed in there', async () => {
    await expect(finish(open(MAC), [])).rejects.toMatchObject({ code: 'upstream.login_required' });
    await expect(finish(open(MAC), [''])).rejects.toMatchObject({ code: 'upstream.login_required' });
  });

  it('refuses two cookies of one name rather than choose', async () => {
    await expect(finish(open(MAC), [token(), token({ userId: 'JOE' })])).rejects.toMatchObject({
      code: 'upstream.malformed',
    });
    await expect(finish(open(MAC), [token(), token()])).rejects.toMatchObject({ code: 'upstream.malformed' });
  });

  it('refuses a browser that nobody sent here (KRB-011)', async () => {
    const reply = {
      method: 'GET' as const,
      rawQuery: '',
      fields: {},
      remoteAddress: '::1',
      cookies: { PS_TOKEN: [token()] },
    };
    await expect(open(MAC).finish(reply, {})).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(open(MAC).finish(reply, { state: 's' })).resolves.toMatchObject({ subject: 'JANE@PSFT_HR' });
  });

  it.each([
    ['older than five minutes', new Date(NOW.getTime() - 301_000)],
    ['from the future', new Date(NOW.getTime() + 61_000)],
  ])('refuses a token %s (KRB-015)', async (_name, issued) => {
    await expect(finish(open(MAC), [token({ issued })])).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(finish(open(MAC), [token()])).resolves.toBeDefined();
  });

  it('counts a token as used with the walk that brought it, or for good where it is single use', async () => {
    const keys = async (usersource: Usersource) => [
      (await finish(usersource, [token()])).once?.key,
      (await finish(usersource, [token()])).once?.key,
    ];
    const [first, second] = await keys(open(MAC));
    expect(first).not.toBe(second);
    const [once, again] = await keys(open({ ...MAC, singleUse: true }));
    expect(once).toBe(again);
    const { until } = (await finish(open(MAC), [token()])).once ?? {};
    expect(until?.getTime()).toBeGreaterThan(NOW.getTime() + 300_000);
  });

  it('takes only a token issued since, when a fresh sign-in was asked for', async () => {
    const usersource = open(MAC);
    const { carry } = await usersource.begin('t', { ...ASK, forceFresh: true });
    const reply = (cookie: string) => ({
      method: 'GET' as const,
      rawQuery: '',
      fields: {},
      remoteAddress: '::1',
      cookies: { PS_TOKEN: [cookie] },
    });
    const old = token({ issued: new Date(NOW.getTime() - 120_000) });
    await expect(usersource.finish(reply(old), carry)).rejects.toMatchObject({ code: 'upstream.login_required' });
    await expect(usersource.finish(reply(token()), carry)).resolves.toBeDefined();
  });

  it.each(['GUEST', 'guest', 'PUBUSER', 'PTWEBSERVER', 'PS', 'VP1'])('refuses the public user %s', async (userId) => {
    await expect(finish(open(MAC), [token({ userId })])).rejects.toMatchObject({ code: 'upstream.refused' });
    await expect(finish(open({ ...MAC, denyUsers: [] }), [token({ userId })])).resolves.toBeDefined();
  });

  it('admits only whom it is told to, to the letter', async () => {
    const usersource = open({ ...MAC, allowedUsers: ['JANE'] });
    await expect(finish(usersource, [token()])).resolves.toBeDefined();
    await expect(finish(usersource, [token({ userId: 'jane' })])).rejects.toMatchObject({ code: 'upstream.refused' });
  });

  it('keeps the people of two nodes apart, unless they are said to be the same', async () => {
    const trustedNodes = [{ name: 'PSFT_HR' }, { name: 'PSFT_FIN' }];
    const nodePasswords = `PSFT_HR=${PASSWORD}\nPSFT_FIN=${PASSWORD}2`;
    const settings = { ...MAC, trustedNodes, nodePasswords };
    const fin = token({ node: 'PSFT_FIN', password: `${PASSWORD}2` });
    expect((await finish(open(settings), [fin])).subject).toBe('JANE@PSFT_FIN');
    expect((await finish(open({ ...settings, sharedUsers: true }), [fin])).subject).toBe('JANE');
    await expect(finish(open(settings), [token({ node: 'PSFT_FIN' })])).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
  });

  it('makes an address where the site says that user ids are mail names', async () => {
    const { claims } = await finish(open({ ...MAC, emailDomain: 'acme.test' }), [token()]);
    expect(claims).toMatchObject({ email: 'jane@acme.test', emailVerified: true });
    expect(
      (await finish(open({ ...MAC, emailDomain: 'acme.test' }), [token({ userId: 'JA NE' })])).claims.email,
    ).toBeUndefined();
  });

  it('logs neither the cookie nor what is in it', async () => {
    const cookie = token({ issued: new Date(NOW.getTime() - 3_600_000) });
    const error: unknown = await finish(open(MAC), [cookie]).catch((refusal: unknown) => refusal);
    const said = JSON.stringify(error, Object.getOwnPropertyNames(Object(error)));
    expect(said).toContain('(cookie ');
    expect(said).not.toContain(cookie.slice(0, 60));
  });
});

describe('peoplesoft-token by PeopleSoft’s own word', () => {
  it('asks Query Access Services, as its own account', async () => {
    const heard: string[] = [];
    // Signed with a password that nobody told us: only PeopleSoft can know.
    const cookie = token({ password: 'unknown to us' });
    expect((await finish(open(SERVICE, qas('JANE', heard)), [cookie])).subject).toBe('JANE@PSFT_HR');
    expect(heard[0]).toContain(`<PSTOKEN>${cookie}</PSTOKEN>`);
    expect(heard[0]).toContain('<wsse:Username>PASSBROKER</wsse:Username>');
  });

  it('refuses a forged token that PeopleSoft does not know (KRB-013)', async () => {
    await expect(finish(open(SERVICE, qas(undefined)), [token()])).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
  });

  it('refuses when PeopleSoft names somebody else', async () => {
    await expect(finish(open(SERVICE, qas('JOE')), [token()])).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(finish(open(SERVICE, qas('jane')), [token()])).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it.each([
    [
      'a fault that quotes the name',
      '<a:Envelope xmlns:a="http://schemas.xmlsoap.org/soap/envelope/"><a:Body><a:Fault><LoginUser>JANE</LoginUser></a:Fault></a:Body></a:Envelope>',
    ],
    [
      'two names',
      '<a:Envelope xmlns:a="http://schemas.xmlsoap.org/soap/envelope/"><a:Body><QAS_AUTHTOKEN_RESP_MSG><LoginUser>JANE</LoginUser><LoginUser>JANE</LoginUser></QAS_AUTHTOKEN_RESP_MSG></a:Body></a:Envelope>',
    ],
    [
      'an entity',
      '<!DOCTYPE x [<!ENTITY u "JANE">]><a:Envelope xmlns:a="http://schemas.xmlsoap.org/soap/envelope/"><a:Body><QAS_AUTHTOKEN_RESP_MSG><LoginUser>&u;</LoginUser></QAS_AUTHTOKEN_RESP_MSG></a:Body></a:Envelope>',
    ],
    ['an HTML page', '<html><body>JANE<p></body></html>'],
    ['nothing', ''],
    ['very much', `<a>${'x'.repeat(20_000)}</a>`],
  ])('takes %s for no answer', async (_name, body) => {
    const answers: typeof fetch = async () => new Response(body);
    await expect(finish(open(SERVICE, answers), [token()])).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('asks a service of the site’s own', async () => {
    const seen: Request[] = [];
    const own: typeof fetch = async (input, init) => {
      seen.push(new Request(input, init));
      return Response.json({ userId: 'JANE' });
    };
    const usersource = open({ ...SERVICE, serviceFormat: 'json' }, own);
    const cookie = token();
    expect((await finish(usersource, [cookie])).subject).toBe('JANE@PSFT_HR');
    expect(await seen[0]?.json()).toEqual({ token: cookie });
    expect(seen[0]?.headers.get('authorization')).toMatch(/^Basic /);
    const lies: typeof fetch = async () => Response.json({ userId: ['JANE'] });
    await expect(finish(open({ ...SERVICE, serviceFormat: 'json' }, lies), [cookie])).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
  });

  it('does not ask about an old token, an unknown node, or nonsense', async () => {
    const heard: string[] = [];
    const usersource = open(SERVICE, qas('JANE', heard));
    for (const cookie of [
      token({ issued: new Date(NOW.getTime() - 400_000) }),
      token({ node: 'PSFT_XX' }),
      'nonsense',
    ]) {
      await expect(finish(usersource, [cookie])).rejects.toMatchObject({ code: expect.stringMatching(/^upstream\./) });
    }
    expect(heard).toEqual([]);
  });

  it('lets nobody in while PeopleSoft does not answer', async () => {
    const busy: typeof fetch = async () => new Response('', { status: 503 });
    await expect(finish(open(SERVICE, busy), [token()])).rejects.toMatchObject({ code: 'usersource.unreachable' });
    const locked: typeof fetch = async () => new Response('', { status: 401 });
    await expect(finish(open(SERVICE, locked), [token()])).rejects.toMatchObject({ code: 'usersource.misconfigured' });
  });

  it('is tested by a token that is none', async () => {
    expect(await open(SERVICE, qas(undefined)).probe()).toMatchObject({ state: 'ok' });
    expect(await open(SERVICE, qas('ANYBODY')).probe()).toMatchObject({ state: 'down' });
    expect(await open(SERVICE, async () => new Response('', { status: 401 })).probe()).toMatchObject({ state: 'down' });
    expect(await open(MAC).probe()).toMatchObject({ state: 'ok' });
  });
});

describe('peoplesoft-token settings', () => {
  it('take either mode, whole', () => {
    expect(errorsOf(MAC)).toEqual([]);
    expect(errorsOf(SERVICE)).toEqual([]);
  });

  it.each([
    ['empty', ''],
    ['short', 'Xk3-9fQ.z'],
    ['eighteen characters', 'Xk3-9fQ.zLw7_Gp2vB'],
    ['a common one, decorated', 'Password123456789012345'],
    ['the node’s own name', 'PSFT_HRPSFT_HRPSFT_HR'],
  ])('refuse a node password that is %s (KRB-013)', (_name, password) => {
    expect(errorsOf({ ...MAC, nodePasswords: `PSFT_HR=${password}` })).toEqual(['nodePasswords']);
  });

  it('take a weak node password only from who says so, and an empty one from nobody', () => {
    const weak = { ...MAC, nodePasswords: 'PSFT_HR=n0de' };
    expect(errorsOf({ ...weak, acceptWeakSecret: true })).toEqual([]);
    expect(errorsOf({ ...MAC, nodePasswords: 'PSFT_HR=', acceptWeakSecret: true })).toEqual(['nodePasswords']);
    expect(peoplesoftTokenSettings.warnings?.({ ...weak, acceptWeakSecret: true })).toHaveLength(3);
    expect(peoplesoftTokenSettings.warnings?.(SERVICE)).toEqual([]);
  });

  it.each([
    [{ ...MAC, nodePasswords: undefined }, 'nodePasswords'],
    [{ ...MAC, trustedNodes: [{ name: 'PSFT_HR' }, { name: 'PSFT_HR' }] }, 'trustedNodes'],
    [{ ...MAC, trustedNodes: [] }, 'trustedNodes'],
    [{ ...MAC, trustedNodes: [{ name: 'PSFT_HR' }, { name: 'PSFT_FIN' }] }, 'nodePasswords'],
    [{ ...MAC, maxAgeMinutes: 721 }, 'maxAgeMinutes'],
    [{ ...MAC, timeZone: 'Mars/Olympus' }, 'timeZone'],
    [{ ...MAC, loginUrl: 'http://hr.acme.test/' }, 'loginUrl'],
    [{ ...SERVICE, serviceUrl: 'http://hr.acme.test/' }, 'serviceUrl'],
    [{ ...SERVICE, serviceUrl: undefined }, 'serviceUrl'],
    [{ ...SERVICE, servicePassword: undefined }, 'servicePassword'],
  ])('refuse %j', (settings, name) => {
    expect(errorsOf(settings)).toEqual([name]);
  });

  const profile = { dialect: 'oracle', host: 'db.acme.test', database: 'HRPRD', user: 'PBROKER' };
  const profilePassword = 'canary-profile-password';

  it('ask PeopleSoft’s tables too, always in mac mode unless "none" is said (KRB-013)', () => {
    const unsaid = { ...MAC, profile: undefined };
    expect(errorsOf(unsaid)).toEqual(['profile']);
    expect(errorsOf({ ...MAC, profile: 'none' })).toEqual([]);
    expect(errorsOf({ ...MAC, profile, profilePassword })).toEqual([]);
    expect(errorsOf({ ...SERVICE, profile, profilePassword })).toEqual([]);
    const warned = (settings: Record<string, unknown>) =>
      (peoplesoftTokenSettings.warnings?.(settings) ?? []).some((text) => text.includes('profile none'));
    expect(warned(MAC)).toBe(true);
    expect(warned({ ...MAC, profile, profilePassword })).toBe(false);
  });

  it.each([
    ['without its password', { ...MAC, profile }, 'profilePassword'],
    ['none, but with a password', { ...MAC, profilePassword }, 'profilePassword'],
    [
      'with the password inside, where it would lie open',
      { ...MAC, profile: { ...profile, password: 'x' }, profilePassword },
      'profile',
    ],
    [
      'of an address without a name for its certificate',
      { ...MAC, profile: { ...profile, host: '192.0.2.1' }, profilePassword },
      'profile',
    ],
    [
      'of a view that is a statement',
      { ...MAC, profile: { ...profile, views: { roles: 'x; drop' } }, profilePassword },
      'profile',
    ],
  ])('refuse a profile %s', (_what, settings, name) => {
    expect(errorsOf(settings)).toEqual([name]);
  });

  it('refuse one database for the people of several nodes, unless they are the same people', () => {
    const two = {
      ...{ ...MAC, profile, profilePassword, trustedNodes: [{ name: 'PSFT_HR' }, { name: 'PSFT_FIN' }] },
      nodePasswords: `PSFT_HR=${PASSWORD}\nPSFT_FIN=${PASSWORD}2`,
    };
    expect(errorsOf(two)).toEqual(['profile']);
    expect(errorsOf({ ...two, sharedUsers: true })).toEqual([]);
  });

  it('never show a password', () => {
    expect(peoplesoftTokenSettings.secrets).toEqual(['nodePasswords', 'servicePassword', 'profilePassword']);
    expect(peoplesoftTokenSettings.sendsSecretsTo).toEqual(['serviceUrl', 'profile']);
  });

  it('keep a sealed list of passwords that stands in as something else', () => {
    // The admin API cannot read a kept secret, and puts hexadecimal in its place.
    const issues = peoplesoftTokenSettings.schema.safeParse({ ...MAC, nodePasswords: '0123456789abcdef'.repeat(4) })
      .error?.issues;
    expect(issues?.map(({ code }) => code)).toEqual(['invalid_format']);
  });
});
