import { checkAccountState } from './account-state.js';
import { Entry, guidText, sidText } from './entry.js';

const NOW = new Date('2026-03-01T12:00:00Z');
const filetime = (date: Date): string => String((BigInt(date.getTime()) + 11_644_473_600_000n) * 10_000n);
const entry = (values: Record<string, string>): Entry =>
  new Entry(
    'cn=a,dc=x',
    Object.entries({ userAccountControl: '512', ...values }).map(([name, value]) => [name, [Buffer.from(value)]]),
  );
const codeOf = (values: Record<string, string>): unknown => {
  try {
    checkAccountState(entry(values), NOW);
    return 'ok';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

describe('the state of an account', () => {
  it.each([
    ['ok', {}],
    ['ok', { accountExpires: '0' }],
    ['ok', { accountExpires: '9223372036854775807' }],
    ['ok', { accountExpires: filetime(new Date(NOW.getTime() + 1_000)) }],
    ['ok', { lockoutTime: filetime(new Date(NOW.getTime() - 86_400_000)) }], // Over: only the computed flag knows.
    ['ok', { pwdLastSet: '0', userAccountControl: String(512 | 0x10000) }],
    ['account.disabled', { userAccountControl: '514' }],
    ['account.disabled', { accountExpires: filetime(NOW) }],
    ['account.disabled', { 'msDS-User-Account-Control-Computed': '16' }],
    ['password.must_change', { pwdLastSet: '0' }],
    ['password.must_change', { 'msDS-User-Account-Control-Computed': String(0x800000) }],
    ['upstream.malformed', { userAccountControl: '' }],
  ])('%s: %j', (code, values) => {
    expect(codeOf(values)).toBe(code);
  });
});

describe('names that never change', () => {
  it('are written as Microsoft writes them', () => {
    const guid = Buffer.from('33221100554477668899aabbccddeeff', 'hex');
    expect(guidText(guid)).toBe('00112233-4455-6677-8899-aabbccddeeff');
    expect(guidText(guid.subarray(1))).toBeUndefined();
    expect(sidText(Buffer.from('010500000000000515000000a065cf7e784b9b5fe77c8770091c0100', 'hex'))).toBe(
      'S-1-5-21-2127521184-1604012920-1887927527-72713',
    );
    expect(sidText(Buffer.from('0105', 'hex'))).toBeUndefined();
  });
});
