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
 * In the thread pool, both: RS256 costs a third of a millisecond, in which this thread could answer somebody else;
 * ES256 in place, between other work, measured three times what a loop of nothing else promises.
 */
export function signWith(alg: SigningAlgorithm, key: KeyObject, bytes: Uint8Array): Promise<Uint8Array> {
  // JWS wants the two numbers side by side (RFC 7518, 3.4), not in DER.
  const how = alg === 'ES256' ? { key, dsaEncoding: 'ieee-p1363' as const } : key;
  return new Promise((resolve, reject) => {
    sign('sha256', bytes, how, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}
