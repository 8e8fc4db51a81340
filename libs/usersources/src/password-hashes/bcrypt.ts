import { createHash, createHmac } from 'node:crypto';
import { verify } from '@node-rs/bcrypt';
import { count, UnreadableHash, type ReadHash } from './stored-hash.js';

/** 2^15 takes about two seconds; each step more doubles it (SQL-011). */
const MOST_COST = 15;
/** `$2x$` marks PHP's old bug with signed letters: another algorithm, which nobody here computes. */
const SHAPE = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

function bcryptOf(encoded: string, scheme: string, prepare: (password: string) => string) {
  const cost = SHAPE.exec(encoded)?.[1];
  if (cost === undefined) throw new UnreadableHash('a bcrypt hash that is not written as one');
  const log = count(cost, 'bcrypt cost', MOST_COST, 4);
  return { scheme, weak: log < 8, verify: (password: string) => verify(prepare(password), encoded) };
}

/** As OpenBSD's, PHP's and everybody's: bytes after the 72nd do not count, here as there. */
export const bcrypt: ReadHash = (encoded) =>
  encoded.startsWith('$2') ? bcryptOf(encoded, 'bcrypt', (password) => password) : undefined;

/** Django, which works around the 72 bytes: bcrypt of the SHA-256, in hexadecimal. */
export const djangoBcrypt: ReadHash = (encoded) => {
  const [, scheme, inner = ''] = /^(bcrypt|bcrypt_sha256)\$(\$2.*)$/.exec(encoded) ?? [];
  if (scheme === undefined) return undefined;
  if (scheme === 'bcrypt') return bcryptOf(inner, 'bcrypt', (password) => password);
  return bcryptOf(inner, 'bcrypt_sha256', (password) => createHash('sha256').update(password).digest('hex'));
};

/** WordPress since 6.8: bcrypt of an HMAC-SHA-384 with a fixed key. WordPress trims the password, so we do. */
export const wordpressBcrypt: ReadHash = (encoded) =>
  encoded.startsWith('$wp$2')
    ? bcryptOf(encoded.slice(3), 'wordpress-bcrypt', (password) =>
        createHmac('sha384', 'wp-sha384').update(password.trim()).digest('base64'),
      )
    : undefined;
