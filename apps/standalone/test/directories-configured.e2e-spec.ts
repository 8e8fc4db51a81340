import { jest } from '@jest/globals';
import {
  CORP,
  describeWith,
  DOMAIN,
  startOpenLdap,
  startSambaAd,
  type OpenLdap,
  type SambaAd,
} from '@passbroker/testing';
import { Client } from 'ldapts';
import { startBroker, type Broker } from './world/broker.js';

jest.setTimeout(240_000);

/** What an admin can and cannot say about a directory, and what its groups then open at the sign-in page. */
describeWith(['slapd', 'samba'], 'directories as an admin may configure them, through API and sign-in page', () => {
  let [broker, ad, corp]: [Broker?, SambaAd?, OpenLdap?] = [];
  let corpId = '';
  const world = () => {
    if (!broker || !ad || !corp) throw new Error('nothing was started');
    return { broker, ad, corp };
  };
  const corpSettings = () => ({
    ...{ servers: [world().corp.plainUrl], ca: world().corp.tls.ca, lockoutThreshold: 3 },
    ...{ baseDn: CORP.peopleDn, groupBaseDn: CORP.groupsDn },
    ...{ bindDn: CORP.service.dn, bindPassword: CORP.service.password },
  });
  const acmeSettings = () => ({
    ...{ servers: [world().ad.url], ca: world().ad.tls.ca, baseDn: DOMAIN.peopleDn, netbiosName: DOMAIN.netbios },
    ...{ bindName: DOMAIN.service.upn, bindPassword: DOMAIN.service.password },
  });
  const add = (slug: string, type: string, settings: Record<string, unknown>, enabled = true) =>
    world().broker.api('POST', '/v1/usersources', {
      ...{ slug, type, brand: 'default', audience: 'users', label: slug, enabled, display: 'form' },
      mapping: { groups: 'claims.?groups.orValue([])' },
      ...{ jit: { create: 'on' }, linking: { mode: 'prove', authoritativeDomains: ['corp.test', 'acme.test'] } },
      settings,
    });
  const set = async (more: Record<string, unknown>) => {
    await world().broker.api('PATCH', `/v1/usersources/${corpId}`, more);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
  };
  /** 200 is in; 422 is a wrong password's answer, 403 that of the filter. */
  async function signIn(name: string, password: string = CORP.password): Promise<number> {
    const browser = world().broker.browser();
    const page = await browser.visit('/login');
    const done = await browser.submit(page.form('Password'), { 'E-mail or username': name, Password: password });
    return done.status;
  }
  async function groupsOf(email: string): Promise<unknown[]> {
    const { data } = await world().broker.api('GET', `/v1/accounts?email=${email}`);
    const found: unknown = Array.isArray(data) ? data[0] : undefined;
    const groups: unknown = Reflect.get(Object(found), 'groups');
    if (!Array.isArray(groups)) throw new Error(`nobody has ${email}`);
    return groups.map((group: unknown) => group);
  }

  beforeAll(async () => {
    [broker, ad, corp] = await Promise.all([startBroker({ gateways: 2, minters: 1 }), startSambaAd(), startOpenLdap()]);
    corpId = String((await add('corp', 'ldap', corpSettings()))['id']);
    // Its settings are taken as they stand, so that each refusal below is for the one member that differs. Its people have
    // the names and passwords of the other's, and are not asked.
    await add('acme', 'active-directory', acmeSettings(), false);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  });
  afterAll(() => Promise.all([broker?.close(), ad?.stop(), corp?.stop()]));

  it.each([
    ['ldap', 'bindDn', 'empty', ''],
    ['ldap', 'bindDn', 'not said', undefined],
    ['ldap', 'bindPassword', 'empty', ''],
    ['ldap', 'bindPassword', 'of spaces', '   '],
    ['ldap', 'bindPassword', 'not said', undefined],
    ['active-directory', 'bindName', 'empty', ''],
    ['active-directory', 'bindPassword', 'empty', ''],
  ])('cannot be searched as nobody: %s with %s %s is refused (LDAP-006)', async (type, member, _how, value) => {
    const settings = type === 'ldap' ? corpSettings() : acmeSettings();
    await expect(add('nobody', type, { ...settings, [member]: value })).rejects.toThrow(
      new RegExp(`: 422 .*"pointer":"/settings/${member}"`),
    );
    expect(await signIn('alice')).toBe(200);
  });

  it('which would find nobody anyhow: both directories refuse a search as nobody (LDAP-006)', async () => {
    for (const { url, ca, base, dn, password } of [
      {
        url: world().ad.url,
        ca: world().ad.tls.ca,
        base: DOMAIN.peopleDn,
        dn: DOMAIN.service.upn,
        password: DOMAIN.service.password,
      },
      { url: world().corp.url, ca: world().corp.tls.ca, base: CORP.peopleDn, ...CORP.service },
    ]) {
      const client = new Client({ url, tlsOptions: { ca: [ca] } });
      const find = () =>
        client.search(base, { filter: '(cn=*)', sizeLimit: 50 }).then(
          ({ searchEntries }) => searchEntries.length,
          () => 0,
        );
      try {
        expect(await find()).toBe(0);
        await client.bind(dn, password);
        expect(await find()).toBeGreaterThan(5);
      } finally {
        await client.unbind();
      }
    }
  });

  it.each([
    ['tls off', '/settings', { tls: 'off' }],
    ['startTls off', '/settings', { startTls: false }],
    ['an address with a word for it', '/settings/servers/0', { servers: ['ldap://127.0.0.1:389/?starttls=off'] }],
    ['another scheme', '/settings/servers/0', { servers: ['ldapi:///run/slapd.sock'] }],
  ])('cannot be asked in clear: %s is refused', async (_what, pointer, more) => {
    for (const [type, settings] of [
      ['ldap', corpSettings()],
      ['active-directory', acmeSettings()],
    ] as const) {
      await expect(add('clear', type, { ...settings, ...more })).rejects.toThrow(
        new RegExp(`: 422 .*"pointer":"${pointer}[/"]`),
      );
    }
  });

  it('are asked by StartTLS at ldap://, where a password in clear is refused by both', async () => {
    for (const [url, dn, password, code] of [
      [world().ad.plainUrl, DOMAIN.service.upn, DOMAIN.service.password, 8],
      [world().corp.plainUrl, CORP.service.dn, CORP.service.password, 13],
    ] as const) {
      const client = new Client({ url });
      await expect(client.bind(dn, password)).rejects.toMatchObject({ code });
      await client.unbind();
    }
    // The same address, for us.
    expect(await signIn('bob')).toBe(200);
  });

  it('of groups that hold each other tell all of them, once, and soon (LDAP-015)', async () => {
    const began = performance.now();
    expect(await signIn('alice')).toBe(200);
    expect(performance.now() - began).toBeLessThan(3_000);
    const groups = await groupsOf('alice@corp.test');
    expect(groups).toEqual(expect.arrayContaining(['loop-a', 'loop-b', 'staff']));
    expect(new Set(groups).size).toBe(groups.length);
    // Somebody beside the circle is in none of it.
    expect(await signIn('nina')).toBe(200);
    expect(await groupsOf('nina@corp.test')).not.toContain('loop-a');
  });

  it('do not take a group for the one whose DN ends its name (LDAP-016)', async () => {
    const support = `cn=support,${CORP.groupsDn}`;
    // Bob is in `x,cn=support,…`, which somebody named so; Nina is in the real one, by a group in between.
    for (const [groupsAs, filter] of [
      ['dn', `"${support}" in claims.groups`],
      ['name', '"support" in claims.groups'],
    ]) {
      await set({ filter, settings: { groupsAs } });
      expect([await signIn('nina'), await signIn('bob')]).toEqual([200, 403]);
    }
    await set({ filter: null, settings: { groupsAs: 'name' } });
    expect(await signIn('bob')).toBe(200);
    const groups = await groupsOf('bob@corp.test');
    expect(groups).toContain(`x,${support}`);
    expect(groups).not.toContain('support');
  });
});
