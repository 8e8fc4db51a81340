import { createPrivateKey, createPublicKey, generateKeyPair, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint } from 'jose';
import { z } from 'zod';
import type { StoredTokenKey } from '@passbroker/catalog';
import { sealSecret, type ServiceIdentity } from '@passbroker/platform';
import type { SigningAlgorithm } from '@passbroker/protocols';

const generate = promisify(generateKeyPair);

const jwkShape = z.record(z.string(), z.unknown());

/** A new pair; what is stored is sealed before it leaves this function. RSA is made in the thread pool. */
export async function newTokenKey(
  identity: ServiceIdentity,
  brand: string,
  alg: SigningAlgorithm,
  state: 'next' | 'current',
  at: Date,
): Promise<StoredTokenKey> {
  const { privateKey, publicKey } =
    alg === 'ES256'
      ? await generate('ec', { namedCurve: 'P-256' })
      : await generate('rsa', { modulusLength: 2_048, publicExponent: 0x10001 });
  const publicJwk = publicKey.export({ format: 'jwk' });
  return {
    kid: await thumbprint(publicJwk),
    brand,
    alg,
    state,
    publicJwk: jwkShape.parse(publicJwk),
    createdAt: at,
    activatedAt: state === 'current' ? at : null,
    retiredAt: null,
    sealed: await sealSecret(identity.publicKeys, JSON.stringify(privateKey.export({ format: 'jwk' }))),
  };
}

const thumbprint = ({ kty, crv, x, y, n, e }: JsonWebKey): Promise<string> =>
  calculateJwkThumbprint({ kty: kty ?? '', crv, x, y, n, e });

/** @throws Refusal secret.unreadable when the key was sealed to somebody else. */
export async function openPrivate(identity: ServiceIdentity, key: StoredTokenKey): Promise<KeyObject> {
  const jwk = jwkShape.parse(JSON.parse(await identity.open(key.sealed)));
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

/** Refuses a stored public half that is not a public key, such as one with private members in it. */
export const publicHalf = (key: StoredTokenKey): JsonWebKey =>
  createPublicKey({ key: jwkShape.parse(key.publicJwk), format: 'jwk' }).export({ format: 'jwk' });

/**
 * ES256 costs 25 µs: cheaper done here than carried to another thread and back. RS256 costs a third of a
 * millisecond, in which this thread could answer somebody else.
 */
export function signWith(alg: SigningAlgorithm, key: KeyObject, bytes: Uint8Array): Promise<Uint8Array> {
  if (alg === 'ES256') return Promise.resolve(sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }));
  return new Promise((resolve, reject) => {
    sign('sha256', bytes, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}
