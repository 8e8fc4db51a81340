import { randomBytes } from 'node:crypto';
import { Refusal } from '@passbroker/model';

/** Crockford's base32: no letter that reads like another, all lower case, 5 bits each. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

export type IdPrefix = 'br' | 'us' | 'app' | 'acc' | 'tok' | 'chg' | 'dom';

/** 100 bits of chance: nobody guesses an id, and no table has to be asked for the next one. */
export const newId = (prefix: IdPrefix): string =>
  `${prefix}_${Array.from(randomBytes(20), (byte) => ALPHABET[byte & 31]).join('')}`;

/**
 * An empty or missing name in a where-clause must never widen it to "all rows" (ADM-011), so every lookup passes here.
 * @throws Refusal request.malformed
 */
export function named(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new Refusal('request.malformed', 'a lookup without a name');
  if (value.includes('\0')) throw new Refusal('request.malformed', 'a name with a NUL');
  return value;
}
