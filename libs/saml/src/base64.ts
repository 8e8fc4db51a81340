import { Refusal } from '@passbroker/model';

/**
 * Standard Base64 as RFC 2045 writes it: broken into lines or not, complete padding, no other alphabet and no
 * stray bits, so that one message has one spelling (a replay in other letters would still be the same message,
 * but two decoders must never read two).
 *
 * @throws Refusal upstream.malformed
 */
export function fromBase64(text: string, what: string): Buffer {
  const letters = /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, '') : text;
  const bytes = Buffer.from(letters, 'base64');
  if (letters === '' || bytes.toString('base64') !== letters) {
    throw new Refusal('upstream.malformed', `${what} is not Base64`);
  }
  return bytes;
}

/** Inside XML, Base64 is often indented: white space around and within it means nothing (XML Schema, 3.2.16). */
export const fromXmlBase64 = (text: string, what: string): Buffer => fromBase64(text.replace(/[ \t\r\n]+/g, ''), what);
