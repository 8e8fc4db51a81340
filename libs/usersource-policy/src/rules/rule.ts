import type { Source } from '../prepare.js';
import type { Reason } from '../reasons.js';
import { Situation } from '../situation.js';
import type { Decision, Deny, RedirectIdp } from '../types.js';

/**
 * One row of the table. `then` decides; or it returns the situation as the rows below should see it;
 * or, where the row has a condition inside its answer, nothing: go on.
 */
export interface Rule {
  name: string;
  when: (situation: Situation) => boolean;
  then: (situation: Situation) => Decision | Situation | undefined;
}

export function deny(status: Deny['status'], reason: Reason): Deny {
  return { action: 'deny', status, reason };
}

/** The application's demand for a fresh proof or another account goes with every redirect, or it would be void. */
export function redirectTo(
  source: Source,
  situation: Situation,
  reason: Reason,
  loginHint: string | null = null,
): RedirectIdp {
  return {
    action: 'redirect_idp',
    source: source.id,
    forceAuthn: situation.input.prompt === 'login' || situation.reauth,
    selectAccount: situation.input.prompt === 'select_account',
    loginHint,
    reason,
  };
}
