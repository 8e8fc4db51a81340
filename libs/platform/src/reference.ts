import { randomBytes } from 'node:crypto';

/** Crockford's alphabet: nobody reads I for 1 or O for 0 to the help desk. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Short and shown to people: leads from what they read out to the reason in the log and the audit. */
export const newReference = (): string => Array.from(randomBytes(8), (byte) => LETTERS[byte & 31]).join('');

export const isReference = (value: string | null): value is string =>
  value !== null && /^[0-9A-HJKMNP-TV-Z]{8}$/.test(value);
