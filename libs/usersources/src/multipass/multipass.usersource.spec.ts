import { jest } from '@jest/globals';
import { Refusal } from '@passbroker/model';
import { writeMultipass } from '@passbroker/multipass';
import { multipassSettings } from './multipass.settings.js';
import { listedAddress, isPattern } from '../addresses/return-url.js';
import { openUsersource } from '../registry.js';
import { toolsFor } from '../../test/tools.js';

const NOW = new Date('2030-01-01T00:00:00Z');
const KEYS = { siteKey: 'acme', apiKey: 'testkey-0123456789abcdef0123456789abcdef' };
const SETTINGS = {
  ...KEYS,
  remoteLoginUrl: 'https://www.acme.test/login?lang=en',
  returnUrls: ['https://help.acme.test/*'],
};
const ASK = { forceFresh: false, silent: false };
const JANE = { uid: 'u-1', email: 'jane@acme.test', name: 'Jane' };

const open = (more: Record<string, unknown> = {}) =>
  openUsersource(
    'multipass',
    { ...SETTINGS, ...more },
    toolsFor('intranet', () => NOW),
  );

const reply = (rawQuery: string) => ({ method: 'GET' as const, rawQuery, fields: {}, remoteAddress: '192.0.2.1' });

describe('multipass', () => {
  it("sends people to the remote login and keeps that page's own query", async () => {
    const step = await open().begin('t', ASK);
    expect(step.go === 'redirect' && step.to.href).toBe('https://www.acme.test/login?lang=en');
    const silent = await open().begin('t', { ...ASK, silent: true });
    expect(silent.go === 'redirect' && silent.to.href).toBe('https://www.acme.test/login?lang=en&passive=1');
  });

  it('hears that nobody is signed in there only when it asked not to show a page', async () => {
    const silent = await open().begin('t', { ...ASK, silent: true });
    await expect(open().finish(reply('passive=1'), silent.carry)).rejects.toMatchObject({
      code: 'upstream.login_required',
    });
    const loud = await open().begin('t', ASK);
    await expect(open().finish(reply('passive=1'), loud.carry)).rejects.toMatchObject({
      code: 'multipass.invalid_data',
    });
    const token = writeMultipass('desk', JANE, KEYS, NOW);
    await expect(open().finish(reply(token), silent.carry)).resolves.toMatchObject({ subject: 'u-1' });
    await expect(open().finish(reply('multipass=x'), silent.carry)).rejects.toMatchObject({
      code: expect.stringContaining('multipass.'),
    });
  });

  it('says who somebody is, once, for as long as the token lives', async () => {
    const expires = new Date('2099-12-31T00:00:00Z');
    const query = writeMultipass('desk', { ...JANE, expires, custom: { plan: 'gold' } }, KEYS, NOW);
    const assertion = await open().finish(reply(query), {});
    expect(assertion).toMatchObject({
      usersource: 'intranet',
      subject: 'u-1',
      claims: { email: 'jane@acme.test', emailVerified: true, name: 'Jane', attributes: { plan: 'gold' } },
      authenticatedAt: NOW,
    });
    expect(assertion.once?.until).toEqual(expires);
  });

  it('refuses a token that lives longer than this copy allows', async () => {
    const query = writeMultipass('desk', { ...JANE, expires: new Date('2030-01-03T00:00:00Z') }, KEYS, NOW);
    await expect(open({ maxLifetimeSec: 86_400 }).finish(reply(query), {})).rejects.toMatchObject({
      code: 'multipass.too_long_lived',
    });
  });

  it('keeps a return address that is listed and drops every other', async () => {
    const to = async (address: string) =>
      (await open().finish(reply(writeMultipass('desk', { ...JANE, to: address }, KEYS, NOW)), {})).to;
    expect(await to('https://help.acme.test/tickets?id=1')).toBe('https://help.acme.test/tickets?id=1');
    expect(await to('https://help.acme.test.evil.test/')).toBeUndefined();
    expect(await to('https://help.acme.test@evil.test/')).toBeUndefined();
    expect(await to('http://help.acme.test/')).toBeUndefined();
  });

  it('refuses an unsolicited token where that is switched off, and takes the solicited one', async () => {
    const query = writeMultipass('desk', JANE, KEYS, NOW);
    await expect(open({ unsolicited: false }).finish(reply(query), {})).rejects.toMatchObject({
      code: 'multipass.unsolicited',
    });
    await expect(open({ unsolicited: false }).finish(reply(query), { asked: 'yes' })).resolves.toMatchObject({
      subject: 'u-1',
    });
  });

  it('refuses unsigned tokens unless this copy opts in', async () => {
    const query = writeMultipass('legacy-desk-unsigned', JANE, KEYS, NOW);
    await expect(open().finish(reply(query), {})).rejects.toMatchObject({ code: 'multipass.signature' });
    await expect(open({ acceptUnsigned: true }).finish(reply(query), {})).resolves.toMatchObject({ subject: 'u-1' });
  });

  it('tells whether the remote login page answers', async () => {
    const down = openUsersource('multipass', SETTINGS, {
      ...toolsFor('intranet', () => NOW),
      fetch: jest.fn<typeof fetch>().mockRejectedValue(new Error('connect refused')),
    });
    expect(await down.probe()).toMatchObject({ state: 'down' });
  });
});

describe('multipass settings', () => {
  const errors = (more: Record<string, unknown>) =>
    multipassSettings.schema.safeParse({ ...SETTINGS, ...more }).error?.issues.map((issue) => issue.path[0]) ?? [];

  it.each([
    [{ apiKey: 'short' }, 'apiKey'],
    [{ siteKey: '' }, 'siteKey'],
    [{ remoteLoginUrl: 'http://www.acme.test/login' }, 'remoteLoginUrl'],
    [{ remoteLoginUrl: 'javascript:alert(1)' }, 'remoteLoginUrl'],
    [{ remoteLoginUrl: 'https://a:b@www.acme.test/' }, 'remoteLoginUrl'],
    [{ returnUrls: ['https://*.acme.test/*'] }, 'returnUrls'],
    [{ dialect: 'tender' }, 'acceptUnsigned'],
  ])('refuses %j', (more, name) => {
    expect([...new Set(errors(more))]).toEqual([name]);
  });

  it('takes plain http for a loopback host', () => {
    expect(errors({ remoteLoginUrl: 'http://localhost:4000/login' })).toEqual([]);
    expect(errors({ remoteLoginUrl: 'http://127.0.0.1:4000/login' })).toEqual([]);
  });

  it('refuses a setting it does not know', () => {
    expect(() => open({ apikey: 'x' })).toThrow(Refusal);
  });

  it('warns as long as unsigned tokens are accepted, and of a short key when it is written', () => {
    const warnings = (more: Record<string, unknown>) =>
      multipassSettings.warnings?.({ ...SETTINGS, maxLifetimeSec: 600, ...more }) ?? [];
    expect(warnings({})).toEqual([]);
    expect(warnings({ acceptUnsigned: true })).toHaveLength(1);
    expect(warnings({ apiKey: '0123456789abcdef01234567' })).toHaveLength(1);
  });
});

describe('return addresses', () => {
  it.each([
    ['https://help.acme.test/*', 'https://help.acme.test/a/b?c=d', true],
    ['https://help.acme.test/*', 'https://help.acme.test:8443/', false],
    ['https://help.acme.test/kb/*', 'https://help.acme.test/kb/../admin', false],
    ['https://help.acme.test/kb/*', 'https://help.acme.test/kb/%2e%2e/admin', false],
    ['https://help.acme.test/kb/*', 'https://help.acme.test/kbx', false],
    ['https://help.acme.test/home', 'https://help.acme.test/home?x=1', true],
    ['https://help.acme.test/home', 'https://help.acme.test/home/x', false],
    ['https://help.acme.test', 'https://help.acme.test/', true],
    ['https://help.acme.test/*', '//help.acme.test/', false],
  ])('%s and %s: %s', (pattern, to, listed) => {
    expect(isPattern(pattern)).toBe(true);
    expect(listedAddress(to, [pattern]) !== undefined).toBe(listed);
  });

  it.each(['*', 'https://*/', 'ftp://a.test/*', 'https://a.test/x*', 'https://u@a.test/*', 'https://A.test/*'])(
    'takes no pattern like %s',
    (pattern) => {
      expect(isPattern(pattern)).toBe(false);
    },
  );
});
