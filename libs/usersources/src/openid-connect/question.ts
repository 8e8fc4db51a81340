import { hash } from 'node:crypto';
import { randomNonce, randomPKCECodeVerifier, randomState } from 'openid-client';
import type { SignInAsk } from '@passbroker/model';
import type { Carried } from '../usersource.js';
import type { RelyingPartyProfile } from './profile.js';

export interface Question {
  parameters: Record<string, string>;
  carry: Carried;
}

/** The authorization request (Core 3.1.2.1, RFC 7636), and what its answer will be held against. */
export function questionFor(
  ask: SignInAsk,
  { vendor, scopes, acrValues, parameters }: RelyingPartyProfile,
  callbackUrl: URL,
  now: Date,
): Question {
  const state = randomState();
  const nonce = randomNonce();
  const verifier = randomPKCECodeVerifier();
  const maxAge = maxAgeOf(ask, vendor.freshness);
  const prompt = promptOf(ask, vendor);
  const acr = ask.acr ?? acrValues;
  return {
    parameters: {
      ...parameters,
      response_type: 'code',
      redirect_uri: callbackUrl.href,
      scope: scopes.join(' '),
      state,
      ...(vendor.nonce && { nonce }),
      ...(vendor.pkce && {
        code_challenge: hash('sha256', verifier, 'base64url'),
        code_challenge_method: 'S256',
      }),
      ...(vendor.formPost && { response_mode: 'form_post' }),
      ...(prompt !== '' && { prompt }),
      ...(maxAge !== undefined && { max_age: String(maxAge) }),
      ...(ask.loginHint !== undefined && { login_hint: ask.loginHint }),
      ...(acr && acr.length > 0 && { acr_values: acr.join(' ') }),
      ...(ask.uiLocales && ask.uiLocales.length > 0 && { ui_locales: ask.uiLocales.join(' ') }),
    },
    carry: {
      state,
      ...(vendor.nonce && { nonce }),
      ...(vendor.pkce && { verifier }),
      ...(maxAge !== undefined && { since: String(Math.floor(now.getTime() / 1_000) - maxAge) }),
    },
  };
}

/** `max_age` makes `auth_time` come back (Core 2), which is how a fresh sign-in is told from a claim of one. */
function maxAgeOf({ forceFresh, maxAge }: SignInAsk, freshness: 'proven' | 'asked'): number | undefined {
  if (freshness === 'asked') return undefined;
  return forceFresh ? 0 : maxAge;
}

function promptOf(
  { silent, forceFresh, selectAccount, maxAge }: SignInAsk,
  vendor: RelyingPartyProfile['vendor'],
): string {
  if (silent) return 'none'; // Which stands alone.
  const fresh = forceFresh || (vendor.freshness === 'asked' && maxAge !== undefined);
  const prompts = new Set<string>();
  if (fresh && vendor.freshPrompt !== 'none') prompts.add(vendor.freshPrompt);
  if (selectAccount && vendor.freshPrompt !== 'none') prompts.add('select_account');
  return [...prompts].join(' ');
}
