import {
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  sign,
  verify,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import { CompactEncrypt, compactDecrypt, importJWK, type JWK } from 'jose';
import { Refusal } from '@passbroker/model';

export type ServiceName = 'gateway' | 'minter' | 'admin';

/** The public halves a service publishes: how to check what it said, and how to tell it a secret. */
export interface ServicePublicKeys {
  service: ServiceName;
  /** Ed25519, JWK. */
  signing: JsonWebKey;
  /** X25519, JWK. */
  sealing: JsonWebKey;
}

/** RFC 8410 PKCS#8 prefixes for a raw 32-byte private key. */
const PKCS8 = { ed25519: '302e020100300506032b657004220420', x25519: '302e020100300506032b656e04220420' };

const privateKey = (curve: keyof typeof PKCS8, seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([Buffer.from(PKCS8[curve], 'hex'), seed]), format: 'der', type: 'pkcs8' });

/**
 * Who a service is, all derived from one secret of at least 32 bytes, so that the operator hands each
 * service exactly one file and every replica of it is the same somebody. No private key leaves this object.
 */
export class ServiceIdentity {
  readonly service: ServiceName;
  readonly publicKeys: ServicePublicKeys;
  readonly #secret: Buffer;
  readonly #signing: KeyObject;
  readonly #sealing: KeyObject;
  readonly #sealingJwk: JWK;

  constructor(service: ServiceName, secret: string) {
    const bytes = Buffer.from(secret, 'utf8');
    if (bytes.length < 32) throw new Error(`the secret of ${service} must have at least 32 bytes`);
    this.service = service;
    this.#secret = bytes;
    this.#signing = privateKey('ed25519', this.derive('sign', 32));
    this.#sealing = privateKey('x25519', this.derive('seal', 32));
    const sealing = this.#sealing.export({ format: 'jwk' });
    this.#sealingJwk = { kty: 'OKP', crv: 'X25519', x: sealing.x, d: sealing.d };
    this.publicKeys = {
      service,
      signing: createPublicKey(this.#signing).export({ format: 'jwk' }),
      sealing: createPublicKey(this.#sealing).export({ format: 'jwk' }),
    };
  }

  /** Bytes for one purpose (HKDF-SHA256): cookie keys, local encryption. Never the same for two purposes. */
  derive(purpose: string, length: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, `passbroker/${this.service}`, purpose, length));
  }

  sign(bytes: Buffer): Buffer {
    return sign(null, bytes, this.#signing);
  }

  /** @throws Refusal secret.unreadable when it was sealed to somebody else, or altered. */
  async open(sealed: string): Promise<string> {
    try {
      const { plaintext } = await compactDecrypt(sealed, await importJWK(this.#sealingJwk, 'ECDH-ES+A256KW'), {
        keyManagementAlgorithms: ['ECDH-ES+A256KW'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      return Buffer.from(plaintext).toString('utf8');
    } catch (cause) {
      throw new Refusal('secret.unreadable', `a secret is not sealed to this ${this.service}`, { cause });
    }
  }
}

/** RFC 7638 thumbprint, short: names which of a service's sealing keys a secret was sealed to. */
export function keyThumbprint(jwk: JsonWebKey): string {
  return createHash('sha256')
    .update(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }))
    .digest('base64url');
}

/** Seals a secret to the one service that needs it (JWE, ECDH-ES on X25519). The sealer cannot read it back. */
export async function sealSecret(to: ServicePublicKeys, plaintext: string): Promise<string> {
  const key = await importJWK({ kty: 'OKP', crv: 'X25519', x: to.sealing.x }, 'ECDH-ES+A256KW');
  return new CompactEncrypt(Buffer.from(plaintext, 'utf8'))
    .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: keyThumbprint(to.sealing) })
    .encrypt(key);
}

/** In a record's settings a secret is this object and nothing else, so that nobody mistakes it for plain text. */
export interface SealedSecret {
  sealed: string;
}

export const isSealed = (value: unknown): value is SealedSecret =>
  typeof value === 'object' && value !== null && 'sealed' in value && typeof value.sealed === 'string';

/** Answers a function that checks Ed25519 signatures of one service; the key is parsed once. */
export function signatureChecker(from: ServicePublicKeys): (bytes: Buffer, signature: Buffer) => boolean {
  const key = createPublicKey({ key: from.signing, format: 'jwk' });
  return (bytes, signature) => verify(null, bytes, key, signature);
}
