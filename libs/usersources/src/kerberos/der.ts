import { Refusal } from '@passbroker/model';

/** One thing in DER: what it is, what is in it, and nothing else of the bytes around it. */
export interface Der {
  tag: number;
  body: Buffer;
}

/** Deeper than any ticket, and no way to make us dig. */
const MOST_PARTS = 64;

/**
 * The part of DER that Kerberos is written in: one-byte tags, definite lengths. Whatever is longer or shorter than it
 * says is refused, so that no two readers can see two messages in it.
 * @throws Refusal upstream.malformed
 */
export function readDer(bytes: Buffer): Der {
  const [only, ...more] = readAll(bytes);
  if (!only || more.length > 0) throw malformed('there is more than one thing in it');
  return only;
}

export function readAll(bytes: Buffer): Der[] {
  const found: Der[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at] ?? 0;
    if ((tag & 0x1f) === 0x1f) throw malformed('a tag goes on');
    const { length, from } = lengthAt(bytes, at + 1);
    if (from + length > bytes.length) throw malformed('it ends before its end');
    if (found.push({ tag, body: bytes.subarray(from, from + length) }) > MOST_PARTS) throw malformed('too many parts');
    at = from + length;
  }
  return found;
}

function lengthAt(bytes: Buffer, at: number): { length: number; from: number } {
  const first = bytes[at];
  if (first === undefined) throw malformed('it ends in a length');
  if (first < 0x80) return { length: first, from: at + 1 };
  const size = first & 0x7f;
  if (size === 0 || size > 3 || at + 1 + size > bytes.length) throw malformed('a length is none');
  return { length: bytes.readUIntBE(at + 1, size), from: at + 1 + size };
}

/** The body of a thing that must have this tag. */
export function inside(der: Der | undefined, tag: number): Buffer {
  if (der?.tag !== tag) throw malformed(`0x${tag.toString(16)} is not where it should be`);
  return der.body;
}

export const malformed = (why: string): Refusal => new Refusal('upstream.malformed', `the Negotiate token: ${why}`);
