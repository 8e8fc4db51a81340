import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import { decodeBase64 } from './base64.js';
import { readJson } from './json-members.js';
import { encryptionKey, type MultipassKeys } from './keys.js';

/** `sent`: the first 16 bytes are the IV. `zero`: all "double XOR" scripts; the IV cancels out, whatever it was. */
export type IvRule = 'sent' | 'zero';

export interface OpenedToken {
  members: Map<string, string>;
  /**
   * SHA-256 of the IV, where one was sent, and the plaintext: all encodings of one token have the same key, and two
   * tokens of one person made in the same second (tabs that a browser restores together) have two.
   */
  replayKey: string;
}

export const ZERO_IV = Buffer.alloc(16);

/**
 * Padding does not tell the IV rules apart (CBC heals itself after one block): only "one whole JSON object" does.
 * Every allowed rule is tried, exactly one must fit. For the same reason one decryption serves both: read with a zero
 * IV, a token that carries its IV is 16 bytes of noise and then the plaintext.
 */
export function openToken(text: string, keys: MultipassKeys, rules: readonly IvRule[]): OpenedToken {
  const bytes = decodeBase64(text);
  if (!bytes) throw decryptionRefusal('the token is not Base64 (was it percent-encoded twice?).');
  if (bytes.length < 32 || bytes.length % 16 !== 0) {
    throw decryptionRefusal('the token is not a whole number of 16-byte blocks, at least two. Was it cut off?');
  }
  const decipher = createDecipheriv('aes-128-cbc', encryptionKey(keys), ZERO_IV).setAutoPadding(false);
  const whole = Buffer.concat([decipher.update(bytes), decipher.final()]);
  const body = withoutPadding(whole);
  // Bad padding takes the same way as bad JSON to the same refusal: unsigned tokens would make it an oracle.
  const readings = rules.map((rule) => ({
    ...read((body ?? whole).subarray(rule === 'sent' ? 16 : 0)),
    iv: rule === 'sent' ? bytes.subarray(0, 16) : Buffer.alloc(0),
  }));
  const objects = readings.flatMap((reading) =>
    reading.json.is === 'object' ? [{ ...reading, json: reading.json }] : [],
  );

  const [only, another] = body ? objects : [];
  if (another) throw decryptionRefusal('the token can be read in two ways.');
  if (!only) {
    if (body && readings.some(({ json }) => json.is === 'other'))
      throw invalidData('the token is JSON, but no object.');
    throw decryptionRefusal(
      `the content could not be recovered. Check that the script has the site key "${keys.siteKey}" exactly (the ` +
        'sub-domain only, lower case, no ".desk.com"), hashes API key then site key with SHA-1 and keeps 16 bytes, ' +
        'and encrypts with AES-128-CBC, PKCS#5 padding and ' +
        (rules.includes('sent')
          ? 'an IV that it puts in front of the ciphertext.'
          : 'no IV in front: unsigned tokens are only read in the format of the scripts that never signed.'),
    );
  }
  if (only.json.repeats) throw invalidData('a name occurs twice in the JSON.');
  return {
    members: only.json.members,
    replayKey: createHash('sha256').update(only.iv).update(only.plaintext).digest('base64url'),
  };
}

export function sealToken(plaintext: Buffer, keys: MultipassKeys, iv: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-cbc', encryptionKey(keys), iv);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

export function invalidData(why: string): Refusal {
  return new Refusal('multipass.invalid_data', `Multipass invalid data: ${why}`);
}

/** One name for all that can go wrong, as on Desk's troubleshooting page. */
function decryptionRefusal(why: string): Refusal {
  return new Refusal('multipass.decryption', `Multipass Token Decryption Failure: ${why}`);
}

function read(bytes: Buffer): { json: ReturnType<typeof readJson>; plaintext: Buffer } {
  // C# scripts pad by hand, and then the library pads again.
  const plaintext = bytes.at(-1) === 0x7d ? bytes : (withoutPadding(bytes) ?? bytes);
  const text = utf8(plaintext);
  return { json: text === undefined ? { is: 'nothing' } : readJson(text), plaintext };
}

function withoutPadding(bytes: Buffer): Buffer | undefined {
  const length = bytes.at(-1) ?? 0;
  if (length < 1 || length > 16 || length > bytes.length) return undefined;
  const end = bytes.length - length;
  return bytes.subarray(end).every((byte) => byte === length) ? bytes.subarray(0, end) : undefined;
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
