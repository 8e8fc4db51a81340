import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { exportJWK, importPKCS8, SignJWT, type JWK } from 'jose';
import { ClientSecretBasic, ClientSecretPost, PrivateKeyJwt, type ClientAuth } from 'openid-client';
import { Refusal } from '@passbroker/model';

/** How we show the token endpoint that we are its client. */
export type ClientCredentials =
  | { method: 'client_secret_basic' | 'client_secret_post'; secret: string }
  | { method: 'private_key_jwt'; privateKey: string; keyId?: string | undefined }
  /** Apple's own: a client secret that is a short-lived ES256 token of the developer team. */
  | { method: 'apple'; privateKey: string; keyId: string; teamId: string; audience: string };

const APPLE_SECRET_SECONDS = 300;

export async function clientAuthentication(
  credentials: ClientCredentials,
  clientId: string,
  now: Date,
): Promise<ClientAuth> {
  switch (credentials.method) {
    case 'client_secret_basic':
      return ClientSecretBasic(credentials.secret);
    case 'client_secret_post':
      return ClientSecretPost(credentials.secret);
    case 'private_key_jwt': {
      const { privateKey, keyId } = credentials;
      const key = await signingKey(privateKey);
      return PrivateKeyJwt(keyId === undefined ? key : { key, kid: keyId });
    }
    case 'apple':
      return ClientSecretPost(await appleSecret(clientId, credentials, now));
  }
}

/** The public half, for the upstream's admin; nothing where no key of ours is used. */
export async function publicKeys(credentials: ClientCredentials): Promise<{ keys: JWK[] }> {
  if (credentials.method !== 'private_key_jwt') return { keys: [] };
  const { privateKey, keyId } = credentials;
  const key = readPrivateKey(privateKey);
  const jwk = await exportJWK(createPublicKey(key));
  return { keys: [{ ...jwk, use: 'sig', alg: algorithmOf(key), ...(keyId !== undefined && { kid: keyId }) }] };
}

async function appleSecret(
  clientId: string,
  { privateKey, keyId, teamId, audience }: Extract<ClientCredentials, { method: 'apple' }>,
  now: Date,
): Promise<string> {
  const iat = Math.floor(now.getTime() / 1_000);
  return new SignJWT({ iss: teamId, sub: clientId, aud: audience, iat, exp: iat + APPLE_SECRET_SECONDS })
    .setProtectedHeader({ alg: 'ES256', kid: keyId })
    .sign(await signingKey(privateKey));
}

const signingKey = (pem: string): Promise<CryptoKey> => {
  const key = readPrivateKey(pem);
  return importPKCS8(key.export({ type: 'pkcs8', format: 'pem' }).toString(), algorithmOf(key));
};

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // Without a cause: OpenSSL's words may hold a piece of the key.
    throw new Refusal('usersource.misconfigured', 'privateKey is not a private key in PEM');
  }
}

function algorithmOf(key: KeyObject): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2_048) return 'RS256';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (type === 'ed25519') return 'Ed25519';
  throw new Refusal('usersource.misconfigured', 'privateKey is neither RSA of 2048 bits or more, P-256, nor Ed25519');
}
