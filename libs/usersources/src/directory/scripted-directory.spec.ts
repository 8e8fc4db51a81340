import { jest } from '@jest/globals';
import {
  describeWith,
  pageControl,
  resultMessage,
  startScriptedLdap,
  type LdapScript,
  type ScriptedEntry,
  type ScriptedLdap,
} from '@passbroker/testing';
import { Client } from 'ldapts';
import { openDomain, openLdapDirectory, outcome, posted } from '../../test/directories.js';

jest.setTimeout(30_000);

const BASE = 'ou=people,dc=script,dc=test';
const ALICE = `uid=alice,${BASE}`;
const SERVICE = { dn: 'cn=svc,dc=script,dc=test', password: 'Serv1ce-Passw0rd!' };
const PASSWORD = 'Corr3ct-Horse!';

const person = (dn: string, more: ScriptedEntry['attributes'] = {}): ScriptedEntry => ({
  dn,
  attributes: { uid: ['alice'], cn: ['Alice'], entryUUID: ['11111111-2222-3333-4444-555555555555'], ...more },
});

const median = (times: number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

/** A directory that behaves: whatever a script says besides is what a test is about. */
const honest: Required<Pick<LdapScript, 'bind' | 'search'>> = {
  bind: (dn, password) =>
    (dn === SERVICE.dn && password === SERVICE.password) || (dn === ALICE && password === PASSWORD) ? {} : { code: 49 },
  search: ({ filter, base }) => (base === ALICE || filter.includes('(uid=alice)') ? { entries: [person(ALICE)] } : {}),
};

describeWith('openssl', 'a directory that says odd things', () => {
  let server: ScriptedLdap;
  let second: ScriptedLdap;
  const settings = (more: Record<string, unknown> = {}) => ({
    ...{ servers: [server.url], ca: server.tls.ca + second.tls.ca, baseDn: BASE, groups: 'none', timeoutSec: 1 },
    ...{ bindDn: SERVICE.dn, bindPassword: SERVICE.password, ...more },
  });
  const signIn = (more?: Record<string, unknown>, name = 'alice', password = PASSWORD) =>
    outcome(openLdapDirectory(settings(more)), name, password);
  const passwords = (of: ScriptedLdap) => of.binds.map(({ password }) => password);

  beforeAll(async () => {
    [server, second] = await Promise.all([startScriptedLdap(honest), startScriptedLdap(honest)]);
  });
  beforeEach(() => {
    server.play(honest);
    second.play(honest);
  });
  afterAll(() => Promise.all([server?.close(), second?.close()]));

  it('lets in whom an honest one knows', async () => {
    expect(await signIn()).toMatch(/^1111/);
    expect(passwords(server)).toEqual([SERVICE.password, PASSWORD]);
  });

  it('is not gone to where nobody may go, also by a name that leads there', async () => {
    const rule = jest.fn((address: string) => address !== '127.0.0.1');
    for (const url of [server.url, server.plainUrl]) {
      const usersource = openLdapDirectory(settings({ servers: [url] }), { mayReach: rule });
      expect(await outcome(usersource, 'alice', PASSWORD)).toBe('usersource.unreachable');
      const { state, steps } = await usersource.probe();
      expect(state).toBe('down');
      expect(steps[0]).toMatchObject({ ok: false, detail: expect.stringContaining('nobody may go there') });
    }
    expect(rule).toHaveBeenCalledWith('127.0.0.1');
    expect(server.connections()).toBe(0);
    expect(await signIn()).toMatch(/^1111/);
  });

  it('keeps no connection of ours once we are closed, and opens one for who comes late', async () => {
    const usersource = openLdapDirectory(settings());
    expect(await outcome(usersource, 'alice', PASSWORD)).toMatch(/^1111/);
    const before = server.connections();
    usersource.close?.();
    expect(await outcome(usersource, 'alice', PASSWORD)).toMatch(/^1111/);
    // One for the person, as ever, and one for our own account, which had been kept otherwise.
    expect(server.connections()).toBe(before + 2);
    expect(await outcome(usersource, 'alice', PASSWORD)).toMatch(/^1111/);
    expect(server.connections()).toBe(before + 3);
    usersource.close?.();
  });

  it('tells of every certificate up to the authority until when it is good, and of the first that ends', async () => {
    const whole: LdapScript = {
      ...honest,
      search: (question) => (question.base === BASE ? { entries: [person(BASE)] } : honest.search(question)),
    };
    const mortal = await startScriptedLdap(whole, { authorityDays: 5 });
    server.play(whole);
    try {
      const tried = async (of: ScriptedLdap) => {
        const { state, steps } = await openLdapDirectory(settings({ servers: [of.url], ca: of.tls.ca })).probe();
        return { state, step: (name: string) => steps.find(({ step }) => step === `${name} ${of.url}`) };
      };
      const [well, ill] = [await tried(server), await tried(mortal)];
      expect(well.step('tls')?.detail).toMatch(/^TLSv1\.3, directory until \d{4}-\d\d-\d\d, by Test Root until \d{4}/);
      expect(well.step('certificate')).toMatchObject({ ok: true, detail: expect.stringMatching(/^364[89] days left/) });
      expect(ill.step('certificate')).toMatchObject({
        ok: false,
        detail: expect.stringMatching(/^[45] days left, of Test Root$/),
      });
      // It is a warning: people still come in.
      expect([well.state, ill.state]).toEqual(['ok', 'ok']);
    } finally {
      await mortal.close();
    }
  });

  describe('takes a part of an answer for no answer', () => {
    it.each([
      ['size limit exceeded (4)', { code: 4, entries: [person(ALICE)] }],
      ['administrative limit exceeded (11)', { code: 11, entries: [person(ALICE)] }],
      ['time limit exceeded (3)', { code: 3, entries: [person(ALICE)] }],
      ['busy (51)', { code: 51 }],
    ])('%s', async (_, said) => {
      server.play({ ...honest, search: () => said });
      expect(await signIn()).toBe('usersource.unreachable');
      expect(passwords(server)).not.toContain(PASSWORD);
    });
  });

  it('reads on after a page, also after an empty one', async () => {
    const search: LdapScript['search'] = ({ page, scope, base }) => {
      if (scope === 'base') return base === ALICE ? { entries: [person(ALICE)] } : {};
      if (page?.cookie === '') return { controls: pageControl('one') };
      if (page?.cookie === 'one') return { controls: pageControl('two'), entries: [person(ALICE)] };
      return { controls: pageControl('') };
    };
    server.play({ ...honest, search });
    expect(await signIn()).toMatch(/^1111/);
    // And sees the second of two people, though it is on another page.
    server.play({
      ...honest,
      search: (question) =>
        question.page?.cookie === 'two'
          ? { controls: pageControl(''), entries: [person(`uid=alice,ou=b,${BASE}`)] }
          : search(question),
    });
    expect(await signIn()).toBe('password.wrong');
    expect(passwords(server)).not.toContain(PASSWORD);
  });

  it('reads 1,000 groups from a server that hands out 1,000 entries at most, and takes one more for too many', async () => {
    const nobodys = (count: number): ScriptedEntry[] =>
      Array.from({ length: count }, (_, number) => ({
        dn: `cn=g${number},dc=script,dc=test`,
        attributes: { cn: [`g${number}`], member: [ALICE] },
      }));
    // MaxPageSize of Active Directory: what comes in no pages, or in larger ones, is cut there with result 4.
    const cutting =
      (all: ScriptedEntry[]): LdapScript['search'] =>
      (question) => {
        const { filter, page } = question;
        if (!filter.includes('(member=')) return honest.search(question);
        if (!filter.includes(ALICE)) return { controls: pageControl('') };
        const from = Number(page?.cookie || 0);
        const size = Math.min(page?.size ?? 1_000, 1_000);
        const entries = all.slice(from, from + size);
        const rest = all.length > from + size;
        if (!page) return { entries, ...(rest && { code: 4 }) };
        return { entries, controls: pageControl(rest ? String(from + size) : '') };
      };
    const groupsOf = async (count: number) => {
      server.play({ ...honest, search: cutting(nobodys(count)) });
      const usersource = openLdapDirectory(settings({ groups: 'direct', groupBaseDn: 'dc=script,dc=test' }));
      return usersource.finish(posted('alice', PASSWORD), {}).then(
        ({ claims }) => new Set(claims.groups).size,
        (error: { code: string }) => error.code,
      );
    };
    expect(await groupsOf(1_000)).toBe(1_000);
    expect(await groupsOf(1_001)).toBe('usersource.unreachable');
    // It does cut: who asks for no pages gets 1,000 of 1,200, and the word that it is not all.
    server.play({ ...honest, search: cutting(nobodys(1_200)) });
    const careless = new Client({ url: server.url, tlsOptions: { ca: [server.tls.ca] } });
    await expect(careless.search('dc=script,dc=test', { filter: `(member=${ALICE})` })).rejects.toMatchObject({
      code: 4,
    });
    await careless.unbind();
  });

  it('refuses an entry that is not under the base (LDAP-012)', async () => {
    for (const dn of [
      'uid=alice,ou=admins,dc=script,dc=test',
      `uid=alice\\,${BASE},dc=evil`,
      `uid=alice\\,ou\\=people,dc=script,dc=test`,
      '',
    ]) {
      server.play({ bind: () => ({}), search: () => ({ entries: [person(dn)] }) });
      expect(await signIn()).toBe('upstream.untrusted');
      expect(passwords(server)).not.toContain(PASSWORD);
    }
  });

  it('refuses an entry that became another one during the bind', async () => {
    const other = { entryUUID: ['99999999-2222-3333-4444-555555555555'] };
    server.play({ ...honest, search: ({ scope }) => ({ entries: [person(ALICE, scope === 'base' ? other : {})] }) });
    expect(await signIn()).toBe('upstream.untrusted');
  });

  it('refuses an entry that does not tell who it is for ever', async () => {
    server.play({ ...honest, search: () => ({ entries: [person(ALICE, { entryUUID: [] })] }) });
    expect(await signIn()).toBe('upstream.malformed');
    expect(passwords(server)).not.toContain(PASSWORD);
  });

  it('refuses whoever the directory finds by a name they do not have', async () => {
    server.play({ ...honest, search: () => ({ entries: [person(ALICE)] }) });
    expect(await signIn({}, 'alicé')).toBe('password.unknown_name');
    expect(await signIn({}, 'alice')).toMatch(/^1111/);
  });

  it('is never asked with an empty password, which it takes for success (LDAP-004)', async () => {
    server.play({ ...honest, bind: () => ({}) });
    for (const password of ['', ' ', '\0', `\0${PASSWORD}`])
      expect(await signIn({}, 'alice', password)).toBe('password.wrong');
    expect(server.binds).toEqual([]);
  });

  it('never sees what was typed for a name it does not know', async () => {
    expect(await signIn({}, 'nobody')).toBe('password.unknown_name');
    expect(passwords(server)).toHaveLength(2); // Ours, and one that nobody typed, which takes as long.
    expect(passwords(server)).not.toContain(PASSWORD);
  });

  it('PWD-002: is asked the same of a name it knows and of one it does not, and takes as long', async () => {
    const usersource = openLdapDirectory(settings({ lockoutThreshold: 0 }));
    const asked = async (name: string) => {
      const before = [server.connections(), server.questions.length, server.binds.length];
      const began = performance.now();
      expect(await outcome(usersource, name, 'wrong')).toMatch(/^password\./);
      const took = performance.now() - began;
      const counts = [server.connections(), server.questions.length, server.binds.length];
      return { took, counts: counts.map((count, index) => count - (before[index] ?? 0)) };
    };
    for (let warm = 0; warm < 20; warm += 1) await asked(warm % 2 === 0 ? 'alice' : 'nobody');
    const [known, unknown]: [number[], number[]] = [[], []];
    for (let times = 0; times < 150; times += 1) {
      // In turn, and in either order: a machine that slows down slows both.
      for (const name of times % 2 === 0 ? ['alice', 'nobody'] : ['nobody', 'alice']) {
        const { took, counts } = await asked(name);
        // A connection, a question and a bind each.
        expect(counts).toEqual([1, 1, 1]);
        (name === 'alice' ? known : unknown).push(took);
      }
    }
    expect(Math.abs(median(known) - median(unknown))).toBeLessThan(5);
    // It would show: a right password reads the entry once more.
    expect(await outcome(usersource, 'alice', PASSWORD)).toMatch(/^1111/);
    expect(server.questions.at(-1)).toMatchObject({ base: ALICE, scope: 'base' });
  });

  it('does not make us follow referrals (LDAP-020)', async () => {
    server.play({ ...honest, search: (question) => ({ ...honest.search(question), referrals: [second.url] }) });
    expect(await signIn()).toMatch(/^1111/);
    server.play({ ...honest, search: () => ({ code: 10, referrals: [second.url] }) });
    expect(await signIn()).toBe('usersource.unreachable');
    expect(second.connections()).toBe(0);
  });

  describe('sends more than anybody asked for, and is left (LDAP-017)', () => {
    it('entries', async () => {
      const entries = Array.from({ length: 5_000 }, (_, number) => person(`uid=${number},${BASE}`));
      server.play({ ...honest, search: () => ({ entries }) });
      expect(await signIn()).toBe('usersource.unreachable');
    });

    it('bytes', async () => {
      const photo = Buffer.alloc(900_000, 1);
      const entries = Array.from({ length: 15 }, () => person(ALICE, { jpegPhoto: [photo] }));
      server.play({ ...honest, search: () => ({ entries }) });
      expect(await signIn()).toBe('usersource.unreachable');
    });

    it('pages without end', async () => {
      server.play({ ...honest, search: () => ({ controls: pageControl('more') }) });
      expect(await signIn()).toBe('usersource.unreachable');
    });
  });

  describe('answers what cannot be read, and is left', () => {
    it.each([
      ['an answer without a result', Buffer.from('3005020102' + '6100', 'hex')],
      ['a length of 2^31 and more', Buffer.from('308480000001', 'hex')],
      ['an inner length that sticks out', Buffer.from('300c0201026184ffffffff0a0100', 'hex')],
      ['an endless form', Buffer.from('3080020102', 'hex')],
      ['a web page', Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
      ['an answer to another question', resultMessage(1, 0x65, {})],
      ['an answer to nothing', resultMessage(77, 0x61, {})],
    ])('%s', async (_, raw) => {
      server.play({ ...honest, bind: (dn, password) => (dn === ALICE ? { raw } : honest.bind(dn, password)) });
      expect(await signIn()).toBe('usersource.unreachable');
    });
  });

  describe('is left when it says nothing (LDAP-018)', () => {
    it.each([
      ['to a search', { search: () => ({ silent: true }) }],
      [
        'to a bind',
        { bind: (dn: string, password: string) => (dn === ALICE ? { silent: true } : honest.bind(dn, password)) },
      ],
      ['at all', { bind: () => ({ silent: true }) }],
    ])('%s', async (_, script) => {
      server.play({ ...honest, ...script });
      const began = performance.now();
      expect(await signIn()).toBe('usersource.unreachable');
      expect(performance.now() - began).toBeLessThan(1_800);
    });
  });

  describe('beside another', () => {
    const two = () => settings({ servers: [server.url, second.url] });

    it('is left for that one when it hangs up on our own account', async () => {
      server.play({ ...honest, bind: () => ({ hangUp: true }) });
      const usersource = openLdapDirectory(two());
      expect(await outcome(usersource, 'alice', PASSWORD)).toMatch(/^1111/);
      // It rests now: everybody goes to the other at once.
      const before = server.connections();
      expect(await outcome(usersource, 'alice', PASSWORD)).toMatch(/^1111/);
      expect(server.connections()).toBe(before);
    });

    it.each([
      ['says nothing', { silent: true }],
      ['hangs up', { hangUp: true }],
    ])('and %s when it has somebody’s password: that is not sent to a second server (LDAP-022)', async (_, said) => {
      server.play({ ...honest, bind: (dn, password) => (dn === ALICE ? said : honest.bind(dn, password)) });
      expect(await outcome(openLdapDirectory(two()), 'alice', PASSWORD)).toBe('usersource.unreachable');
      expect(passwords(server).filter((password) => password === PASSWORD)).toHaveLength(1);
      expect(passwords(second)).not.toContain(PASSWORD);
    });
  });

  it('that refuses our own account is not asked again and again, nor by many at once', async () => {
    server.play({ ...honest, bind: () => ({ code: 49 }) });
    const usersource = openLdapDirectory(settings());
    const many = () => Promise.all(Array.from({ length: 10 }, () => outcome(usersource, 'alice', PASSWORD)));
    expect(new Set([...(await many()), ...(await many())])).toEqual(new Set(['usersource.misconfigured']));
    expect(passwords(server).filter((password) => password === SERVICE.password)).toHaveLength(1);
  });

  it('is asked by many over one connection of ours', async () => {
    const usersource = openLdapDirectory(settings({ lockoutThreshold: 0 }));
    const many = await Promise.all(Array.from({ length: 10 }, () => outcome(usersource, 'alice', PASSWORD)));
    expect(new Set(many).size).toBe(1);
    expect(passwords(server).filter((password) => password === SERVICE.password)).toHaveLength(1);
    expect(passwords(server).filter((password) => password === PASSWORD)).toHaveLength(10);
  });

  describe('without StartTLS gets no password (LDAP-009)', () => {
    const inClear = () => server.inClear().toString('latin1');

    it('and gets one with it', async () => {
      expect(await signIn({ servers: [server.plainUrl] })).toMatch(/^1111/);
      expect(inClear()).not.toContain('Passw0rd');
      expect(inClear()).not.toContain('Corr3ct');
    });

    it.each([
      ['unavailable', { code: 52 }],
      ['not supported', { code: 2 }],
      ['silence', { silent: true }],
      ['something unreadable', { raw: Buffer.from('no') }],
      ['an answer without a result', { raw: Buffer.from('30050201017800', 'hex') }],
      ['a hang-up', { hangUp: true }],
    ])('%s', async (_, said) => {
      server.play({ ...honest, startTls: () => said });
      expect(await signIn({ servers: [server.plainUrl] })).toBe('usersource.unreachable');
      expect(server.binds).toEqual([]);
      expect(inClear()).not.toMatch(/Passw0rd|Corr3ct/);
    });

    it('nor when somebody on the wire adds a word of their own in clear', async () => {
      const forged = resultMessage(2, 0x61, {});
      for (const alsoSay of [forged, forged.subarray(0, 5)]) {
        server.play({ ...honest, startTls: () => ({ alsoSay }) });
        expect(await signIn({ servers: [server.plainUrl] })).toBe('usersource.unreachable');
        expect(server.binds).toEqual([]);
      }
    });
  });

  describe('as Active Directory does where Samba does not', () => {
    const domain = (more: Record<string, unknown> = {}) => {
      const { bindDn: bindName, ...rest } = settings(more);
      return openDomain({ ...rest, bindName });
    };
    const guid = Buffer.alloc(16, 7);
    const sid = Buffer.from('010500000000000515000000a065cf7e784b9b5fe77c8770091c0100', 'hex');
    const member = (more: ScriptedEntry['attributes'] = {}) =>
      person(ALICE, {
        sAMAccountName: ['alice'],
        objectGUID: [guid],
        objectSid: [sid],
        userAccountControl: ['512'],
        ...more,
      });
    const controller = (more: ScriptedEntry['attributes'] = {}): LdapScript => ({
      ...honest,
      search: () => ({ entries: [member(more)] }),
    });
    const refusing = (data: string): LdapScript => ({
      ...controller(),
      bind: (dn, password) =>
        dn === ALICE
          ? {
              code: 49,
              diagnostic: `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data ${data}, v2580`,
            }
          : honest.bind(dn, password),
    });

    it.each([
      ['525', 'password.wrong'],
      ['52e', 'password.wrong'],
      ['775', 'password.wrong'],
      ['530', 'account.disabled'],
      ['531', 'account.disabled'],
      ['533', 'account.disabled'],
      ['701', 'account.disabled'],
      ['532', 'password.must_change'],
      ['773', 'password.must_change'],
      ['abc', 'password.wrong'],
    ])('sub-code %s is %s', async (data, code) => {
      server.play(refusing(data));
      expect(await outcome(domain(), 'alice', PASSWORD)).toBe(code);
    });

    it('asks for the rest of a list that comes in ranges', async () => {
      const values = Array.from({ length: 3_200 }, (_, number) => `cn=g${number},dc=script`);
      const search: LdapScript['search'] = ({ attributes }) => {
        const from = Number(attributes.map((name) => /^memberof;range=(\d+)-\*$/.exec(name)?.[1]).find(Boolean) ?? 0);
        const part = values.slice(from, from + 1_500);
        const last = from + part.length >= values.length ? '*' : String(from + part.length - 1);
        return { entries: [member({ memberOf: [], [`memberOf;range=${from}-${last}`]: part })] };
      };
      server.play({ ...honest, search });
      const { said } = await domain({ attributes: ['memberOf'] }).finish(posted('alice', PASSWORD), {});
      expect(said?.['memberOf']).toEqual(values.slice(0, 100));
      expect(
        server.questions.filter(({ attributes }) => attributes.some((name) => name.includes('range='))),
      ).toHaveLength(2);
    });

    it('refuses a list with a hole in it', async () => {
      const search: LdapScript['search'] = ({ attributes }) => ({
        entries: [
          member({
            [attributes.some((name) => name.includes(';range=')) ? 'memberOf;range=9-*' : 'memberOf;range=0-1']: [
              'cn=a',
              'cn=b',
            ],
          }),
        ],
      });
      server.play({ ...honest, search });
      expect(await outcome(domain({ attributes: ['memberOf'] }), 'alice', PASSWORD)).toBe('usersource.unreachable');
    });

    it('lets nobody in whose account was switched off during the bind', async () => {
      server.play({
        ...honest,
        search: ({ scope }) => ({ entries: [member(scope === 'base' ? { userAccountControl: ['514'] } : {})] }),
      });
      expect(await outcome(domain(), 'alice', PASSWORD)).toBe('account.disabled');
      server.play(controller());
      expect(await outcome(domain(), 'alice', PASSWORD)).toMatch(/@S-1-5-21-/);
    });

    it('refuses somebody whose state our account may not read', async () => {
      server.play(controller({ userAccountControl: [] }));
      expect(await outcome(domain(), 'alice', PASSWORD)).toBe('upstream.malformed');
    });

    it('walks the chain by rule where tokenGroups cannot be read, and refuses 1,000 groups and more', async () => {
      const groups = (count: number): ScriptedEntry[] =>
        Array.from({ length: count }, (_, number) => ({
          dn: `cn=g${number},dc=script,dc=test`,
          attributes: { sAMAccountName: [`g${number}`] },
        }));
      const chain = (count: number): LdapScript => ({
        ...honest,
        search: ({ filter }) => ({ entries: filter.includes('1.2.840.113556.1.4.1941') ? groups(count) : [member()] }),
      });
      server.play(chain(3));
      const { claims } = await domain({ groups: 'nested' }).finish(posted('alice', PASSWORD), {});
      expect(claims.groups).toEqual(['g0', 'g1', 'g2']);
      server.play(chain(1_001));
      expect(await outcome(domain({ groups: 'nested' }), 'alice', PASSWORD)).toBe('usersource.unreachable');
    });
  });
});
