import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresAccounts } from '@passbroker/catalog';
import { ensureFirstAdmin } from '../src/first-admin.js';
import { PostgresTurns } from '../src/records/turns.js';
import { AdminWorld, multipass, type Answer } from './admin-world.js';

let world: AdminWorld;
let root: string;
const ANY = { headers: { 'if-match': '*' } };
const PASSWORD = 'canary horse battery';
const staff = (more: object = {}) => multipass('staff', { audience: 'agents', ...more });
const local = (more: object = {}) => ({
  ...{ type: 'local', brand: 'default', audience: 'agents', label: 'Agents', display: 'form' },
  ...{ settings: {}, ...more },
});

beforeAll(async () => {
  world = await AdminWorld.start(2);
  const turns = new PostgresTurns(world.dataSource);
  await ensureFirstAdmin({ writer: world.writer, turns, password: () => PASSWORD, log: world.log });
  root = (await world.get('/v1/accounts?admin=true')).body.data[0]?.id ?? '';
  await world.prove('local-agents');
  const made = await world.post('/v1/usersources', staff());
  await world.link(root, made.body.id);
  await world.prove('staff');
}, 60_000);
afterAll(() => world.stop());

type Try = (query: string) => Promise<Answer>;
const patch =
  (path: string, body: unknown): Try =>
  (query) =>
    world.change(`${path}${query}`, body);
const put =
  (path: string, body: unknown): Try =>
  (query) =>
    world.put(`${path}${query}`, body, ANY);
const remove =
  (path: string): Try =>
  (query) =>
    world.remove(`${path}${query}`, ANY);

const LOCAL = '/v1/usersources/local-agents';
const STAFF = '/v1/usersources/staff';
const account = () => `/v1/accounts/${root}`;

/** Every way to take a way in away, by whatever verb; each is harmless while there is another. */
const OF_LOCAL: Record<string, () => Try> = {
  'PATCH enabled: false': () => patch(LOCAL, { enabled: false }),
  'PATCH display: hidden': () => patch(LOCAL, { display: 'hidden' }),
  'PUT enabled: false': () => put(LOCAL, local({ enabled: false })),
  'PUT display: hidden': () => put(LOCAL, local({ display: 'hidden' })),
  'the password taken': () => patch(account(), { password: null }),
};
const OF_STAFF: Record<string, () => Try> = {
  'PATCH enabled: false': () => patch(STAFF, { enabled: false }),
  'PATCH new settings': () => patch(STAFF, { settings: { siteKey: 'other' } }),
  'PATCH a setting cleared': () => patch(STAFF, { settings: { returnUrls: null } }),
  'PATCH a new secret': () => patch(STAFF, { settings: { apiKey: 'another-api-key-0123456789abcdef01234' } }),
  'PATCH hidden and not to be hinted at': () => patch(STAFF, { display: 'hidden', hintable: false }),
  'PUT enabled: false': () => put(STAFF, staff({ enabled: false })),
  'PUT without a setting it had': () =>
    put(STAFF, staff({ settings: { siteKey: 'acme', remoteLoginUrl: 'https://www.acme.test/login' } })),
  DELETE: () => remove(STAFF),
};
const OF_BOTH: Record<string, () => Try> = {
  'PATCH the brand disabled': () => patch('/v1/brands/default', { enabled: false }),
  'PUT the brand disabled': () =>
    put('/v1/brands/default', { name: 'Acme', hosts: ['localhost:3000'], enabled: false }),
  'the account disabled': () => patch(account(), { disabled: true }),
  'the account demoted': () => patch(account(), { admin: false }),
  'the account deleted': () => remove(account()),
};

const refused = async (attempt: Try) => {
  const { status, body } = await attempt('');
  return [status, body?.code];
};
const allowed = async (attempt: Try) => (await attempt('?dryRun=true')).status < 300;

describe('with two proven ways in, each may be changed', () => {
  it.each(Object.entries({ ...OF_LOCAL }))('built-in accounts: %s', async (_name, attempt) => {
    expect(await allowed(attempt())).toBe(true);
  });
  it.each(Object.entries({ ...OF_STAFF }))('the other one: %s', async (_name, attempt) => {
    expect(await allowed(attempt())).toBe(true);
  });
});

describe('the last proven way in is not taken away', () => {
  describe('where it is the password', () => {
    beforeAll(() => world.change(STAFF, { enabled: false }));
    afterAll(() => world.change(STAFF, { enabled: true }));
    it.each(Object.entries({ ...OF_LOCAL, ...OF_BOTH }))('by %s', async (_name, attempt) => {
      expect(await refused(attempt())).toEqual([409, 'admin.no_way_in']);
    });

    it('by Automatic SSO that hides it, where the bypass does not reach the admin pages', async () => {
      await world.change('/v1/brands/default', { bypass: { surfaces: ['agent'] } });
      const hides = multipass('hides', { audience: 'agents', sso: 'automatic' });
      const made = await world.post('/v1/usersources', hides);
      expect([made.status, made.body.code]).toEqual([409, 'admin.no_way_in']);
      await world.change('/v1/brands/default', { bypass: { surfaces: ['agent', 'admin'] } });
      expect(await allowed((query) => world.post(`/v1/usersources${query}`, hides))).toBe(true);
    });
  });

  describe('where it is a link', () => {
    beforeAll(() => world.change(account(), { password: null }));
    afterAll(() => world.change(account(), { password: PASSWORD }));
    it.each(Object.entries({ ...OF_STAFF, ...OF_BOTH }))('by %s', async (_name, attempt) => {
      expect(await refused(attempt())).toEqual([409, 'admin.no_way_in']);
    });
  });

  it('by two changes at once, each of which leaves the other’s', async () => {
    for (let round = 0; round < 5; round += 1) {
      const tag = (await world.get(STAFF)).headers.get('etag') ?? '';
      const answers = await Promise.all([
        world.ask('PATCH', STAFF, { body: { enabled: false }, headers: { 'if-match': tag } }, true, 0),
        world.ask('PATCH', account(), { body: { password: null } }, true, 1),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      await world.change(STAFF, { enabled: true });
      await world.change(account(), { password: PASSWORD });
    }
  });
});

describe('what is proven', () => {
  it('is the settings: new ones are unproven, the same ones sent again are not', async () => {
    // Nobody can tell whether a secret that is said again is the same one: left out, it is.
    const { apiKey: _kept, ...settings } = staff().settings;
    const same = await world.put(STAFF, staff({ label: 'Renamed', settings }), ANY);
    expect(same.body.proven).not.toBeNull();
    const { settingsVersion } = same.body as never as { settingsVersion: number };
    const edited = await world.change(STAFF, { settings: { siteKey: 'other' } });
    expect(edited.body.proven).toBeNull();
    // A sign-in that began at the old settings proves nothing of the new ones.
    const accounts = new PostgresAccounts(await world.open('gateway'), () => undefined);
    await accounts.markProven(edited.body.id, settingsVersion, world.clock.now());
    expect((await world.get(STAFF)).body.proven).toBeNull();
    await world.prove('staff');
    expect((await world.get(STAFF)).body.proven).toEqual({
      at: world.clock.now().toISOString(),
      settingsVersion: settingsVersion + 1,
    });
  });
});
