import { hash } from 'node:crypto';
import { sameBytes } from './constant-time.js';
import { fromBase64 } from './encodings.js';
import { UnreadableHash, type ReadHash } from './stored-hash.js';

const bytesOf = (algorithm: string, ...parts: (string | Uint8Array)[]): Buffer =>
  hash(algorithm, Buffer.concat(parts.map((part) => Buffer.from(part))), 'buffer');

const LDAP: Readonly<Record<string, { algorithm: string; size: number; salted: boolean }>> = {
  MD5: { algorithm: 'md5', size: 16, salted: false },
  SMD5: { algorithm: 'md5', size: 16, salted: true },
  SHA: { algorithm: 'sha1', size: 20, salted: false },
  SSHA: { algorithm: 'sha1', size: 20, salted: true },
  SHA256: { algorithm: 'sha256', size: 32, salted: false },
  SSHA256: { algorithm: 'sha256', size: 32, salted: true },
  SHA512: { algorithm: 'sha512', size: 64, salted: false },
  SSHA512: { algorithm: 'sha512', size: 64, salted: true },
};

/** RFC 2307's `{SSHA}` and its kin: the digest, then the salt, in one Base64. */
export const ldapDigest: ReadHash = (encoded) => {
  const [, name = '', body = ''] = /^\{(S?MD5|S?SHA(?:256|512)?)\}(.*)$/is.exec(encoded) ?? [];
  const kind = LDAP[name.toUpperCase()];
  if (kind === undefined) return undefined;
  const bytes = fromBase64(body, 'the hash');
  const digest = bytes.subarray(0, kind.size);
  const salt = bytes.subarray(kind.size);
  if (digest.length < kind.size || salt.length > 64 || salt.length > 0 !== kind.salted) {
    throw new UnreadableHash(`a {${name.toUpperCase()}} hash of the wrong length`);
  }
  return {
    scheme: `{${name.toUpperCase()}}`,
    weak: true,
    verify: async (password) => sameBytes(bytesOf(kind.algorithm, password, salt), digest),
  };
};

/** Django's `sha1$salt$hex` and `md5$salt$hex`: digest over salt, then password. */
export const djangoDigest: ReadHash = (encoded) => {
  const parts = /^(?:(sha1)\$([^$]{0,128})\$([0-9a-f]{40})|(md5)\$([^$]{0,128})\$([0-9a-f]{32}))$/.exec(encoded);
  if (!parts) {
    if (/^(sha1|md5)\$/.test(encoded)) throw new UnreadableHash('a salted digest that is not written as one');
    return undefined;
  }
  const [algorithm = '', salt = '', hex = ''] = parts[1] === undefined ? parts.slice(4) : parts.slice(1, 4);
  const digest = Buffer.from(hex, 'hex');
  return {
    scheme: `django-${algorithm}`,
    weak: true,
    verify: async (password) => sameBytes(bytesOf(algorithm, salt, password), digest),
  };
};

/** Joomla before 2.5.18: MD5 over password, then a salt of 32 letters, which stands behind a colon. */
export const joomla: ReadHash = (encoded) => {
  const [, hex = '', salt = ''] = /^([0-9a-f]{32}):([A-Za-z0-9]{32})$/.exec(encoded) ?? [];
  if (hex === '') return undefined;
  const digest = Buffer.from(hex, 'hex');
  return { scheme: 'joomla-md5', weak: true, verify: async (text) => sameBytes(bytesOf('md5', text, salt), digest) };
};
