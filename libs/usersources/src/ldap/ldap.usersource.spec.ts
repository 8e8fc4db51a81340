import { jest } from '@jest/globals';
import { CORP, describeWith, SPARE_UIDS, startOpenLdap, type OpenLdap } from '@passbroker/testing';
import { Client } from 'ldapts';
import { corpSettings, openLdapDirectory, outcome, posted } from '../../test/directories.js';
import { parseFilter } from '../directory/find.js';
import { ServiceAccount } from '../directory/service-account.js';
import { Servers } from '../directory/servers.js';
import type { Usersource } from '../usersource.js';
import { ldapSettings } from './ldap.settings.js';

jest.setTimeout(60_000);

const ADMITTED = /^[0-9a-f-]{36}$/;
const WRONG = 'Wr0ng-Horse!';
const { password } = CORP;

describeWith('slapd', 'the ldap usersource, at an OpenLDAP', () => {
  let directory: OpenLdap;
  let usersource: Usersource;
  const signIn = (name: string, typed: string = password) => outcome(usersource, name, typed);
  const opened = (settings: Record<string, unknown>) => openLdapDirectory({ ...corpSettings(directory), ...settings });

  beforeAll(async () => {
    directory = await startOpenLdap({ bulk: 600 });
    usersource = openLdapDirectory(corpSettings(directory));
  });
  afterAll(() => directory?.stop());

  it('says who somebody is, by a name that never changes', async () => {
    const told = opened({ attributes: ['employeeNumber', 'givenName', 'jpegPhoto'] });
    const assertion = await told.finish(posted('alice', password), {});
    expect(assertion.subject).toMatch(ADMITTED);
    expect(assertion.claims).toMatchObject({
      ...{ email: 'alice@corp.test', name: 'Alice Adams', username: 'alice' },
      attributes: { employeeNumber: '1001', givenName: 'Alice' },
    });
    expect(assertion.claims.emailVerified).toBeUndefined();
  });

  it.each(['alice', 'ALICE', 'zofia', 'jsmith', 'xiaolong', 'obrien', 'star*user', 'noah', 'twomails'])(
    'lets %s in',
    async (name) => {
      expect(await signIn(name)).toMatch(ADMITTED);
    },
  );

  describe('takes what is typed for a value and nothing more (LDAP-001, LDAP-002, LDAP-003)', () => {
    it.each([
      '*',
      'a*',
      'alic*',
      '*)(uid=*))(|(uid=*',
      'alice)(uid=*',
      'alice)(|(uid=*)',
      'alice)(!(uid=bob)',
      '*)(objectClass=*',
      'alice\\2a',
      'alic\\65',
      'a,ou=admins',
      `uid=alice,${CORP.peopleDn}`,
      'alice+cn=x',
      '(uid=alice)',
      'uid=alice',
      '&(uid=alice)',
      ' ',
      '#alice',
    ])('%s', async (name) => {
      expect(await signIn(name)).toBe('password.unknown_name');
    });

    it('even with NUL in it, before anybody is asked', async () => {
      expect(await outcome(opened({ servers: ['ldaps://127.0.0.1:1'] }), 'alice\0', password)).toBe(
        'password.unknown_name',
      );
    });
  });

  describe('never sends a password that some servers take for none (LDAP-004, LDAP-005)', () => {
    it.each([
      ['none', ''],
      ['a blank', ' '],
      ['blanks', ' \t\u00a0 '],
      ['NUL', '\0'],
      ['NUL first', `\0${password}`],
      ['NUL last', `${password}\0`],
    ])('%s', async (_, typed) => {
      // Nobody listens there: whoever asked would hear so.
      const nowhere = opened({ servers: ['ldaps://127.0.0.1:1'] });
      expect(await outcome(nowhere, 'alice', typed)).toBe('password.wrong');
      expect(await outcome(nowhere, 'alice', password)).toBe('usersource.unreachable');
    });

    it('which this one does: to the name of somebody, and to one that nobody has', async () => {
      for (const dn of [`uid=alice,${CORP.peopleDn}`, `uid=nobody,${CORP.peopleDn}`]) {
        const careless = new Client({ url: directory.url, tlsOptions: { ca: [directory.tls.ca] } });
        await expect(careless.bind(dn, '')).resolves.toBeUndefined();
        await careless.unbind();
        expect(await signIn(dn, '')).toBe('password.wrong');
      }
    });

    it('an endless one', async () => {
      expect(await signIn('alice', 'x'.repeat(10_000))).toBe('request.malformed');
    });

    it('and sends all others byte for byte', async () => {
      expect(await signIn('alice', ` ${password}`)).toBe('password.wrong');
      expect(await signIn('alice')).toMatch(ADMITTED);
    });
  });

  it('refuses settings without a name or password of our own: no search is anonymous (LDAP-006)', () => {
    const settings = corpSettings(directory);
    for (const change of [{ bindDn: '' }, { bindPassword: '' }, { bindPassword: '  ' }, { bindDn: undefined }]) {
      expect(ldapSettings.schema.safeParse({ ...settings, ...change }).success).toBe(false);
    }
    expect(ldapSettings.schema.safeParse(settings).success).toBe(true);
  });

  it('refuses a name that two people have (LDAP-007)', async () => {
    const byMail = opened({ loginAttributes: ['mail'] });
    expect(await outcome(byMail, 'shared@corp.test', password)).toBe('password.wrong');
    expect(await outcome(byMail, 'alice@corp.test', password)).toMatch(ADMITTED);
    expect(await outcome(byMail, 'tina.alias@corp.test', password)).toMatch(ADMITTED);
  });

  it('refuses a wrong password, nobody, and whoever lies elsewhere', async () => {
    expect(await signIn('bob', WRONG)).toBe('password.wrong');
    expect(await signIn('bob')).toMatch(ADMITTED);
    expect(await signIn('nobody')).toBe('password.unknown_name');
    expect(await signIn('otto')).toBe('password.unknown_name');
    expect(await signIn('nopass')).toBe('password.wrong');
  });

  it('keeps to the admin’s own condition', async () => {
    const filtered = opened({ userFilter: '(&(objectClass=inetOrgPerson)(employeeNumber=*))' });
    expect(await outcome(filtered, 'alice', password)).toMatch(ADMITTED);
    expect(await outcome(filtered, 'bob', password)).toBe('password.unknown_name');
  });

  describe('does not let in whose password is no longer good, though the bind may succeed (LDAP-014)', () => {
    it.each([
      ['erin', 'password.wrong', 'locked, which looks like a wrong password'],
      ['frank', 'account.disabled', 'expired'],
      ['gina', 'password.must_change', 'expired, with logins by grace'],
      ['grace', 'password.must_change', 'reset by an admin'],
    ])('%s: %s, %s', async (name, code) => {
      await new Promise((resolve) => setTimeout(resolve, name === 'frank' ? 1_500 : 0)); // It lasts a second.
      expect(await signIn(name)).toBe(code);
      expect(await signIn(name, WRONG)).toBe('password.wrong');
    });

    it('changes it as the person, and then they come in', async () => {
      const change = (current: string, next: string) =>
        usersource.changePassword?.({ username: 'gloria', current, next });
      await expect(change(WRONG, 'N3w-Horse-Battery!')).rejects.toMatchObject({ code: 'password.wrong' });
      await expect(change(password, 'short')).rejects.toMatchObject({ code: 'password.unacceptable' });
      await expect(change(password, ' ')).rejects.toMatchObject({ code: 'password.unacceptable' });
      expect(await signIn('gloria')).toBe('password.must_change');
      await change(password, 'N3w-Horse-Battery!');
      expect(await signIn('gloria', 'N3w-Horse-Battery!')).toMatch(ADMITTED);
    });
  });

  describe('walks groups itself, because memberOf here knows direct ones alone', () => {
    const groupsOf = async (name: string, settings: Record<string, unknown> = {}) =>
      (await opened(settings).finish(posted(name, password), {})).claims.groups?.sort();

    it('nested ones, of all three kinds', async () => {
      expect(await groupsOf('nina')).toEqual(['helpdesk-agents', 'posix-staff', 'staff', 'support']);
    });

    it('ends on circles (LDAP-015)', async () => {
      expect(await groupsOf('alice')).toEqual(expect.arrayContaining(['loop-a', 'loop-b', 'unique-staff']));
    });

    it('takes no group for another because its name ends like that one’s DN (LDAP-016)', async () => {
      const groups = await groupsOf('bob', { groups: 'direct' });
      expect(groups).toContain(`x,cn=support,${CORP.groupsDn}`);
      expect(groups).not.toContain('support');
      const dns = await groupsOf('bob', { groups: 'direct', groupsAs: 'dn' });
      expect(dns).not.toContain(`cn=support,${CORP.groupsDn}`);
    });
  });

  it('stays below the directory’s own lockout of three (LDAP-021)', async () => {
    const name = SPARE_UIDS[0];
    expect(await signIn(name, WRONG)).toBe('password.wrong');
    expect(await signIn(name, WRONG)).toBe('password.wrong');
    expect(await signIn(name)).toBe('password.throttled');
    // It was not locked: elsewhere the right password still works.
    expect(await outcome(opened({}), name, password)).toMatch(ADMITTED);
  });

  it('counts names nobody has just the same', async () => {
    const outcomes = [];
    for (let times = 0; times < 3; times++) outcomes.push(await signIn('nobody-at-all', WRONG));
    expect(outcomes).toEqual(['password.unknown_name', 'password.unknown_name', 'password.throttled']);
  });

  it('would lock people out otherwise', async () => {
    const careless = opened({ lockoutThreshold: 0 });
    for (let times = 0; times < 3; times++) await outcome(careless, SPARE_UIDS[1], WRONG);
    expect(await outcome(careless, SPARE_UIDS[1], password)).toBe('password.wrong');
  });

  it('reads on, page by page, where the directory stops at 500', async () => {
    const everybody = (max: number, attributes = ['uid']) => {
      const now = () => new Date();
      const servers = new Servers([directory.url], { ca: directory.tls.ca, mayReach: () => true }, now, 5_000);
      const query = { scope: 'sub', filter: parseFilter('(uid=bulk*)'), attributes, max } as const;
      return new ServiceAccount(servers, CORP.service, now, 5_000).search(
        CORP.suffix,
        query,
        AbortSignal.timeout(5_000),
      );
    };
    expect(new Set((await everybody(1_000)).map(({ dn }) => dn)).size).toBe(600);
    await expect(everybody(599)).rejects.toThrow('more entries than can be right');
    // It does stop, and says so to whoever asks for all of it at once.
    const careless = new Client({ url: directory.url, tlsOptions: { ca: [directory.tls.ca] } });
    await careless.bind(CORP.service.dn, CORP.service.password);
    await expect(careless.search(CORP.suffix, { filter: '(uid=bulk*)' })).rejects.toMatchObject({ code: 4 });
    await careless.unbind();
  });

  it('comes in by StartTLS, and by no name the certificate lacks', async () => {
    const startTls = { servers: [directory.plainUrl] };
    expect(await outcome(opened(startTls), 'alice', password)).toMatch(ADMITTED);
    expect(await outcome(opened({ ...startTls, serverName: directory.host }), 'alice', password)).toMatch(ADMITTED);
    for (const servers of [[directory.plainUrl], [directory.url]]) {
      const renamed = opened({ servers, serverName: 'other.corp.test' });
      expect(await outcome(renamed, 'alice', password)).toBe('usersource.unreachable');
    }
  });

  it('goes on with the second server when the first is dead', async () => {
    const two = opened({ servers: ['ldaps://127.0.0.1:1', directory.url] });
    expect(await outcome(two, 'alice', password)).toMatch(ADMITTED);
    expect((await two.probe()).state).toBe('ok');
  });

  it('gives up in time when the directory hangs, and comes back (LDAP-018)', async () => {
    const patient = opened({ timeoutSec: 1 });
    expect(await outcome(patient, 'alice', password)).toMatch(ADMITTED);
    directory.freeze();
    const began = performance.now();
    expect(await outcome(patient, 'alice', password)).toBe('usersource.unreachable');
    expect(performance.now() - began).toBeLessThan(2_000);
    directory.thaw();
    expect(await outcome(patient, 'alice', password)).toMatch(ADMITTED);
  });

  it('finds its way back when its own connection was closed meanwhile', async () => {
    const before = await startOpenLdap();
    const usersource = openLdapDirectory({
      ...corpSettings(directory),
      servers: [before.url, directory.url],
      ca: before.tls.ca + directory.tls.ca,
    });
    expect(await outcome(usersource, 'alice', password)).toMatch(ADMITTED);
    await before.stop();
    expect(await outcome(usersource, 'alice', password)).toMatch(ADMITTED);
  });

  it('refuses a certificate that has ended (LDAP-010)', async () => {
    const expired = await startOpenLdap({ certificateDays: 0 });
    try {
      const usersource = openLdapDirectory(corpSettings(expired));
      expect(await outcome(usersource, 'alice', password)).toBe('usersource.unreachable');
      const { state, steps } = await usersource.probe();
      expect(state).toBe('down');
      expect(steps.at(-1)?.detail).toContain('CERT_HAS_EXPIRED');
    } finally {
      await expired.stop();
    }
  });

  it('shows nobody the directory’s own words (LDAP-019)', async () => {
    const refused = await usersource.finish(posted('alice', WRONG), {}).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'password.wrong', detail: 'the directory refuses the password' });
  });
});
