import { hash } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import { sameBytes } from '../password-hashes/index.js';
import { isLocked, valueOf, type OperatorRow } from '../peoplesoft/operator-row.js';

export type { OperatorRow };

const SHA1_BYTES = 20;

/**
 * Whether it is this operator's password, by the one format that is publicly known: Base64 of SHA-1 over UTF-16LE,
 * without salt (PeopleTools up to 8.52, and still accepted later). Four independent pairs agree on it.
 *
 * What is salted has no public description and is not guessed at: a wrong guess would be called a wrong password, and
 * nobody would learn that none can ever be right.
 *
 * @throws Refusal account.disabled for ACCTLOCK, password.unsupported_hash for whatever is not that format
 */
export function verifyOperatorPassword(password: string, row: OperatorRow): boolean {
  if (isLocked(row)) throw new Refusal('account.disabled', 'ACCTLOCK: the operator is locked in PeopleSoft');
  // Its digest is a digest like any other, and stands in some rows (SQL-013).
  if (password === '') return false;
  return sameBytes(hash('sha1', Buffer.from(password, 'utf16le'), 'buffer'), digestIn(row));
}

/** @throws Refusal password.unsupported_hash */
function digestIn(row: OperatorRow): Buffer {
  const unsupported = (why: string) => new Refusal('password.unsupported_hash', `PSOPRDEFN: ${why}`);
  // 0 is clear text that waits to be hashed: whoever can write the table could sign in by it.
  if (valueOf(row, 'ENCRYPTED') !== '1') throw unsupported('ENCRYPTED is not 1');
  if (valueOf(row, 'OPERPSWDSALT') !== undefined) throw unsupported('the password is salted');
  // Since 8.55 the newer column is the authority; the older may hold a password of years ago.
  const stored = valueOf(row, 'PTOPERPSWDV2') ?? valueOf(row, 'OPERPSWD');
  if (stored === undefined) throw unsupported('there is no password');
  const bytes = /^[A-Za-z0-9+/]{27}=$/.test(stored) ? Buffer.from(stored, 'base64') : Buffer.alloc(0);
  if (bytes.length !== SHA1_BYTES || bytes.toString('base64') !== stored) {
    throw unsupported('the password is not Base64 of 20 bytes');
  }
  return bytes;
}
