import { pbkdf2 as pbkdf2Of } from 'node:crypto';
import { promisify } from 'node:util';
import { sameBytes } from './constant-time.js';
import { fromBase64 } from './encodings.js';
import { count, UnreadableHash, type ReadHash, type StoredHash } from './stored-hash.js';

const derive = promisify(pbkdf2Of);

/** Django's count grows every year, and is 1,500,000 in 2027. A longer digest multiplies the work: it has its cap too. */
const MOST = { rounds: 3_000_000, bytes: 128 };
const LEAST_ROUNDS = 100_000;
const DIGEST_BYTES: Readonly<Record<string, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };

function pbkdf2Hash(algorithm: string, rounds: string | undefined, salt: Buffer, digest: Buffer): StoredHash {
  const size = DIGEST_BYTES[algorithm];
  if (size === undefined) throw new UnreadableHash('a PBKDF2 over a digest we do not know');
  const times = count(rounds, 'PBKDF2 rounds', MOST.rounds);
  if (digest.length < 16 || digest.length > MOST.bytes) throw new UnreadableHash('a PBKDF2 digest of an odd length');
  count(String(times * Math.ceil(digest.length / size)), 'PBKDF2 rounds times blocks', MOST.rounds);
  return {
    scheme: `pbkdf2-${algorithm}`,
    weak: times < LEAST_ROUNDS || algorithm === 'md5',
    verify: async (password) => sameBytes(await derive(password, salt, times, digest.length, algorithm), digest),
  };
}

/** `pbkdf2_sha256$rounds$salt$digest`: Django. The salt is text. */
const django = /^pbkdf2_(sha256|sha1)\$(\d+)\$([^$]{1,128})\$([A-Za-z0-9+/]+={0,2})$/;
/** `pbkdf2:sha256:rounds$salt$hex`: Werkzeug, Flask. The salt is text. */
const werkzeug = /^pbkdf2:(sha256|sha512|sha1):(\d+)\$([^$]{1,128})\$((?:[0-9a-f]{2})+)$/;
/** `$pbkdf2-sha256$rounds$salt$digest` (passlib; `$pbkdf2$` is SHA-1) and OpenLDAP's `{PBKDF2-SHA256}rounds$…`. */
const modular =
  /^(?:\$pbkdf2(?:-(sha256|sha512|sha1))?\$|\{PBKDF2(?:-(SHA256|SHA512|SHA1))?\})(\d+)\$([A-Za-z0-9./+]+)\$([A-Za-z0-9./+]+)$/;
/** `sha256:rounds:salt:digest`, both in Base64: hashcat's form, and that of many exports. */
const colons = /^(md5|sha1|sha256|sha512):(\d+):([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/;
/** Atlassian's: 10,000 rounds of SHA-1, salt of 16 bytes in front. */
const atlassian = /^\{PKCS5S2\}([A-Za-z0-9+/]{64})$/;

export const pbkdf2: ReadHash = (encoded) => {
  let parts = django.exec(encoded) ?? werkzeug.exec(encoded);
  if (parts) {
    const [, algorithm = '', rounds, salt = '', digest = ''] = parts;
    const bytes = encoded.startsWith('pbkdf2:') ? Buffer.from(digest, 'hex') : fromBase64(digest, 'the digest');
    return pbkdf2Hash(algorithm, rounds, Buffer.from(salt), bytes);
  }
  parts = modular.exec(encoded);
  if (parts) {
    const [, dollars, braces, rounds, salt = '', digest = ''] = parts;
    const algorithm = dollars ?? braces?.toLowerCase() ?? 'sha1';
    return pbkdf2Hash(algorithm, rounds, fromBase64(salt, 'the salt'), fromBase64(digest, 'the digest'));
  }
  parts = colons.exec(encoded);
  if (parts) {
    const [, algorithm = '', rounds, salt = '', digest = ''] = parts;
    return pbkdf2Hash(algorithm, rounds, fromBase64(salt, 'the salt'), fromBase64(digest, 'the digest'));
  }
  parts = atlassian.exec(encoded);
  if (parts) {
    const both = fromBase64(parts[1] ?? '', 'the hash');
    return pbkdf2Hash('sha1', '10000', both.subarray(0, 16), both.subarray(16));
  }
  if (/^(\$pbkdf2|pbkdf2[_:]|\{(PBKDF2|PKCS5S2))/.test(encoded)) {
    throw new UnreadableHash('a PBKDF2 hash that is not written as one');
  }
  return undefined;
};
