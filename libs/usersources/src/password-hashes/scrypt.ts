import { scrypt as scryptOf } from 'node:crypto';
import { promisify } from 'node:util';
import { sameBytes } from './constant-time.js';
import { fromBase64 } from './encodings.js';
import { count, UnreadableHash, type ReadHash, type StoredHash } from './stored-hash.js';

const derive = promisify<string, Uint8Array, number, object, Buffer>(scryptOf);

/** 128 MiB, and as much work as two million blocks: a few seconds (SQL-011). */
const MOST = { log: 20, r: 32, p: 16, bytes: 134_217_728, blocks: 2_097_152 };
const LEAST_BYTES = 8_388_608;

function scryptHash(log: number, r: number, p: number, salt: Uint8Array, digest: Buffer): StoredHash {
  const N = 2 ** log;
  const bytes = 128 * N * r;
  count(String(bytes), 'scrypt memory in bytes', MOST.bytes);
  count(String(N * r * p), 'scrypt blocks', MOST.blocks);
  if (digest.length < 16 || digest.length > 64) throw new UnreadableHash('an scrypt digest of an odd length');
  return {
    scheme: 'scrypt',
    weak: bytes < LEAST_BYTES,
    verify: async (password) =>
      sameBytes(await derive(password, salt, digest.length, { N, r, p, maxmem: 2 * bytes + 1_048_576 }), digest),
  };
}

const r = (digits: string | undefined) => count(digits, 'scrypt r', MOST.r);
const p = (digits: string | undefined) => count(digits, 'scrypt p', MOST.p);

/** `$scrypt$ln=14,r=8,p=1$salt$digest`: the PHC form, passlib's. */
export const phcScrypt: ReadHash = (encoded) => {
  if (!encoded.startsWith('$scrypt$')) return undefined;
  const parts = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(encoded);
  if (!parts) throw new UnreadableHash('an scrypt hash that is not written as one');
  const [, ln, rs, ps, salt = '', digest = ''] = parts;
  const log = count(ln, 'scrypt ln', MOST.log);
  return scryptHash(log, r(rs), p(ps), fromBase64(salt, 'the salt'), fromBase64(digest, 'the digest'));
};

/** `scrypt$16384$salt$8$1$digest` (Django) and `scrypt:32768:8:1$salt$hex` (Werkzeug, Flask): the salt is text. */
export const textScrypt: ReadHash = (encoded) => {
  const django = /^scrypt\$(\d+)\$([^$]{1,128})\$(\d+)\$(\d+)\$([A-Za-z0-9+/]+={0,2})$/.exec(encoded);
  const werkzeug = /^scrypt:(\d+):(\d+):(\d+)\$([^$]{1,128})\$((?:[0-9a-f]{2})+)$/.exec(encoded);
  if (django) {
    const [, N, salt = '', rs, ps, digest = ''] = django;
    return scryptHash(logOf(N), r(rs), p(ps), Buffer.from(salt), fromBase64(digest, 'the digest'));
  }
  if (werkzeug) {
    const [, N, rs, ps, salt = '', digest = ''] = werkzeug;
    return scryptHash(logOf(N), r(rs), p(ps), Buffer.from(salt), Buffer.from(digest, 'hex'));
  }
  if (/^scrypt[$:]/.test(encoded)) throw new UnreadableHash('an scrypt hash that is not written as one');
  return undefined;
};

function logOf(digits: string | undefined): number {
  const log = Math.log2(count(digits, 'scrypt N', 2 ** MOST.log, 2));
  if (!Number.isInteger(log)) throw new UnreadableHash('scrypt N is no power of two');
  return log;
}
