import { hash } from 'node:crypto';
import { sameText } from './constant-time.js';
import { cryptLetters } from './encodings.js';
import { count, UnreadableHash, type ReadHash } from './stored-hash.js';
import { stretch } from './stretch.js';

/** passlib's own default is 656,000; a million takes about a second and a half, in slices (SQL-011). */
const MOST_ROUNDS = 1_000_000;
const ROUNDS = { least: 1_000, usual: 5_000 };

const SHAPE = /^\$([56])\$(?:rounds=(\d+)\$)?([^$\n]{0,16})\$([./A-Za-z0-9]+)$/;
const DIGESTS = {
  '5': { algorithm: 'sha256', size: 32, letters: 43, scheme: 'sha256-crypt' },
  '6': { algorithm: 'sha512', size: 64, letters: 86, scheme: 'sha512-crypt' },
} as const;
type Digest = (typeof DIGESTS)[keyof typeof DIGESTS];

/**
 * Drepper's SHA-crypt (akkadia.org/drepper/SHA-crypt.txt), step by step. Written here because the package for it
 * miscomputes passwords whose length is a multiple of the digest's.
 */
export const shaCrypt: ReadHash = (encoded) => {
  if (!/^\$[56]\$/.test(encoded)) return undefined;
  const [, id, rounds, salt = '', stored = ''] = SHAPE.exec(encoded) ?? [];
  const digest = id === '5' || id === '6' ? DIGESTS[id] : undefined;
  if (digest === undefined || stored.length !== digest.letters) {
    throw new UnreadableHash('a SHA-crypt hash that is not written as one');
  }
  const times = rounds === undefined ? ROUNDS.usual : count(rounds, 'SHA-crypt rounds', MOST_ROUNDS, ROUNDS.least);
  return {
    scheme: digest.scheme,
    weak: false,
    verify: async (password) =>
      sameText(written(await digestOf(digest, Buffer.from(password), Buffer.from(salt), times), digest), stored),
  };
};

async function digestOf({ algorithm, size }: Digest, key: Buffer, salt: Buffer, rounds: number): Promise<Buffer> {
  const sha = (...parts: Uint8Array[]) => hash(algorithm, Buffer.concat(parts), 'buffer');
  const repeated = (bytes: Buffer, length: number) => Buffer.alloc(length, bytes.subarray(0, size));
  const b = sha(key, salt, key);
  const bits: Buffer[] = []; // Steps 9 to 11: the length's bits, lowest first, choose between b and the password.
  for (let length = key.length; length > 0; length >>>= 1) bits.push(length & 1 ? b : key);
  const a = sha(key, salt, repeated(b, key.length), ...bits);
  const p = repeated(sha(...Array.from({ length: key.length }, () => key)), key.length);
  const s = repeated(sha(...Array.from({ length: 16 + (a[0] ?? 0) }, () => salt)), salt.length);
  return stretch(rounds, a, (last, index) => {
    const odd = index % 2 === 1;
    return sha(odd ? p : last, ...(index % 3 === 0 ? [] : [s]), ...(index % 7 === 0 ? [] : [p]), odd ? last : p);
  });
}

/** Three bytes at a time, from three thirds of the digest, turning: the order of step 22. */
function written(digest: Buffer, { size }: Digest): string {
  const third = Math.floor(size / 3);
  const byte = (index: number) => digest[index] ?? 0;
  let text = '';
  for (let i = 0; i < third; i += 1) {
    const turn = size === 64 ? i % 3 : (3 - (i % 3)) % 3;
    const [x, y, z] = [0, 1, 2].map((k) => byte(((k + turn) % 3) * third + i));
    text += cryptLetters(((x ?? 0) << 16) | ((y ?? 0) << 8) | (z ?? 0), 4);
  }
  const last = size === 64 ? cryptLetters(byte(63), 2) : cryptLetters((byte(31) << 8) | byte(30), 3);
  return text + last;
}
