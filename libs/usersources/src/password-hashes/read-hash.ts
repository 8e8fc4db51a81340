import { argon2 } from './argon2.js';
import { bcrypt, djangoBcrypt, wordpressBcrypt } from './bcrypt.js';
import { md5Crypt } from './md5-crypt.js';
import { pbkdf2 } from './pbkdf2.js';
import { drupal7, phpass } from './phpass.js';
import { djangoDigest, joomla, ldapDigest } from './salted-digests.js';
import { phcScrypt, textScrypt } from './scrypt.js';
import { shaCrypt } from './sha-crypt.js';
import { UnreadableHash, type ReadHash, type StoredHash } from './stored-hash.js';

const SCHEMES: readonly ReadHash[] = [
  argon2,
  bcrypt,
  djangoBcrypt,
  wordpressBcrypt,
  phcScrypt,
  textScrypt,
  pbkdf2,
  shaCrypt,
  md5Crypt,
  phpass,
  drupal7,
  ldapDigest,
  djangoDigest,
  joomla,
];

/** The longest we read; a column of a megabyte is no hash. */
const MOST_LETTERS = 1_024;

/**
 * Recognises a hash by its own mark. What carries none, such as 32 hexadecimal digits, could be any of a dozen schemes:
 * it is refused here, and read by a template that the admin writes.
 *
 * @throws UnreadableHash
 */
export function readHash(stored: string): StoredHash {
  if (stored.length > MOST_LETTERS) throw new UnreadableHash('the hash is longer than any');
  // RFC 2307 puts crypt(3)'s own text behind this; Django puts its algorithm's name before argon2's.
  const encoded = stored
    .replace(/^\{(?:CRYPT|ARGON2|BCRYPT|BLF-CRYPT)\}(?=\$)/i, '')
    .replace(/^argon2(?=\$argon2)/, '');
  for (const read of SCHEMES) {
    const hash = read(encoded);
    if (hash) return hash;
  }
  throw new UnreadableHash('a hash of a scheme that is not known by its mark');
}
