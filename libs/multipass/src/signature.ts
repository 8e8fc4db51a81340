import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import { decodeBase64 } from './base64.js';
import type { Carried } from './query.js';

/** The words Desk's own troubleshooting page uses, so that people who follow it recognise the case. */
const PUBLISHED_NAME = 'Multipass Signature Verification Failed';

export function sign(text: string, apiKey: string): Buffer {
  return createHmac('sha1', apiKey).update(text, 'utf8').digest();
}

/**
 * Two texts may carry the signature: the decoded one, line ends included, and the still escaped one
 * (python-tender signs what its library has already quoted). Both MACs are always computed and compared.
 */
export function verifySignature(token: Carried, signature: Carried, apiKey: string): void {
  const given = decodeBase64(signature.text);
  if (given?.length !== 20) throw signatureRefusal(whyNotTwentyBytes(signature.text, given));
  const overText = timingSafeEqual(given, sign(token.text, apiKey));
  const overEscaped = timingSafeEqual(given, sign(token.escaped, apiKey));
  if (!overText && !overEscaped) {
    throw signatureRefusal(
      'it was made with another Multipass key, or over another text. Check that the script has the current Multipass ' +
        'key and signs the multipass text as it was before percent-encoding.',
    );
  }
}

export function signatureRefusal(why: string): Refusal {
  return new Refusal('multipass.signature', `${PUBLISHED_NAME}: ${why}`);
}

function whyNotTwentyBytes(text: string, bytes: Buffer | undefined): string {
  const expected = 'It must be Base64 of the raw 20 bytes of HMAC-SHA1.';
  const hexadecimal = /^[0-9a-f]{40}$/i;
  if (hexadecimal.test(text.trim())) return `the signature is hexadecimal. ${expected}`;
  if (bytes && hexadecimal.test(bytes.toString('latin1'))) return `the signature is Base64 of hexadecimal. ${expected}`;
  if (bytes?.length === 32) return `the signature has the length of HMAC-SHA256. ${expected}`;
  return `the signature is not 20 bytes of Base64. ${expected}`;
}
