import { hash } from 'node:crypto';
import { sameText } from './constant-time.js';
import { CRYPT_LETTERS, cryptBase64 } from './encodings.js';
import { count, UnreadableHash, type ReadHash, type StoredHash } from './stored-hash.js';
import { stretch } from './stretch.js';

/** WordPress uses 2^13, Drupal 2^15 and later 2^16. */
const MOST_LOG = 18;
/** Drupal cuts what it writes there, so the last letters of a SHA-512 are never stored. */
const DRUPAL_LETTERS = 55;

function stretched(algorithm: 'md5' | 'sha512', scheme: string, encoded: string, prepare = (text: string) => text) {
  const log = count(String(CRYPT_LETTERS.indexOf(encoded.charAt(3))), 'stretching (log2)', MOST_LOG, 7);
  const salt = encoded.slice(4, 12);
  const stored = encoded.slice(12);
  return {
    scheme,
    weak: algorithm === 'md5',
    verify: async (typed) => {
      const password = Buffer.from(prepare(typed));
      const digest = (bytes: Uint8Array) => hash(algorithm, Buffer.concat([bytes, password]), 'buffer');
      const last = await stretch(2 ** log, digest(Buffer.from(salt)), digest);
      return sameText(cryptBase64(last).slice(0, stored.length), stored);
    },
  } satisfies StoredHash;
}

/** openwall.com/phpass: `$P$` in WordPress before 6.8, `$H$` in phpBB 3. */
export const phpass: ReadHash = (encoded) => {
  if (!/^\$[PH]\$/.test(encoded)) return undefined;
  if (!/^\$[PH]\$[./A-Za-z0-9]{31}$/.test(encoded))
    throw new UnreadableHash('a phpass hash that is not written as one');
  return stretched('md5', 'phpass', encoded);
};

/** Drupal 7: phpass over SHA-512. `U$S$` was an MD5 of Drupal 6, and hides one still. */
export const drupal7: ReadHash = (encoded) => {
  const [, mark, inner = ''] = /^(U?)(\$S\$.*)$/s.exec(encoded) ?? [];
  if (mark === undefined) return undefined;
  if (inner.length !== DRUPAL_LETTERS || !/^\$S\$[./A-Za-z0-9]+$/.test(inner)) {
    throw new UnreadableHash('a Drupal 7 hash that is not written as one');
  }
  return mark === ''
    ? stretched('sha512', 'drupal7', inner)
    : stretched('sha512', 'drupal7', inner, (password) => hash('md5', password, 'hex'));
};
