import {
  describeWith,
  pageControl,
  startScriptedLdap,
  type LdapScript,
  type ScriptedEntry,
  type ScriptedLdap,
} from '@passbroker/testing';
import { sealSecret } from '@passbroker/platform';
import { startWorld, type World } from './world.js';

/** What no real directory can be brought to do, as somebody at the sign-in page meets it. */
const SERVICE = { dn: 'cn=svc,dc=one,dc=test', password: 'Serv1ce-Passw0rd!' };
const BASE = 'ou=people,dc=one,dc=test';
const BOB = `uid=bob,${BASE}`;
const PASSWORD = 'bob-at-one-0001';

const person = (dn: string, more: ScriptedEntry['attributes'] = {}): ScriptedEntry => ({
  dn,
  attributes: { uid: ['bob'], cn: ['Bob'], mail: ['bob@one.test'], entryUUID: ['one-bob'], ...more },
});
const honest: Required<Pick<LdapScript, 'bind' | 'search'>> = {
  bind: (dn, password) =>
    (dn === SERVICE.dn && password === SERVICE.password) || (dn === BOB && password === PASSWORD) ? {} : { code: 49 },
  search: ({ base, filter }) => (base === BOB || filter.includes('=bob') ? { entries: [person(BOB)] } : {}),
};
/** Believes anybody, so that only we can refuse. */
const credulous = (search: LdapScript['search']): LdapScript => ({ bind: () => ({}), ...(search && { search }) });

describeWith('openssl', 'a directory that is hostile or broken, through the sign-in page', () => {
  let [world, directory, elsewhere]: [World?, ScriptedLdap?, ScriptedLdap?] = [];
  const all = () => {
    if (!world || !directory || !elsewhere) throw new Error('nothing was started');
    return { world, directory, elsewhere };
  };
  const set = async (more: Record<string, unknown> = {}) => {
    const { world, directory } = all();
    const bindPassword = { sealed: await sealSecret(world.identity.publicKeys, SERVICE.password) };
    world.catalog.changeUsersource('us_one', {
      settings: {
        ...{ servers: [directory.url], ca: directory.tls.ca, baseDn: BASE, groups: 'none', timeoutSec: 1 },
        ...{ bindDn: SERVICE.dn, bindPassword, lockoutThreshold: 0, ...more },
      },
    });
  };
  const signIn = async (username = 'bob', password = PASSWORD): Promise<number> => {
    const { world } = all();
    const browser = world.browser();
    const page = await browser.visit(`${world.origin}/login`);
    const [form] = page.forms;
    if (!form) throw new Error(`no form: ${page.text}`);
    const fields = { 'E-mail or username': username, Password: password };
    return (await browser.submit(form, fields, { until: () => true })).status;
  };
  const shown = () => all().directory.binds.filter(({ password }) => password === PASSWORD).length;

  beforeAll(async () => {
    [world, directory, elsewhere] = [
      await startWorld(),
      await startScriptedLdap(honest),
      await startScriptedLdap(honest),
    ];
    world.catalog.addUsersource(world.brand, 'one', 'ldap', { order: 20, display: 'form', settings: {} });
  });
  beforeEach(async () => {
    await all().world.forget();
    all().directory.play(honest);
    all().elsewhere.play(honest);
    await set();
  });
  // The control of each: the same person, password and page, and a directory that behaves.
  afterEach(async () => {
    await all().world.forget();
    all().directory.play(honest);
    await set();
    expect(await signIn()).toBe(303);
  });
  afterAll(async () => {
    await Promise.all([directory?.close(), elsewhere?.close()]);
    await world?.stop();
  });

  it('is the only one on the form, and its answers tell no name by their time (PWD-002)', async () => {
    const { world } = all();
    world.catalog.changeUsersource('us_local-users', { enabled: false });
    try {
      // A directory that hashes slowly whatever belongs to somebody: only a right name costs it anything.
      const hash = () => {
        const until = performance.now() + 60;
        while (performance.now() < until);
      };
      all().directory.play({ ...honest, bind: (dn, password) => (dn === BOB && hash(), honest.bind(dn, password)) });
      for (const name of ['bob', 'nobody', 'bob', 'nobody']) {
        await world.forget();
        const began = performance.now();
        expect(await signIn(name, 'wrong-0001')).toBe(422);
        const took = performance.now() - began;
        expect(took).toBeGreaterThan(400);
        expect(took).toBeLessThan(800);
      }
    } finally {
      world.catalog.changeUsersource('us_local-users', { enabled: true });
    }
  });

  it('refuses a name that two entries have (LDAP-007)', async () => {
    const two = [person(BOB), person(`uid=bob,ou=b,${BASE}`, { entryUUID: ['one-bob-b'] })];
    all().directory.play(credulous(({ scope }) => ({ entries: scope === 'base' ? [person(BOB)] : two })));
    expect(await signIn()).toBe(422);
    expect(shown()).toBe(0);
  });

  it.each([
    ['refuses StartTLS', { code: 52 }],
    ['does not know StartTLS', { code: 2 }],
    ['hangs up', { hangUp: true }],
  ])('shows a server that %s no password (LDAP-009)', async (_what, said) => {
    const { directory } = all();
    directory.play({ ...honest, startTls: () => said });
    await set({ servers: [directory.plainUrl] });
    expect(await signIn()).toBe(503);
    expect(directory.binds).toEqual([]);
    expect(directory.inClear().toString('latin1')).not.toMatch(/bob-at-one|Passw0rd/);
  });

  it.each([
    ['of an authority nobody trusts', () => ({ ca: all().elsewhere.tls.ca })],
    ['for another name', () => ({ serverName: 'other.script.test' })],
  ])('shows a server with a certificate %s no password (LDAP-010)', async (_what, more) => {
    await set(more());
    expect(await signIn()).toBe(503);
    expect(all().directory.binds).toEqual([]);
  });

  it('shows a server whose certificate has ended no password (LDAP-010)', async () => {
    const ended = await startScriptedLdap(honest, { days: 0 });
    try {
      // It was good until this second.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await set({ servers: [ended.url], ca: ended.tls.ca });
      expect(await signIn()).toBe(503);
      expect(ended.binds).toEqual([]);
    } finally {
      await ended.close();
    }
  });

  it.each([
    ['beside the base', 'uid=bob,ou=admins,dc=one,dc=test'],
    ['whose name only ends like the base', `uid=bob\\,${BASE},dc=evil`],
  ])('refuses an entry %s (LDAP-012)', async (_what, dn) => {
    all().directory.play(credulous(() => ({ entries: [person(dn)] })));
    expect(await signIn()).toBeGreaterThanOrEqual(400);
    expect(shown()).toBe(0);
  });

  it.each([
    ['cuts its answer short (4)', () => ({ code: 4, entries: [person(BOB)] })],
    ['cuts its answer short (11)', () => ({ code: 11, entries: [person(BOB)] })],
    [
      'answers with thousands',
      () => ({ entries: Array.from({ length: 3_000 }, (_, n) => person(`uid=${n},${BASE}`)) }),
    ],
    ['has pages without end', () => ({ controls: pageControl('more') })],
  ])('leaves a directory that %s (LDAP-017)', async (_what, search) => {
    all().directory.play({ ...honest, search });
    expect(await signIn()).toBe(503);
    expect(shown()).toBe(0);
  });

  it.each([
    ['hangs up', { hangUp: true }],
    ['says nothing', { silent: true }],
    ['is busy', { code: 51 }],
  ])('shows a password to no second server when the first %s over it (LDAP-022)', async (_what, said) => {
    const { directory, elsewhere } = all();
    directory.play({ ...honest, bind: (dn, password) => (dn === BOB ? said : honest.bind(dn, password)) });
    const ca = directory.tls.ca + elsewhere.tls.ca;
    await set({ servers: [directory.url, elsewhere.url], ca });
    expect(await signIn()).toBe(503);
    expect(shown()).toBe(1);
    expect(elsewhere.binds.filter(({ dn }) => dn === BOB)).toEqual([]);
    // Whoever types it once more gets in by the other, where the first is really gone.
    await all().world.forget();
    await set({ servers: ['ldaps://127.0.0.1:1', elsewhere.url], ca });
    expect(await signIn()).toBe(303);
    expect(elsewhere.binds.filter(({ dn }) => dn === BOB)).toHaveLength(1);
  });

  it('follows no referral to another server (LDAP-020)', async () => {
    const { directory, elsewhere } = all();
    directory.play({ ...honest, search: () => ({ code: 10, referrals: [elsewhere.url] }) });
    expect(await signIn()).toBe(503);
    expect(elsewhere.connections()).toBe(0);
    expect(elsewhere.binds).toEqual([]);
  });
});
