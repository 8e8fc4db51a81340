import { Refusal } from '@passbroker/model';
import { SKEW_SECONDS, type Claims } from '../openid-connect/signed-token.js';
import type { Dialect } from './dialects.js';

export interface TokenTerms {
  needs: Dialect['needs'];
  maxLifetimeSec: number;
  issuer?: string | undefined;
  /** What we are called in `aud`. Undefined: a token need not say whom it is for. */
  audience?: string | undefined;
  /** Our own addresses, which an `aud` may name where the settings name nothing. */
  ownNames: readonly string[];
  now: Date;
}

/**
 * What a token whose signature is good must say of itself.
 * @throws Refusal upstream.untrusted
 */
export function checkToken(claims: Claims, terms: TokenTerms): { once: { key: string; until: Date } } {
  const { iss } = claims;
  if (terms.issuer !== undefined && iss !== terms.issuer) throw untrusted('iss is another issuer');
  checkAudience(claims, terms);
  // A logout token, an access token: signed by the same hand, said of another matter (RFC 8725 section 2.8).
  if (claims['events'] !== undefined) throw untrusted('it tells of an event, not of a person');
  return { once: { key: `jwt ${jtiOf(claims)}`, until: new Date((endOf(claims, terms) + SKEW_SECONDS) * 1_000) } };
}

/** RFC 7519 section 4.1.3: a token that is for somebody is for nobody else. */
function checkAudience({ aud }: Claims, { audience, ownNames }: TokenTerms): void {
  if (aud === undefined && audience === undefined) return;
  const names = audience === undefined ? ownNames : [audience];
  const said = Array.isArray(aud) ? aud : [aud];
  if (!said.some((one) => one !== undefined && names.includes(one))) throw untrusted('aud is another party');
}

/** The moment after which it is refused, in seconds: what it says itself, and never longer than the settings allow. */
function endOf({ exp, iat }: Claims, { needs, maxLifetimeSec, now }: TokenTerms): number {
  const seconds = now.getTime() / 1_000;
  for (const name of needs) {
    if (typeof { exp, iat }[name] !== 'number') throw untrusted(`${name} is missing`);
  }
  if (iat !== undefined) {
    if (typeof iat !== 'number' || iat > seconds + SKEW_SECONDS) throw untrusted('iat is in the future');
    if (iat < seconds - maxLifetimeSec) throw untrusted('it was issued too long ago');
  } else if (exp !== undefined && exp > seconds + maxLifetimeSec + SKEW_SECONDS) {
    throw untrusted('it lives longer than the settings allow');
  }
  return Math.min(exp ?? Infinity, (iat ?? seconds) + maxLifetimeSec);
}

/** By name, not by the token's text: a signature can be written in two ways and still be good (JWTSSO-011). */
function jtiOf({ jti }: { jti?: unknown }): string {
  const name = typeof jti === 'number' ? String(jti) : jti;
  if (typeof name !== 'string' || name === '' || name.length > 256) throw untrusted('jti is missing');
  return name;
}

const untrusted = (detail: string): Refusal => new Refusal('upstream.untrusted', `jwt: ${detail}`);
