import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Refusal } from '@passbroker/model';

/**
 * AES-256-GCM. `context` says what the text is for and whose it is: moved to another account or another purpose
 * it does not open.
 */
export function sealText(key: Buffer, context: string, text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

/** @throws Refusal secret.unreadable */
export function openText(key: Buffer, context: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch (cause) {
    throw new Refusal('secret.unreadable', `a sealed text is not for ${context.split(' ', 1)[0]}`, { cause });
  }
}
