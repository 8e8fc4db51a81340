import { jest } from '@jest/globals';
import {
  Browser,
  CORP,
  describeWith,
  DOMAIN,
  SPARE,
  startOpenLdap,
  startSambaAd,
  type OpenLdap,
  type Page,
  type SambaAd,
} from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';

jest.setTimeout(240_000);

const WRONG = 'Wr0ng-Horse!';
const PAYLOADS = [
  ...[
    '*',
    'a*',
    '*)(uid=*))(|(uid=*',
    'alice)(uid=*',
    '*)(|(mail=*)',
    'alice)(&)',
    'alice)(|(objectClass=*',
    '*)(!(uid=x',
  ],
  ...[
    'admin*',
    '*)(objectClass=*)',
    '(|(uid=alice))',
    'alice\\2a',
    'a\\6cice',
    'uid=alice',
    '&',
    '|',
    '!(uid=bob)',
    ')(',
  ],
  ...[
    'alice))%00',
    'a,ou=admins',
    'alice,ou=people',
    'cn=admin,dc=corp,dc=test',
    '#616c696365',
    '\\61lice',
    ';',
    '"alice"',
  ],
  ...['*)(userPassword=*', '*)(cn=*)(sn=*', 'x)(|(cn=Alice Adams', 'alice+sn=Adams', '<script>', "' or 1=1 --"],
].flatMap((payload) => [payload, `${payload}@acme.test`]);

/** Through the sign-in page, as people come. */
async function post(broker: Broker, browser: Browser, username: string, password: string): Promise<Page> {
  const page = await browser.visit(`${broker.origin}/login`);
  const [form] = page.forms;
  if (!form) throw new Error(`no form: ${page.text}`);
  return browser.submit(form, { 'E-mail or username': username, Password: password });
}

const isIn = async (browser: Browser, broker: Broker, name: string): Promise<boolean> =>
  (await browser.visit(`${broker.origin}/`)).text.includes(name);

describeWith(['slapd', 'samba'], 'directories, through the sign-in page', () => {
  let [broker, ad, corp]: [Broker?, SambaAd?, OpenLdap?] = [];
  const world = () => {
    if (!broker || !ad || !corp) throw new Error('nothing was started');
    return { broker, ad, corp };
  };
  const signIn = async (name: string, password: string) => {
    const browser = world().broker.browser();
    return { browser, page: await post(world().broker, browser, name, password) };
  };

  beforeAll(async () => {
    [broker, ad, corp] = await Promise.all([startBroker({ gateways: 2, minters: 1 }), startSambaAd(), startOpenLdap()]);
    const common = { brand: 'default', audience: 'users', enabled: true, display: 'form', jit: { create: 'on' } };
    await broker.api('POST', '/v1/usersources', {
      ...{ ...common, slug: 'acme', type: 'active-directory', label: 'Acme', order: 20 },
      settings: {
        ...{ servers: [ad.url], ca: ad.tls.ca, baseDn: DOMAIN.peopleDn, netbiosName: DOMAIN.netbios },
        ...{ bindName: DOMAIN.service.upn, bindPassword: DOMAIN.service.password },
      },
    });
    await broker.api('POST', '/v1/usersources', {
      ...{ ...common, slug: 'corp', type: 'ldap', label: 'Corp', order: 30 },
      settings: {
        ...{ servers: [corp.plainUrl], ca: corp.tls.ca, baseDn: CORP.peopleDn, groupBaseDn: CORP.groupsDn },
        ...{ bindDn: CORP.service.dn, bindPassword: CORP.service.password, lockoutThreshold: 3 },
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
  });
  afterAll(() => Promise.all([broker?.close(), ad?.stop(), corp?.stop()]));

  it.each([
    ['alice', DOMAIN.password, 'Alice Adams'],
    ['ACME\\bob', DOMAIN.password, 'Bob Brown'],
    ['olivia.ortiz@corp.example', DOMAIN.password, 'Olivia Ortiz'],
    ['star*user', CORP.password, 'Back\\slash * Star'],
    ['twomails', CORP.password, 'Tina Two'],
  ])('let %s in', async (name, password, shown) => {
    const { browser, page } = await signIn(name, password);
    expect(page.status).toBe(200);
    expect(await isIn(browser, world().broker, shown)).toBe(true);
  });

  it('ask whoever has no e-mail address in them for one, after the right password only', async () => {
    expect((await signIn('noah', WRONG)).page.status).toBe(422);
    const { browser, page } = await signIn('noah', DOMAIN.password);
    expect([page.status, page.url.pathname.startsWith('/address/')]).toEqual([200, true]);
    expect(page.text).toContain('Acme did not tell us your e-mail address');
    const next = await browser.submit(page.form('Continue'), { email: 'noah@home.test' });
    expect(next.text).toContain('We have mailed a code to noah@home.test');
    expect(await isIn(browser, world().broker, 'Noah')).toBe(false);
  });

  it('let nobody in by a name that is a filter or a DN (LDAP-001, LDAP-002, LDAP-003)', async () => {
    expect(PAYLOADS.length).toBeGreaterThanOrEqual(60);
    const answers = await Promise.all(
      PAYLOADS.map(async (payload, number) => {
        // Each from an address of its own: they are refused for what they are, not for how many they are.
        const headers = { 'x-test-client': `203.0.113.${number + 1}` };
        const browser = new Browser(world().broker.origin, { headers });
        return [payload, (await post(world().broker, browser, payload, DOMAIN.password)).status];
      }),
    );
    expect(answers).toEqual(PAYLOADS.map((payload) => [payload, 422]));
  });

  it('let nobody in without a password (LDAP-004, LDAP-005)', async () => {
    for (const password of ['', '   ', '\0', `\0${CORP.password}`]) {
      expect((await signIn('twomails', password)).page.status).toBe(422);
    }
  });

  it('look at no endless password, and let the same person in with theirs (LDAP-005)', async () => {
    expect((await signIn('twomails', 'x'.repeat(10_000))).page.status).toBe(400);
    const { browser } = await signIn('twomails', CORP.password);
    expect(await isIn(browser, world().broker, 'Tina Two')).toBe(true);
  });

  it('tell nobody more than "wrong" (LDAP-019, PWD-001, PWD-008)', async () => {
    const texts = new Set<string>();
    for (const [name, password] of [
      ['bob', WRONG],
      ['nobody', WRONG],
      ['dave', DOMAIN.password],
      ['erin', DOMAIN.password],
      ['heidi', DOMAIN.password],
    ] as const) {
      const { page } = await signIn(name, password);
      expect(page.status).toBe(422);
      texts.add(page.text.replaceAll(name, 'NAME').replace(/form_token" value="[^"]+/, ''));
    }
    expect(texts.size).toBe(1);
    expect([...texts].join()).not.toMatch(/LdapErr|AcceptSecurity|data 5|NT_STATUS|ldap/i);
  });

  describe('lead whoever must change a password to a page for it (LDAP-014)', () => {
    const NEW = 'N3w-Horse-Battery!';
    const change = (page: Page, browser: Browser, fields: Record<string, string>) => {
      const [form] = page.forms;
      if (!form) throw new Error(`no form: ${page.text}`);
      return browser.submit(form, fields);
    };

    it.each([
      ['grace', DOMAIN.password, 'Grace Must-Change', 'Active Directory'],
      ['gloria', CORP.password, 'Gloria Must-Change', 'OpenLDAP'],
    ])('%s', async (name, current, shown) => {
      const { browser, page } = await signIn(name, current);
      expect(page.text).toContain('A new password is needed');
      expect(await isIn(browser, world().broker, shown)).toBe(false);

      const fill = (old: string, next: string, repeated = next) => ({
        'Current password': old,
        'New password': next,
        'New password, again': repeated,
      });
      const different = await change(page, browser, fill(current, NEW, `${NEW}x`));
      expect(different.text).toContain('You typed two different passwords');
      const weak = await change(different, browser, fill(current, 'short'));
      expect(weak.text).toContain('does not accept this password');
      const stranger = await change(weak, browser, fill(WRONG, NEW));
      expect(stranger.text).toContain('That is not your current password');
      expect(await isIn(browser, world().broker, shown)).toBe(false);

      await change(stranger, browser, fill(current, NEW));
      expect(await isIn(browser, world().broker, shown)).toBe(true);
      expect(await isIn((await signIn(name, NEW)).browser, world().broker, shown)).toBe(true);
      expect((await signIn(name, current)).page.status).toBe(422);
    });

    it('shows it to nobody who does not know the password', async () => {
      const { page } = await signIn('frank', WRONG);
      expect(page.status).toBe(422);
      expect(page.text).not.toContain('A new password is needed');
    });

    it('takes it from no other site', async () => {
      const { browser, page } = await signIn('frank', DOMAIN.password);
      expect(page.text).toContain('A new password is needed');
      const fields = { source: 'acme', username: 'frank', password: DOMAIN.password, new_password: NEW, repeated: NEW };
      const headers = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };
      expect((await browser.post(`${world().broker.origin}/login`, fields, { headers })).status).toBe(403);
      expect((await signIn('frank', DOMAIN.password)).page.text).toContain('A new password is needed');
    });
  });

  it('cannot be made to lock somebody’s account by strangers at both gateways (LDAP-021)', async () => {
    const [name] = SPARE;
    for (let times = 0; times < 8; times++) expect([422, 429]).toContain((await signIn(name, WRONG)).page.status);
    const { ad } = world();
    const { spawnSync } = await import('node:child_process');
    const env = { PATH: process.env['PATH'] ?? '', ...ad.kerberosEnv('unlocked') };
    // The domain itself still takes the right password, which it would not after a fifth wrong one.
    expect(spawnSync('kinit', [name], { env, input: `${DOMAIN.password}\n` }).status).toBe(0);
  });

  it('hang without holding up anybody else (LDAP-018)', async () => {
    const { corp, broker } = world();
    corp.freeze();
    try {
      const began = performance.now();
      const { browser } = await signIn('alice', DOMAIN.password);
      expect(await isIn(browser, broker, 'Alice Adams')).toBe(true);
      expect(performance.now() - began).toBeLessThan(3_000);
      const late = performance.now();
      expect((await signIn('twomails', CORP.password)).page.status).toBe(503);
      expect(performance.now() - late).toBeLessThan(8_000);
    } finally {
      corp.thaw();
    }
  });

  it('leave no password in any log', async () => {
    await signIn('alice', WRONG);
    const log = world().broker.log.join('\n');
    expect(log).toContain('the directory refuses the password');
    for (const secret of [DOMAIN.password, WRONG, DOMAIN.service.password]) expect(log).not.toContain(secret);
  });
});
