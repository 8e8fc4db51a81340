import { Refusal } from '@passbroker/model';
import type { UpstreamSignOut } from '../usersource.js';
import { checkAudience, subjectOf } from './id-token.js';
import { SKEW_SECONDS, type Claims } from './signed-token.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
/** Upstream tells at once, and perhaps once more. */
const MAX_AGE_SECONDS = 300;
/** Where older upstreams leave the header's `typ` at JWT, the event says what the token is. */
export const LOGOUT_TOKEN_TYPES = ['logout+jwt', 'jwt'];

export interface LogoutTokenRules {
  issuer: (claims: Claims) => string;
  clientId: string;
  now: Date;
}

/**
 * OpenID Connect Back-Channel Logout 1.0 section 2.6, on a token whose signature is known to be good.
 * @throws Refusal upstream.untrusted
 */
export function readLogoutToken(claims: Claims, { issuer, clientId, now }: LogoutTokenRules): UpstreamSignOut {
  const seconds = now.getTime() / 1_000;
  const { iat, exp, jti } = claims;
  if (claims.iss === undefined || claims.iss !== issuer(claims)) throw untrusted('iss is another issuer');
  checkAudience(claims, clientId);
  if (typeof iat !== 'number' || iat > seconds + SKEW_SECONDS || iat < seconds - MAX_AGE_SECONDS) {
    throw untrusted('iat is not now');
  }
  if (exp !== undefined && typeof exp !== 'number') throw untrusted('exp is not a number');
  if (typeof jti !== 'string' || jti === '' || jti.length > 512) throw untrusted('jti is missing');
  if (!tellsOfLogout(claims['events'])) throw untrusted('it does not tell of a sign-out');
  // Whoever has an ID token must not be able to end sessions with it, nor the other way round.
  if (claims['nonce'] !== undefined) throw untrusted('it has a nonce');
  const sid = claims['sid'];
  if (sid !== undefined && (typeof sid !== 'string' || sid === '')) throw untrusted('sid is not a text');
  if (sid === undefined && claims.sub === undefined) throw untrusted('it names nobody');
  return {
    ...(claims.sub !== undefined && { subject: subjectOf(claims) }),
    ...(typeof sid === 'string' && { index: sid }),
    once: { key: `logout ${jti}`, until: new Date((iat + MAX_AGE_SECONDS + SKEW_SECONDS) * 1_000) },
  };
}

function tellsOfLogout(events: unknown): boolean {
  if (typeof events !== 'object' || events === null) return false;
  const event: unknown = Object.entries(events).find(([name]) => name === EVENT)?.[1];
  return typeof event === 'object' && event !== null && !Array.isArray(event);
}

const untrusted = (detail: string): Refusal => new Refusal('upstream.untrusted', `logout token: ${detail}`);
