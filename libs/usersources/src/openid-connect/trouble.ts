import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { Refusal } from '@passbroker/model';

/** What upstream answers when it may show no page (Core 3.1.2.6). */
const NEEDS_A_PAGE = new Set([
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
]);
const CANCELLED = new Set(['access_denied', 'user_cancelled_authorize', 'user_cancelled_login']);
const BUSY = new Set(['temporarily_unavailable', 'server_error']);
const UNTRUSTED = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
]);

/** `error` of an authorization response, in our words. */
export function errorResponse(error: string, description?: string): Refusal {
  const said = `upstream answered ${plain(error)}${description ? `: ${plain(description)}` : ''}`;
  if (NEEDS_A_PAGE.has(error)) return new Refusal('upstream.login_required', said);
  if (CANCELLED.has(error)) return new Refusal('cancelled', said);
  if (BUSY.has(error)) return new Refusal('usersource.unreachable', said);
  return new Refusal('upstream.refused', said);
}

/** Whatever went wrong between us and upstream. The library's texts hold no token; what it keeps as a cause may. */
export function upstreamTrouble(error: unknown): Refusal {
  const refusal = refusalWithin(error);
  if (refusal) return refusal;
  if (error instanceof AuthorizationResponseError) return errorResponse(error.error, error.error_description);
  if (error instanceof ResponseBodyError) return tokenEndpointError(error.error, error.error_description);
  if (error instanceof WWWAuthenticateChallengeError) {
    return new Refusal('usersource.misconfigured', `upstream did not accept our credentials (${error.status})`);
  }
  if (!(error instanceof ClientError)) return new Refusal('upstream.malformed', 'an answer that cannot be read');
  const { code = '' } = error;
  if (code === 'OAUTH_TIMEOUT') return new Refusal('usersource.unreachable', 'upstream did not answer in time');
  if (error.cause instanceof Response) {
    const { status } = error.cause;
    return new Refusal(status >= 500 ? 'usersource.unreachable' : 'upstream.malformed', `upstream answered ${status}`);
  }
  const detail = error.cause instanceof Error ? error.cause.message : error.message;
  return new Refusal(UNTRUSTED.has(code) ? 'upstream.untrusted' : 'upstream.malformed', plain(detail));
}

function tokenEndpointError(error: string, description: string | undefined): Refusal {
  const said = `the token endpoint answered ${plain(error)}${description ? `: ${plain(description)}` : ''}`;
  const ours = error === 'invalid_client' || error === 'unauthorized_client';
  return new Refusal(ours ? 'usersource.misconfigured' : 'upstream.refused', said);
}

function refusalWithin(error: unknown): Refusal | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1) {
    if (one instanceof Refusal) return one;
  }
  return undefined;
}

/** Upstream's words, for the log: short, on one line. */
const plain = (text: string): string => text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 200);
