import { createHmac, randomBytes } from 'node:crypto';

const CODES = 10;
/** Crockford's: nobody reads I for 1 or O for 0 from a slip of paper. */
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/** `xxxxx-xxxxx-xxxxx`: 75 bits each. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: CODES }, () =>
    Array.from(randomBytes(15), (byte) => LETTERS[byte & 31])
      .join('')
      .replace(/(.{5})(?=.)/g, '$1-'),
  );

/** As typed, to as kept; undefined when it cannot be one. */
export function readRecoveryCode(typed: string): string | undefined {
  const code = typed.toLowerCase().replace(/[\s-]/g, '').replace(/[il]/g, '1').replaceAll('o', '0');
  return /^[0-9a-hjkmnp-tv-z]{15}$/.test(code) ? code : undefined;
}

/** Keyed, and long enough that nobody guesses: a slow hash would add nothing. */
export const recoveryHash = (key: Buffer, account: string, code: string): string =>
  createHmac('sha256', key).update(`${account}\0${code}`).digest('base64url');
