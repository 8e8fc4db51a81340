import { Refusal } from '@passbroker/model';
import type { Reply } from '../usersource.js';

const MAX_NAME_CHARS = 320;
/** Hashing reads every byte it is given: a megabyte of password is an attack, not a password (PWD-010). */
const MAX_PASSWORD_BYTES = 1_024;

export interface Typed {
  name: string;
  password: string;
}

/**
 * What somebody typed, before any query is made of it. Without a password nobody is asked for: Oracle's empty string is
 * NULL, and some tables hold one too (SQL-013).
 *
 * @throws Refusal request.malformed, password.wrong
 */
export function typedIn(reply: Reply): Typed {
  const name = reply.fields['username'] ?? '';
  const password = reply.fields['password'] ?? '';
  if (name.length > MAX_NAME_CHARS || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw new Refusal('request.malformed', 'the name or password is longer than any real one');
  }
  if (name === '' || password === '') throw new Refusal('password.wrong', 'no name or no password was typed');
  return { name, password };
}

/**
 * Names that no row may answer to: with blanks around them, which databases ignore when they compare and people do not
 * see (SQL-007), with control characters, or not Unicode at all.
 */
export const isPlainName = (name: string): boolean =>
  name === name.trim() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u.test(name);

export type NameCase = 'exact' | 'fold';

/**
 * Whether the name a row bears is the one that was typed. A collation may have found `admin` for `Ádmin`, `ADMIN` or
 * `admin ` (SQL-007): what counts is this comparison, letter by letter, in lower case where the setting says so.
 */
export function isSameName(typed: string, found: string | undefined, rule: NameCase): boolean {
  if (found === undefined) return false;
  return rule === 'exact' ? typed === found : folded(typed) === folded(found);
}

const folded = (name: string): string => name.normalize('NFC').toLowerCase();
