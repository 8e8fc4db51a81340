import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { z } from 'zod';
import { psTokenMac } from '../src/peoplesoft-token/read-ps-token.js';

const vector = z.object({
  id: z.string(),
  token: z.string(),
  nodePassword: z.string(),
  expectMacValid: z.boolean(),
  userId: z.string(),
  language: z.string(),
  node: z.string(),
  issued: z.string(),
  byteOrder: z.enum(['little', 'big']),
  macSha1Hex: z.string(),
  signedDataHex: z.string(),
});

/** Public tokens, and others made after their layout; who printed each is said in the file. */
export const VECTORS = z
  .object({
    psTokenMac: z.array(z.object({ nodePassword: z.string(), macSha1Hex: z.string(), signedDataHex: z.string() })),
    valid: z.array(vector),
    invalid: z.array(vector),
    malformed: z.array(z.object({ id: z.string(), token: z.string(), nodePassword: z.string() })),
  })
  .parse(JSON.parse(readFileSync(new URL('./fixtures/ps-tokens.json', import.meta.url), 'utf8')));

export interface Said {
  userId: string;
  node: string;
  issued: string;
  language?: string;
  password: string;
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'utf16le');
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
};
const FIRST_LINE = Buffer.from('0403020101000000bc02000000000000', 'hex');

/** How PeopleTools writes a time: `2030-01-01-10.30.00.000000`. */
export const written = (moment: Date): string =>
  moment.toISOString().replace('T', '-').replaceAll(':', '.').replace('Z', '000');

/** Issues a token as a node does. */
export function issueToken({ userId, language = 'ENG', node, issued, password }: Said): string {
  const fields = Buffer.concat([...[userId, language, node, issued].map(text), Buffer.of(0)]);
  const data = Buffer.concat([u32(4 + FIRST_LINE.length + fields.length), FIRST_LINE, fields]);
  return wrapToken(data, psTokenMac(data, password));
}

/** Around any data, signed by anybody. */
export function wrapToken(data: Buffer, mac: Buffer, stream = deflateSync(data)): string {
  const header = Buffer.concat([
    u32(44),
    Buffer.from([4, 0]),
    Buffer.from('Shdr'),
    text('N'),
    Buffer.of(data.length & 0xff),
    text('8.10'),
    Buffer.of(20),
    mac,
  ]);
  const section = Buffer.concat([Buffer.from([5, 0]), Buffer.from('Sdata'), Buffer.of(stream.length & 0xff), stream]);
  const rest = Buffer.concat([FIRST_LINE, header, u32(section.length + 4), section]);
  return Buffer.concat([u32(rest.length + 4), rest]).toString('base64');
}
