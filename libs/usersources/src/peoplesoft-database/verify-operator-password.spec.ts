import { verifyOperatorPassword } from './verify-operator-password.js';

const row = (password: string, more: Record<string, unknown> = {}) => ({
  ...{ OPRID: 'JDOE', OPERPSWD: password, OPERPSWDSALT: ' ', PTOPERPSWDV2: ' ', ENCRYPTED: 1, ACCTLOCK: 0 },
  ...more,
});
const HASHCAT = 'uXmFVrdBvv293L9kDR3VnRmx4ZM=';

describe('passwords of PeopleSoft operators', () => {
  it.each([
    ['hashcat, mode 133, self-test', 'hashcat', HASHCAT, true],
    ['PeopleTools-L 2015: Hash("TESTING")', 'TESTING', '3weP/BR8RHPLP2459h003IgJxyU=', true],
    ['computed', 'Corr3ct-Horse!', 'tp4lXFog7jLBLHpl39ikyqUsKo0=', true],
    ['computed, beyond ASCII', 'pässwörd', 'Ak8zIEZL3NsJWkdtmgdzRgLvBss=', true],
    ['computed, 32 letters', 'x'.repeat(32), 'zYM1K04sljzNC2ebdFWK3a+P9sU=', true],
    ['hashcat, wrong case', 'HASHCAT', HASHCAT, false],
    ['the digest of nothing, which nobody may sign in by (SQL-013)', '', '2jmj7l5rSw0yVb/vlWAYkK/YBwk=', false],
  ])('%s', (_source, password, stored, right) => {
    expect(verifyOperatorPassword(password, row(stored))).toBe(right);
    expect(verifyOperatorPassword(password, row(`${stored}    `))).toBe(right);
  });

  it('count in whatever case and type the driver writes the columns', () => {
    const small = { operpswd: HASHCAT, operpswdsalt: null, ptoperpswdv2: null, encrypted: '1', acctlock: '0' };
    expect(verifyOperatorPassword('hashcat', small)).toBe(true);
    expect(verifyOperatorPassword('hashcat', { ...small, acctlock: 0n, encrypted: true })).toBe(true);
  });

  it('are looked for in PTOPERPSWDV2 first: an older column is not asked then', () => {
    const other = '3weP/BR8RHPLP2459h003IgJxyU=';
    expect(verifyOperatorPassword('TESTING', row(HASHCAT, { PTOPERPSWDV2: other }))).toBe(true);
    expect(verifyOperatorPassword('hashcat', row(HASHCAT, { PTOPERPSWDV2: other }))).toBe(false);
    expect(() => verifyOperatorPassword('hashcat', row(HASHCAT, { PTOPERPSWDV2: `{2}${other}` }))).toThrow(
      expect.objectContaining({ code: 'password.unsupported_hash' }),
    );
  });

  it.each([
    ['clear text that waits to be hashed', row('hashcat', { ENCRYPTED: 0 })],
    ['a hash where ENCRYPTED is 0', row(HASHCAT, { ENCRYPTED: 0 })],
    ['a row that does not say whether it is hashed', row(HASHCAT, { ENCRYPTED: undefined })],
    ['a salted password', row(HASHCAT, { OPERPSWDSALT: 'c2FsdHNhbHQ=' })],
    ['the shape of HashWithSalt', row(`{1}${HASHCAT}`)],
    ['a SHA-256 of 44 letters', row('n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=')],
    ['27 letters', row(HASHCAT.slice(1))],
    ['Base64 that is no one’s own spelling', row('uXmFVrdBvv293L9kDR3VnRmx4ZN=')],
    ['both columns empty (SQL-012)', row(' ')],
  ])('are refused as unsupported, never called wrong: %s', (_what, operator) => {
    for (const password of ['hashcat', 'wrong']) {
      expect(() => verifyOperatorPassword(password, operator)).toThrow(
        expect.objectContaining({ code: 'password.unsupported_hash' }),
      );
    }
  });

  it('SQL-012: open nothing for a locked operator, right or wrong', () => {
    for (const lock of [1, '1', true, 2, 'Y']) {
      expect(() => verifyOperatorPassword('hashcat', row(HASHCAT, { ACCTLOCK: lock }))).toThrow(
        expect.objectContaining({ code: 'account.disabled' }),
      );
    }
    expect(verifyOperatorPassword('hashcat', row(HASHCAT, { ACCTLOCK: '0' }))).toBe(true);
  });
});
