import { createCipheriv, createHash, createHmac } from 'node:crypto';

/** A customer's script written from the published description alone, so that tests can send what ours never would. */
export const KEYS = { siteKey: 'acme', apiKey: 'testkey-0123456789abcdef0123456789abcdef' };
export const NOW = new Date('2030-01-01T00:00:00Z');
export const JANE = {
  uid: 'u-1001',
  expires: '2030-01-01T00:05:00+00:00',
  customer_email: 'jane.doe@example.com',
  customer_name: 'Jane Doe',
};

export function encrypt(plaintext: string | Buffer, iv: Buffer, { siteKey, apiKey } = KEYS): Buffer {
  const key = createHash('sha1')
    .update(apiKey + siteKey)
    .digest()
    .subarray(0, 16);
  const cipher = createCipheriv('aes-128-cbc', key, iv);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

export function tokenOf(payload: unknown, keys = KEYS): Buffer {
  const iv = Buffer.from('0123456789abcdef');
  const json = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return Buffer.concat([iv, encrypt(json, iv, keys)]);
}

export function signatureOf(text: string, { apiKey } = KEYS): string {
  return createHmac('sha1', apiKey).update(text).digest('base64');
}

export function queryOf(multipass: string, signature: string): string {
  return `multipass=${encodeURIComponent(multipass)}&signature=${encodeURIComponent(signature)}`;
}

export function signed(token: Buffer, keys = KEYS): string {
  const text = token.toString('base64');
  return queryOf(text, signatureOf(text, keys));
}

/** The query of a script that sends exactly this JSON. */
export function sent(payload: unknown, keys = KEYS): string {
  return signed(tokenOf(payload, keys), keys);
}
