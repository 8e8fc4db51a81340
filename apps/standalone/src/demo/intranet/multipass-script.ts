import { createCipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import type { Person } from './people.js';

export interface MultipassScript {
  siteKey: string;
  apiKey: string;
  /** `https://<broker>/customer/authentication/multipass/callback` */
  callback: string;
}

/**
 * The customer's side, as Desk's customers wrote it and with nothing of ours: JSON, AES-128-CBC with a random IV in
 * front, Base64, HMAC-SHA1 over that text, and off to the callback.
 */
export function multipassUrl(person: Person, { siteKey, apiKey, callback }: MultipassScript, to?: string): string {
  const json = JSON.stringify({
    uid: person.uid,
    customer_email: person.email,
    customer_name: person.name,
    customer_custom_department: person.department,
    expires: new Date(Date.now() + 5 * 60_000).toISOString(),
    ...(to !== undefined && { to }),
  });

  const key = createHash('sha1')
    .update(apiKey + siteKey)
    .digest()
    .subarray(0, 16);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  const encrypted = Buffer.concat([iv, cipher.update(json, 'utf8'), cipher.final()]);

  const multipass = encrypted.toString('base64');
  const signature = createHmac('sha1', apiKey).update(multipass).digest('base64');
  return `${callback}?multipass=${encodeURIComponent(multipass)}&signature=${encodeURIComponent(signature)}`;
}
