import { createHash } from 'node:crypto';
import { Refusal } from '@passbroker/model';

export interface MultipassKeys {
  /** The account's sub-domain alone, lower case: `acme`, never `acme.desk.com`. It is hashed, so every letter counts. */
  siteKey: string;
  /** The Multipass key as text. It looks like hex but is never decoded. */
  apiKey: string;
}

/** API key first, no separator: what every Desk and Tender client does. */
export function encryptionKey({ siteKey, apiKey }: MultipassKeys): Buffer {
  return createHash('sha1')
    .update(apiKey + siteKey, 'utf8')
    .digest()
    .subarray(0, 16);
}

/** HMAC accepts an empty key, and then anybody can sign. */
export function demandKeys({ siteKey, apiKey }: MultipassKeys): void {
  if (apiKey === '') throw new Refusal('usersource.misconfigured', 'The Multipass key is empty.');
  if (siteKey === '') throw new Refusal('usersource.misconfigured', 'The Multipass site key is empty.');
}
