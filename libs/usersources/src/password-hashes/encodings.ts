import { UnreadableHash } from './stored-hash.js';

/** The alphabet of crypt(3), which is not that of RFC 4648. */
export const CRYPT_LETTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `length` letters of six bits each, the lowest first: how crypt(3), phpass and Drupal write three bytes. */
export function cryptLetters(value: number, length: number): string {
  let text = '';
  for (let i = 0, rest = value; i < length; i += 1, rest >>>= 6) text += CRYPT_LETTERS.charAt(rest & 63);
  return text;
}

/** Whole bytes in their order, lowest first; the last group may be of one or two. */
export function cryptBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    text += cryptLetters(a | (b << 8) | (c << 16), Math.min(3, bytes.length - i) + 1);
  }
  return text;
}

/**
 * Base64 as people write it: standard, URL-safe, passlib's with dots, padded or not. Only the one spelling of the bytes
 * in that alphabet is read, so that a truncated or doubled column is noticed.
 */
export function fromBase64(text: string, what: string): Buffer {
  const plain = text
    .replace(/[-.]/g, '+')
    .replaceAll('_', '/')
    .replace(/={1,2}$/, '');
  const bytes = /^[A-Za-z0-9+/]+$/.test(plain) ? Buffer.from(plain, 'base64') : Buffer.alloc(0);
  if (bytes.length === 0 || bytes.toString('base64').replace(/={1,2}$/, '') !== plain) {
    throw new UnreadableHash(`${what} is not Base64`);
  }
  return bytes;
}
