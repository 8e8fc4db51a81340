import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { Refusal } from '@passbroker/model';
import type { KeySet, PublicKey } from './key-set.js';

/** Longer than any token of a person in two hundred groups; to parse more is work for an attacker's sake. */
const MAX_CHARS = 65_536;
/** Clocks of upstreams are off by this much and no more. */
export const SKEW_SECONDS = 60;

export type Claims = JWTPayload;

export interface TokenRules {
  /** Fixed by the settings: a token does not choose how it is checked (RFC 8725 section 3.1). */
  algorithms: readonly string[];
  /** What its header's `typ` may say: else a token made for another purpose would do (RFC 8725 section 3.11). */
  types: readonly string[];
  /** A set of public keys, or one key that both sides hold. */
  keys: KeySet | CryptoKey | Uint8Array;
  now: Date;
  /** Whom a key may sign for, where upstream says so. */
  maySign?: (key: PublicKey | undefined, claims: Claims) => boolean;
}

export interface SignedToken {
  claims: Claims;
  algorithm: string;
}

/**
 * Signed by one of the keys, by one of the algorithms, in force now: whom it is from and for is the caller's to check.
 * Keys and addresses of keys in the token's own header are never looked at (RFC 8725 section 3.10).
 * @throws Refusal upstream.untrusted, upstream.malformed, request.too_large
 */
export async function readSignedToken(token: string, rules: TokenRules): Promise<SignedToken> {
  if (token.length > MAX_CHARS) throw new Refusal('request.too_large', 'a token longer than any real one');
  checkType(token, rules.types);
  const { keys } = rules;
  if (keys instanceof Uint8Array || !('current' in keys)) return verify(token, async () => keys, rules);
  const known = await keys.current();
  try {
    return await verify(token, known.get, rules, known.keys);
  } catch (refusal) {
    const newer = refusal instanceof UnknownKey ? await keys.newerThan(known) : undefined;
    if (!newer) throw refusal;
    return verify(token, newer.get, rules, newer.keys);
  }
}

/** No key fits, or none that fits has signed: which newer keys may change. */
class UnknownKey extends Refusal {}

async function verify(
  token: string,
  key: JWTVerifyGetKey,
  { algorithms, now, maySign }: TokenRules,
  keys: readonly PublicKey[] = [],
): Promise<SignedToken> {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, key, {
      algorithms: [...algorithms],
      currentDate: now,
      clockTolerance: SKEW_SECONDS,
    });
    const signer = keys.find(({ kid }) => kid === protectedHeader.kid);
    if (maySign && !maySign(signer, payload))
      throw new Refusal('upstream.untrusted', 'its key signs for somebody else');
    return { claims: payload, algorithm: protectedHeader.alg };
  } catch (error) {
    throw error instanceof Refusal ? error : refusalOf(error);
  }
}

/** jose's messages name claims and algorithms, never values. */
function refusalOf(cause: unknown): Refusal {
  if (!(cause instanceof errors.JOSEError)) return new Refusal('upstream.malformed', 'not a token', { cause });
  switch (cause.code) {
    case 'ERR_JWKS_NO_MATCHING_KEY':
    case 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED':
      return new UnknownKey('upstream.untrusted', cause.message);
    case 'ERR_JWS_INVALID':
    case 'ERR_JWT_INVALID':
      return new Refusal('upstream.malformed', cause.message);
    default:
      return new Refusal('upstream.untrusted', cause.message);
  }
}

function checkType(token: string, types: readonly string[]): void {
  let type: unknown;
  try {
    type = decodeProtectedHeader(token).typ;
  } catch (cause) {
    throw new Refusal('upstream.malformed', 'not a signed token', { cause });
  }
  // RFC 7515 section 4.1.9: `application/` may be left out, and case does not matter.
  if (type === undefined) return;
  if (typeof type !== 'string' || !types.includes(type.toLowerCase().replace(/^application\//, ''))) {
    throw new Refusal('upstream.untrusted', 'a token of another kind');
  }
}
