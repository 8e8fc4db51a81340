import { jest } from '@jest/globals';
import { describeWith, DOMAIN, SPARE, startSambaAd, type SambaAd } from '@passbroker/testing';
import { Attribute, Change, Client, PresenceFilter } from 'ldapts';
import { domainSettings, openDomain, outcome, posted } from '../../test/directories.js';
import type { Query } from '../directory/connection.js';
import { Domain } from '../directory/domain.js';
import type { Entry } from '../directory/entry.js';
import { Servers } from '../directory/servers.js';
import { ServiceAccount } from '../directory/service-account.js';
import type { Usersource } from '../usersource.js';

jest.setTimeout(180_000);

const ADMITTED = /^[0-9a-f-]{36}@S-1-5-21-[\d-]+$/;
const { password } = DOMAIN;

/** Our account where it may not read `tokenGroups`, which Samba lets every account. */
class NoTokens extends ServiceAccount {
  override async search(base: string, query: Query, signal: AbortSignal): Promise<Entry[]> {
    return query.attributes.includes('tokenGroups') ? [] : super.search(base, query, signal);
  }
}

describeWith('samba', 'the active-directory usersource, at a domain controller', () => {
  let ad: SambaAd;
  let usersource: Usersource;
  const signIn = (name: string, typed: string = password) => outcome(usersource, name, typed);
  const opened = (settings: Record<string, unknown>) => openDomain({ ...domainSettings(ad), ...settings });

  beforeAll(async () => {
    ad = await startSambaAd();
    usersource = openDomain(domainSettings(ad));
  });
  afterAll(() => ad?.stop());

  it('says who somebody is, by a name that never changes', async () => {
    const assertion = await openDomain({
      ...domainSettings(ad),
      attributes: ['title', 'department', 'employeeID', 'proxyAddresses'],
    }).finish(posted('alice', password), {});
    expect(assertion.subject).toMatch(ADMITTED);
    expect(assertion.methods).toEqual(['pwd']);
    expect(assertion.claims).toMatchObject({
      email: 'alice.adams@acme.test',
      name: 'Alice Adams',
      username: 'alice',
      attributes: { title: 'Support agent', department: 'Support', employeeID: '1001' },
    });
    expect(assertion.claims.emailVerified).toBeUndefined();
    expect(assertion.said).toMatchObject({ title: 'Support agent', dn: `CN=Alice Adams,${DOMAIN.peopleDn}` });
  });

  describe('takes every name of a person for the same person', () => {
    it.each(['alice', 'ALICE', 'alice@acme.test', 'ALICE@ACME.TEST', 'ACME\\alice', 'acme\\Alice', ' alice '])(
      '%s',
      async (name) => {
        expect(await signIn(name)).toBe(await signIn('alice'));
      },
    );

    it('a UPN of another domain, and the name of the account at this one', async () => {
      expect(await signIn('olivia.ortiz@corp.example')).toMatch(ADMITTED);
      expect(await signIn('olivia@acme.test')).toBe(await signIn('olivia.ortiz@corp.example'));
    });

    it('her address, where the admin says so', async () => {
      expect(await signIn('alice.adams@acme.test')).toBe('password.unknown_name');
      const byMail = opened({ loginByMail: true });
      expect(await outcome(byMail, 'alice.adams@acme.test', password)).toBe(await signIn('alice'));
      expect(await outcome(byMail, 'twins@acme.test', password)).toBe('password.wrong');
    });
  });

  it.each(['zofia', 'jsmith', 'xiaolong', 'obrien', 'backslash', 'josé', 'spaces', 'noah'])(
    'finds %s, whose DN breaks careless programs',
    async (name) => {
      expect(await signIn(name)).toMatch(ADMITTED);
    },
  );

  it('takes no accent for another letter', async () => {
    expect(await signIn('jose')).toBe('password.unknown_name');
  });

  it.each([
    'nobody',
    'acme.test\\alice',
    'OTHER\\alice',
    'otto',
    'ACME\\',
    '@acme.test',
    `CN=Alice Adams,${DOMAIN.peopleDn}`,
  ])('knows no %s', async (name) => {
    expect(await signIn(name)).toBe('password.unknown_name');
  });

  it('refuses a wrong password', async () => {
    expect(await signIn('bob', 'Wr0ng-Horse!')).toBe('password.wrong');
    expect(await signIn('bob')).toMatch(ADMITTED);
  });

  it('refuses a name that two people have (LDAP-007)', async () => {
    const byMail = opened({ loginByMail: true });
    expect(await outcome(byMail, 'twins@acme.test', password)).toBe('password.wrong');
    expect(await outcome(byMail, 'bob.brown@acme.test', password)).toBe(await signIn('bob'));
  });

  it.each(['', ' ', '\0', `\0${password}`])('never sends the password %j, under any name (LDAP-004)', async (typed) => {
    // Nobody listens there: whoever asked would hear so.
    const nowhere = opened({ servers: ['ldaps://127.0.0.1:1'] });
    for (const name of ['alice', 'alice@acme.test', `CN=Alice Adams,${DOMAIN.peopleDn}`, 'nobody']) {
      expect(await outcome(nowhere, name, typed)).toBe('password.wrong');
      expect(await signIn(name, typed)).toBe('password.wrong');
    }
    expect(await outcome(nowhere, 'alice', password)).toBe('usersource.unreachable');
    expect(await signIn('alice')).toMatch(ADMITTED);
  });

  it('sees when somebody was locked elsewhere, and when an admin has unlocked them', async () => {
    const [, , name] = SPARE;
    const dn = `CN=Spare ${name},${DOMAIN.peopleDn}`;
    const client = () => new Client({ url: ad.url, tlsOptions: { ca: [ad.tls.ca] } });
    for (let times = 0; times < DOMAIN.lockoutThreshold; times += 1) {
      const guess = client();
      await expect(guess.bind(dn, 'Wr0ng-Horse!')).rejects.toMatchObject({ code: 49 });
      await guess.unbind();
    }
    expect(await signIn(name)).toBe('password.wrong');
    const admin = client();
    await admin.bind(DOMAIN.admin.upn, DOMAIN.admin.password);
    const modification = new Attribute({ type: 'lockoutTime', values: ['0'] });
    await admin.modify(dn, new Change({ operation: 'replace', modification }));
    await admin.unbind();
    expect(await signIn(name)).toMatch(ADMITTED);
  });

  it('is asked from the domain’s root without going where it refers us to', async () => {
    const client = new Client({ url: ad.url, tlsOptions: { ca: [ad.tls.ca] } });
    await client.bind(DOMAIN.service.upn, DOMAIN.service.password);
    const { searchReferences } = await client.search(DOMAIN.baseDn, { filter: '(sAMAccountName=alice)' });
    await client.unbind();
    expect(searchReferences.join()).toContain('CN=Configuration');
    // Nobody has a name at `acme.test` here: whoever followed would not come back.
    const began = performance.now();
    expect(await outcome(opened({ baseDn: DOMAIN.baseDn }), 'alice', password)).toBe(await signIn('alice'));
    expect(performance.now() - began).toBeLessThan(2_500);
  });

  it.each([
    ['dave', 'account.disabled', 'disabled'],
    ['heidi', 'account.disabled', 'an expired account'],
    ['ivan', 'account.disabled', 'outside their hours'],
    ['judy', 'account.disabled', 'bound to a workstation'],
    ['erin', 'password.wrong', 'locked, which looks like a wrong password'],
    ['frank', 'password.must_change', 'whose password has expired'],
    ['grace', 'password.must_change', 'who must choose a new password'],
  ])('refuses %s with %s: %s', async (name, code) => {
    expect(await signIn(name)).toBe(code);
    // None of it is told to whoever does not know the password.
    expect(await signIn(name, 'Wr0ng-Horse!')).toBe('password.wrong');
  });

  it('reads the groups of somebody: nested ones and the primary one', async () => {
    const { claims, said } = await usersource.finish(posted('nina', password), {});
    expect(claims.groups).toEqual(expect.arrayContaining(['Helpdesk-Agents', 'Support', 'Staff', 'Domain Users']));
    expect(said?.['groupDns']).toContain(`CN=Staff,${DOMAIN.groupsDn}`);
  });

  it('ends where groups hold each other in a circle (LDAP-015)', async () => {
    const { claims } = await usersource.finish(posted('olivia', password), {});
    expect(claims.groups).toEqual(expect.arrayContaining(['Loop-A', 'Loop-B']));
  });

  it('keeps groups of odd names apart (LDAP-016)', async () => {
    const named = await opened({ groupsAs: 'dn' }).finish(posted('zofia', password), {});
    expect(named.claims.groups).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^CN=Ops \(EU\)\\(,|2C) Tier 1,/),
        expect.stringMatching(/^CN=Größe & Maß,/),
      ]),
    );
  });

  it.each([
    ['nina', ['Helpdesk-Agents', 'Staff', 'Support']],
    ['olivia', ['Loop-A', 'Loop-B']],
    ['zofia', ['Groesse', 'Ops-EU-Tier-1']],
  ])('walks the chain by rule where tokenGroups cannot be read: %s', async (name, expected) => {
    const now = () => new Date();
    const servers = new Servers([ad.url], { ca: ad.tls.ca, mayReach: () => true }, now, 5_000);
    const service = new NoTokens(servers, DOMAIN.service, now, 5_000);
    const { baseDn, peopleDn } = DOMAIN;
    const settings = { baseDn: peopleDn, groupBaseDn: baseDn, loginByMail: false, emailAttribute: 'mail' } as const;
    const signal = AbortSignal.timeout(5_000);
    const everybody = { scope: 'sub', filter: new PresenceFilter({ attribute: 'mail' }), max: 100 } as const;
    const people = await service.search(peopleDn, { ...everybody, attributes: ['sAMAccountName'] }, signal);
    const person = people.find((entry) => entry.text('sAMAccountName') === name);
    if (!person) throw new Error(`no ${name}`);
    const domain = new Domain({ ...settings, groups: 'nested' }, now);
    const groups = await domain.groups(person, { servers, service, signal });
    service.close();
    // Everybody's primary group is not among them: that is what the rule cannot see.
    expect(groups.map((group) => group.name).sort()).toEqual(expected);
  });

  it('reads direct groups alone, or none, where the admin says so', async () => {
    const direct = await opened({ groups: 'direct' }).finish(posted('nina', password), {});
    expect(direct.claims.groups).toEqual(['Helpdesk-Agents']);
    expect((await opened({ groups: 'none' }).finish(posted('nina', password), {})).claims.groups).toEqual([]);
  });

  describe('changes a password that must be changed', () => {
    it('for somebody who may not even sign in before', async () => {
      await usersource.changePassword?.({ username: 'grace', current: password, next: 'N3w-Horse-Battery!' });
      expect(await signIn('grace', 'N3w-Horse-Battery!')).toMatch(ADMITTED);
    });

    it('refuses one the domain does not want, and keeps the old', async () => {
      const change = usersource.changePassword?.({ username: 'frank', current: password, next: 'short' });
      await expect(change).rejects.toMatchObject({ code: 'password.unacceptable' });
      expect(await signIn('frank')).toBe('password.must_change');
    });

    it('refuses whoever does not know the current one', async () => {
      const change = usersource.changePassword?.({
        username: 'frank',
        current: 'Wr0ng-Horse!',
        next: 'N3w-Horse-Battery!',
      });
      await expect(change).rejects.toMatchObject({ code: 'password.wrong' });
      expect(await signIn('frank')).toBe('password.must_change');
    });
  });

  it('stays below the domain’s own lockout: strangers cannot lock anybody (LDAP-021)', async () => {
    const name = SPARE[0];
    const outcomes = [];
    // Under all of the account's names at once: it is one account that is locked.
    for (const typed of [name, `${name}@acme.test`, `ACME\\${name}`, name.toUpperCase(), name, name, name]) {
      outcomes.push(await signIn(typed, 'Wr0ng-Horse!'));
    }
    // Three were asked about, two looked like it, and then the one name had had its tries.
    expect(outcomes).toEqual([...Array(5).fill('password.wrong'), ...Array(2).fill('password.throttled')]);
    // A browser that has signed in by this name has one try left, and the domain has not locked the account.
    const known = await usersource.finish(posted(name, password, { knownDevice: true }), {});
    expect(known.subject).toMatch(ADMITTED);
    expect(await signIn(name)).toMatch(ADMITTED);
  });

  it('lets 40 guesses at once be as many as 40 in a row', async () => {
    const name = SPARE[1];
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => signIn(name, 'Wr0ng-Horse!')));
    expect(outcomes.filter((code) => code === 'password.wrong')).toHaveLength(3);
    const known = await usersource.finish(posted(name, password, { knownDevice: true }), {});
    expect(known.subject).toMatch(ADMITTED);
  });

  describe('TLS or nothing', () => {
    it('by StartTLS', async () => {
      expect(await outcome(opened({ servers: [ad.plainUrl] }), 'alice', password)).toMatch(ADMITTED);
    });

    it('by the global catalogue', async () => {
      expect(await outcome(opened({ servers: [ad.globalCatalogUrl] }), 'alice', password)).toMatch(ADMITTED);
    });

    it('under a name the certificate holds, and no other (LDAP-010)', async () => {
      expect(await outcome(opened({ serverName: ad.host }), 'alice', password)).toMatch(ADMITTED);
      expect(await outcome(opened({ serverName: 'dc2.acme.test' }), 'alice', password)).toBe('usersource.unreachable');
      const startTls = { servers: [ad.plainUrl], serverName: 'dc2.acme.test' };
      expect(await outcome(opened(startTls), 'alice', password)).toBe('usersource.unreachable');
    });

    it('refuses an authority nobody trusts, by either way', async () => {
      for (const url of [ad.url, ad.plainUrl]) {
        const stranger = opened({ servers: [url], ca: ad.tls.otherCa });
        expect(await outcome(stranger, 'alice', password)).toBe('usersource.unreachable');
        // Nor does it pass for trusted where the admin names no authority: then the system's own count.
        expect(await outcome(opened({ servers: [url], ca: undefined }), 'alice', password)).toBe(
          'usersource.unreachable',
        );
      }
    });
  });

  it('tells step by step what works', async () => {
    const { state, steps } = await opened({ trialPerson: 'nina' }).probe();
    expect(state).toBe('ok');
    expect(steps.filter(({ ok }) => !ok)).toEqual([]);
    expect(steps.map(({ step }) => step.split(' ')[0])).toEqual([
      ...['tcp', 'tls', 'certificate', 'bind', 'search', 'person', 'groups'],
    ]);
    expect(steps.at(-2)?.detail).toMatch(/^nina is CN=Nina Nested,.*, known as [0-9a-f-]{36}@S-1-5-21-/);
    expect(steps.at(-1)?.detail).toMatch(/^\d: .*Helpdesk-Agents/);
    expect(JSON.stringify(steps)).not.toContain(DOMAIN.service.password);
  });

  it('tells that somebody is not there, without taking it for the domain’s fault', async () => {
    const { state, steps } = await usersource.probe({ username: 'nobody' });
    expect([state, steps.at(-1)]).toEqual([
      'ok',
      { step: 'person', ok: false, detail: expect.stringContaining('nobody') },
    ]);
  });

  it.each([
    ['tls', () => ({ ca: ad.tls.otherCa })],
    ['bind', () => ({ bindPassword: 'Wr0ng-Service!' })],
    ['tcp', () => ({ servers: ['ldaps://127.0.0.1:1'] })],
    ['search', () => ({ baseDn: 'OU=Nowhere,DC=acme,DC=test' })],
  ])('tells that %s does not work', async (name, change) => {
    const { state, steps } = await opened(change()).probe();
    expect(state).toBe('down');
    expect(steps.find(({ ok }) => !ok)?.step).toMatch(new RegExp(`^${name}`));
    expect(JSON.stringify(steps)).not.toMatch(/Wr0ng-Service|Serv1ce/);
  });
});
