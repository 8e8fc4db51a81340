import { createHash } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import { SKEW_SECONDS, type Claims, type SignedToken } from './signed-token.js';

/** A token that comes straight from the token endpoint is new. */
const MAX_AGE_SECONDS = 600;

export interface IdTokenRules {
  /** Who must have issued it; under a tenant template the answer depends on the token's `tid`. */
  issuer: (claims: Claims) => string;
  clientId: string;
  /** Left out where the upstream is known not to echo it. */
  nonce?: string;
  code: string;
  accessToken: string;
  now: Date;
  /** Set when the sign-in must be no older than this, in seconds since the epoch. */
  authenticatedSince?: number;
  /** When set, one of these must come back. */
  acr?: readonly string[];
}

/**
 * OpenID Connect Core 1.0 section 3.1.3.7, on a token whose signature is known to be good.
 * @throws Refusal upstream.untrusted, upstream.refused
 */
export function checkIdToken({ claims, algorithm }: SignedToken, rules: IdTokenRules): { subject: string } {
  if (claims.iss === undefined || claims.iss !== rules.issuer(claims)) throw untrusted('iss is another issuer');
  checkAudience(claims, rules.clientId);
  checkTimes(claims, rules.now.getTime() / 1_000);
  if (rules.nonce !== undefined && claims['nonce'] !== rules.nonce) throw untrusted('nonce is not the one we sent');
  // A logout token of the same issuer, for the same client, says that somebody has left.
  if (claims['events'] !== undefined) throw untrusted('it tells of an event, not of a person');
  checkHash('at_hash', claims['at_hash'], rules.accessToken, algorithm);
  checkHash('c_hash', claims['c_hash'], rules.code, algorithm);
  checkStrength(claims, rules);
  return { subject: subjectOf(claims) };
}

export function checkAudience(claims: Claims, clientId: string): void {
  const { aud } = claims;
  const audiences = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(clientId)) throw untrusted('aud is another party');
  const azp = claims['azp'];
  if (azp !== undefined && azp !== clientId) throw untrusted('azp is another party');
  if (audiences.length > 1 && azp !== clientId) throw untrusted('several audiences, and no azp that is ours');
}

function checkTimes({ exp, iat }: Claims, now: number): void {
  if (typeof exp !== 'number') throw untrusted('exp is missing');
  if (typeof iat !== 'number') throw untrusted('iat is missing');
  if (iat > now + SKEW_SECONDS) throw untrusted('iat is in the future');
  if (iat < now - MAX_AGE_SECONDS) throw untrusted('it was issued long ago');
}

/** Core 3.1.3.6 and 3.3.2.11: half of the hash that the signature uses. */
function checkHash(name: string, said: unknown, of: string, algorithm: string): void {
  if (said === undefined) return;
  const hash = createHash(/^Ed|512$/.test(algorithm) ? 'sha512' : algorithm.endsWith('384') ? 'sha384' : 'sha256');
  const digest = hash.update(of).digest();
  if (said !== digest.subarray(0, digest.length / 2).toString('base64url')) throw untrusted(`${name} is of another`);
}

/** Upstream was asked for a fresh sign-in, or for one of these classes: less is not what was asked for. */
function checkStrength(claims: Claims, { authenticatedSince, acr, now }: IdTokenRules): void {
  const at = authTimeOf(claims);
  if (at !== undefined && at > now.getTime() / 1_000 + SKEW_SECONDS) throw untrusted('auth_time is in the future');
  if (authenticatedSince !== undefined && (at === undefined || at < authenticatedSince - SKEW_SECONDS)) {
    throw new Refusal('upstream.refused', 'a fresh sign-in was asked for, and auth_time does not show one');
  }
  if (acr && !acr.some((one) => one === claims['acr'])) {
    throw new Refusal('upstream.refused', 'acr is none of those that were asked for');
  }
}

export function authTimeOf(claims: Claims): number | undefined {
  const at = claims['auth_time'];
  if (at !== undefined && typeof at !== 'number') throw untrusted('auth_time is not a number');
  return at;
}

/** Core section 2: at most 255 ASCII characters, which links are made of for ever. */
export function subjectOf({ sub }: { sub?: unknown }): string {
  if (typeof sub !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(sub)) throw untrusted('sub is not what a subject may be');
  return sub;
}

const untrusted = (detail: string): Refusal => new Refusal('upstream.untrusted', `ID token: ${detail}`);
