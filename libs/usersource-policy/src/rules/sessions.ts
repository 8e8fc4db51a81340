import { deny, type Rule } from './rule.js';
import type { Situation } from '../situation.js';
import type { Decision } from '../types.js';

/** Rows 7 to 11: is somebody signed in, and is that good enough? */
export const sessionRules: readonly Rule[] = [
  {
    name: '7 a session that does not count',
    when: (s) => s.session !== null && !s.sessionStands,
    then: (s) => s.withoutSession(),
  },
  {
    name: '8 admin pages need the role',
    when: (s) => s.surface === 'admin' && s.session?.audience === 'agents' && s.session.admin !== true,
    // Never a login: the person is signed in, and another try would not help.
    then: () => deny(403, 'admin.required'),
  },
  {
    name: '9 second factor missing',
    when: lacksSecondFactor,
    then: secondFactor,
  },
  {
    name: '10 session good enough',
    when: (s) =>
      s.session !== null && s.freshEnough && s.input.prompt !== 'select_account' && s.input.kind !== 'submit',
    then: allow,
  },
  {
    name: '11 must prove it again',
    when: (s) => s.session !== null && !s.freshEnough,
    then: (s) => s.reauthenticating(),
  },
];

// The session's own audience rules, so that an agent does not slip through on the portal. An impersonating agent
// has met the agents' demand already; recovery must work when the second factor is what broke (I3).
function lacksSecondFactor(s: Situation): boolean {
  if (!s.session || s.session.mfa || s.session.impersonated || s.session.recovery) return false;
  return s.input.mfaAsked === true || s.brand.audiences[s.session.audience].policy.mfa === 'required';
}

function secondFactor(s: Situation): Decision {
  if (s.input.prompt === 'none') return { action: 'error', error: 'interaction_required', reason: 'mfa.required' };
  if (s.input.kind === 'fetch') return { action: 'challenge', status: 401, reason: 'mfa.required' };
  return { action: 'step_up', reason: 'mfa.required' };
}

function allow(s: Situation): Decision | undefined {
  if (!s.session) return undefined;
  const as = s.session.audience;
  return s.route.login
    ? { action: 'allow', as, then: 'return_to', reason: 'session.already_signed_in' }
    : { action: 'allow', as, reason: 'session.valid' };
}
