import { inflateSync, type Zlib } from 'node:zlib';
import { Refusal } from '@passbroker/model';

/** The token as it was issued, taken apart to the byte but not yet believed. */
export interface Envelope {
  order: ByteOrder;
  /** SHA-1 over `data` and the node's password: 20 bytes. */
  mac: Buffer;
  /** What is signed. */
  data: Buffer;
}

export type ByteOrder = 'little' | 'big';

/** Widths of the columns keep real ones below 400 characters; anything larger is somebody's experiment. */
const MOST_CHARS = 1_024;
/** Real ones inflate to less than 256 bytes: their length is one byte. */
const MOST_INFLATED = 512;
/** Constants of every token seen: `1, 0` in two bytes each, then 700 and 0 in four. */
const VERSION_WORDS = [1, 0] as const;
const CONSTANTS = [700, 0] as const;
const HEADER_START = 20;
const HEADER_LENGTH = 44;
const DATA_START = HEADER_START + HEADER_LENGTH;

/**
 * The layout was measured on public tokens, one of them in Oracle's documentation of QAS_AUTHTOKEN_OPER. Every length
 * must fit to the byte: what nobody issues, nobody reads, and there is one spelling of each token only.
 * @throws Refusal upstream.malformed
 */
export function openEnvelope(cookie: string): Envelope {
  const token = fromBase64(cookie);
  const order = byteOrderOf(token);
  const read = reader(token, order);
  expect(read.u32(0) === token.length, 'its length is not what it says');
  expect(
    VERSION_WORDS.every((word, index) => read.u16(8 + 2 * index) === word) &&
      CONSTANTS.every((word, index) => read.u32(12 + 4 * index) === word),
    'it has another first line',
  );
  expect(read.u32(HEADER_START) === HEADER_LENGTH, 'its header has another length');
  expect(read.name(24) === 'Shdr' && read.text(30) === 'N', 'its header has another name');
  expect(read.text(34) === '8.10', 'it is of another version than 8.10');
  expect(token[43] === 20, 'its signature is not 20 bytes long');
  const stream = token.subarray(76);
  expect(read.u32(DATA_START) === token.length - DATA_START, 'its data section has another length');
  expect(read.name(68) === 'Sdata' && token[75] === stream.length, 'its data section does not end where it should');
  const data = inflated(stream);
  expect(data.length === token[33], 'its data inflate to another length');
  // The signed block repeats the first line, so that it cannot be read in the other byte order.
  expect(
    data.length > 20 &&
      reader(data, order).u32(0) === data.length &&
      data.subarray(4, 20).equals(token.subarray(4, 20)),
    'its data have another first line',
  );
  return { order, mac: token.subarray(44, 64), data };
}

function fromBase64(cookie: string): Buffer {
  expect(cookie.length > 0 && cookie.length <= MOST_CHARS, 'it has no length a token has');
  const bytes = Buffer.from(cookie, 'base64');
  // Node reads any base64 it can make sense of; a token has one spelling.
  expect(bytes.toString('base64') === cookie, 'it is not base64 as PeopleSoft writes it');
  expect(bytes.length > 76, 'it is too short');
  return bytes;
}

function byteOrderOf(token: Buffer): ByteOrder {
  const mark = token.readUInt32BE(4);
  if (mark === 0x04030201) return 'little';
  if (mark === 0x01020304) return 'big';
  throw malformed('its byte order mark is none');
}

/** Whoever sends 5 kB that inflate to 5 MB gets no more than 512 bytes of our memory; a wrong Adler-32 is refused by zlib. */
function inflated(stream: Buffer): Buffer {
  try {
    // The types do not know `info`, by which zlib tells how much of the input it has used.
    const { buffer, engine } = inflateSync(stream, { maxOutputLength: MOST_INFLATED, info: true }) as unknown as {
      buffer: Buffer;
      engine: Zlib;
    };
    expect(engine.bytesWritten === stream.length, 'there are bytes behind its data');
    return buffer;
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    throw malformed('its data do not inflate');
  }
}

/** Numbers and UTF-16 in the issuer's byte order. Reading past the end answers what no comparison accepts. */
export function reader(bytes: Buffer, order: ByteOrder) {
  const little = order === 'little';
  const within = (at: number, length: number): boolean => at >= 0 && at + length <= bytes.length;
  const u16 = (at: number): number =>
    within(at, 2) ? (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)) : Number.NaN;
  const utf16 = (from: number, length: number): string | undefined => {
    if (length % 2 !== 0 || !within(from, length)) return undefined;
    const text = Buffer.from(bytes.subarray(from, from + length));
    return (little ? text : text.swap16()).toString('utf16le');
  };
  return {
    u16,
    u32: (at: number): number =>
      within(at, 4) ? (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) : Number.NaN,
    /** A section's name: its length in two bytes, then ASCII. */
    name: (at: number): string => bytes.toString('latin1', at + 2, at + 2 + (u16(at) || 0)),
    /** A text: its length in one byte, then UTF-16. Undefined when it does not fit. */
    text: (at: number): string | undefined => utf16(at + 1, bytes[at] ?? 1),
  };
}

function expect(held: boolean, why: string): asserts held {
  if (!held) throw malformed(why);
}

export const malformed = (why: string): Refusal => new Refusal('upstream.malformed', `the PeopleSoft token: ${why}`);
