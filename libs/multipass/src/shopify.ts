import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import { decodeBase64 } from './base64.js';
import { shopifyClaims, type MultipassClaims } from './claims.js';
import { readJson } from './json-members.js';
import { demandAlive, type LifetimeRules } from './lifetime.js';
import { invalidData } from './token.js';
import type { WriteOptions, WrittenClaims } from './write-multipass.js';

/**
 * Shopify's format shares the name and the idea: IV, ciphertext and an HMAC over both, under two keys made from one
 * secret, all in one url-safe text. It has no expiry of its own; receivers count 15 minutes from `created_at`.
 */
const LIFETIME_SEC = 15 * 60;
/** Real clients stamp milliseconds after the broker's idea of now. */
const USUAL_SKEW_SEC = 60;
const MAC_BYTES = 32;

export interface ShopifyMultipass extends MultipassClaims {
  dialect: 'shopify';
  replayKey: string;
  /** When present, the token is good for this address only. The caller knows the address and must compare. */
  remoteIp?: string;
}

/** Reads the last segment of `/account/login/multipass/<token>`, or throws a Refusal. */
export function readShopifyMultipass(
  token: string,
  secret: string,
  now: Date,
  { clockSkewSec = USUAL_SKEW_SEC, maxLifetimeSec = LIFETIME_SEC }: LifetimeRules = {},
): ShopifyMultipass {
  const bytes = token.length > 8192 ? undefined : decodeBase64(token);
  if (!bytes || bytes.length < 16 + 16 + MAC_BYTES) {
    throw new Refusal('multipass.signature', 'The token is too short, too long, or not url-safe Base64.');
  }
  const { encryption, signature } = keysFrom(secret);
  const signed = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(bytes.subarray(-MAC_BYTES), mac(signed, signature))) {
    throw new Refusal('multipass.signature', 'The token was not signed with this Multipass secret.');
  }
  const plaintext = decrypt(signed, encryption);
  const json = plaintext && readJson(plaintext.toString('utf8'));
  if (!json || json.is === 'nothing') {
    throw new Refusal(
      'multipass.decryption',
      'The token is signed with this Multipass secret, but cannot be decrypted.',
    );
  }
  if (json.is !== 'object' || json.repeats) throw invalidData('the token is no JSON object, or a name occurs twice.');

  const { createdAt, ...claims } = shopifyClaims(json.members);
  const expires = new Date(createdAt.getTime() + LIFETIME_SEC * 1000);
  demandAlive(expires, now, { clockSkewSec, maxLifetimeSec });
  return {
    ...claims,
    expires,
    dialect: 'shopify',
    replayKey: createHash('sha256').update(plaintext).digest('base64url'),
  };
}

/** Writes the token; `expires` and `custom` have no place in it. Shopify takes each token once. */
export function writeShopifyMultipass(
  claims: Omit<WrittenClaims, 'expires' | 'custom'> & { remoteIp?: string },
  secret: string,
  now: Date,
  { randomBytes: random = randomBytes }: WriteOptions = {},
): string {
  if (claims.email === '') throw invalidData('a pass needs an e-mail address.');
  const { encryption, signature } = keysFrom(secret);
  const space = claims.name.lastIndexOf(' ');
  const json = JSON.stringify({
    email: claims.email,
    created_at: now.toISOString(),
    identifier: claims.uid,
    first_name: space < 0 ? claims.name : claims.name.slice(0, space),
    last_name: space < 0 ? undefined : claims.name.slice(space + 1),
    return_to: claims.to,
    remote_ip: claims.remoteIp,
  });
  const iv = random(16);
  const cipher = createCipheriv('aes-128-cbc', encryption, iv);
  const signed = Buffer.concat([iv, cipher.update(json, 'utf8'), cipher.final()]);
  return Buffer.concat([signed, mac(signed, signature)])
    .toString('base64')
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

function keysFrom(secret: string): { encryption: Buffer; signature: Buffer } {
  if (secret === '') throw new Refusal('usersource.misconfigured', 'The Multipass secret is empty.');
  const digest = createHash('sha256').update(secret, 'utf8').digest();
  return { encryption: digest.subarray(0, 16), signature: digest.subarray(16) };
}

function mac(signed: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(signed).digest();
}

function decrypt(signed: Buffer, key: Buffer): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-128-cbc', key, signed.subarray(0, 16));
    return Buffer.concat([decipher.update(signed.subarray(16)), decipher.final()]);
  } catch {
    return undefined;
  }
}
