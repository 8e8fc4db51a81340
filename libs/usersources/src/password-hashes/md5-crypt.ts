import { hash } from 'node:crypto';
import { sameText } from './constant-time.js';
import { cryptLetters } from './encodings.js';
import { UnreadableHash, type ReadHash } from './stored-hash.js';
import { stretch } from './stretch.js';

const SHAPE = /^(\$1\$|\$apr1\$)([^$\n]{0,8})\$([./A-Za-z0-9]{22})$/;
const ROUNDS = 1_000;

const md5 = (...parts: Uint8Array[]): Buffer => hash('md5', Buffer.concat(parts), 'buffer');

/** Poul-Henning Kamp's of 1994 (`$1$`), and Apache's of another mark (`$apr1$`). Its author has long disowned it. */
export const md5Crypt: ReadHash = (encoded) => {
  if (!/^\$(1|apr1)\$/.test(encoded)) return undefined;
  const [, mark, salt = '', stored = ''] = SHAPE.exec(encoded) ?? [];
  if (mark === undefined) throw new UnreadableHash('an MD5-crypt hash that is not written as one');
  return {
    scheme: mark === '$1$' ? 'md5-crypt' : 'apr1-md5-crypt',
    weak: true,
    verify: async (password) => sameText(written(await digestOf(mark, password, Buffer.from(salt))), stored),
  };
};

async function digestOf(mark: string, password: string, salt: Buffer): Promise<Buffer> {
  const key = Buffer.from(password);
  const inner = md5(key, salt, key);
  const bits: Buffer[] = []; // The length's bits, lowest first: a zero byte for a one, the first letter for a zero.
  for (let length = key.length; length > 0; length >>>= 1) bits.push(length & 1 ? Buffer.alloc(1) : key.subarray(0, 1));
  const first = md5(key, Buffer.from(mark), salt, Buffer.alloc(key.length, inner), ...bits);
  return stretch(ROUNDS, first, (last, index) => {
    const odd = index % 2 === 1;
    return md5(
      odd ? key : last,
      ...(index % 3 === 0 ? [] : [salt]),
      ...(index % 7 === 0 ? [] : [key]),
      odd ? last : key,
    );
  });
}

function written(digest: Buffer): string {
  const byte = (index: number) => digest[index] ?? 0;
  const groups = [
    [0, 6, 12],
    [1, 7, 13],
    [2, 8, 14],
    [3, 9, 15],
    [4, 10, 5],
  ];
  const text = groups.map(([a = 0, b = 0, c = 0]) => cryptLetters((byte(a) << 16) | (byte(b) << 8) | byte(c), 4));
  return text.join('') + cryptLetters(byte(11), 2);
}
