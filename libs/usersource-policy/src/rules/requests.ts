import { offers, passwordSources } from '../page.js';
import { deny, type Rule } from './rule.js';
import type { LocalPage } from '../paths.js';
import type { Reason } from '../reasons.js';
import type { Situation } from '../situation.js';
import type { Decision } from '../types.js';

const LOCAL_REASON: Record<LocalPage, Reason> = {
  register: 'local.register',
  lost_password: 'local.lost_password',
  change_password: 'local.change_password',
};

/** Rows 12 to 16: networks, and requests that no page or redirect can answer. */
export const requestRules: readonly Rule[] = [
  {
    name: '12 off the network',
    when: (s) => s.networkDenied,
    then: () => deny(403, 'network.denied'),
  },
  {
    name: '13 pages of built-in accounts',
    when: (s) => s.route.local !== null,
    then: (s) =>
      s.route.local !== null && offers(s, s.route.local)
        ? { action: 'pass', reason: LOCAL_REASON[s.route.local] }
        : deny(404, 'local.not_offered'),
  },
  {
    name: '14 a posted password',
    when: (s) => s.input.kind === 'submit',
    then: submit,
  },
  {
    name: '15 prompt=none',
    when: (s) => s.input.prompt === 'none',
    then: silently,
  },
  {
    name: '16 not a navigation',
    // Anything that is not certainly a navigation is treated as a fetch: no redirect, no probe (I10).
    when: (s) => s.input.kind !== 'navigate',
    then: (s) =>
      !s.wantsLogin && !s.automatic
        ? { action: 'guest', reason: 'guest.fetch' }
        : { action: 'challenge', status: 401, reason: 'request.not_navigable' },
  },
];

function submit(s: Situation): Decision {
  if (!s.route.login) return { action: 'challenge', status: 401, reason: 'request.not_navigable' };
  const sources = passwordSources(s);
  return sources.length > 0
    ? { action: 'verify_password', sources, reason: 'form.submit' }
    : deny(403, 'form.not_offered');
}

function silently(s: Situation): Decision {
  const source = s.mode === 'none' ? null : s.sso;
  const forwarded =
    source !== null &&
    source.forwardPassive &&
    source.can.silent &&
    source.health === 'ok' &&
    s.guard === null &&
    !s.declined &&
    s.input.kind === 'navigate' &&
    s.input.probe === 'untried';
  return forwarded
    ? { action: 'probe', source: source.id, fallback: 'error:login_required', reason: 'prompt.none_forwarded' }
    : { action: 'error', error: 'login_required', reason: 'prompt.none' };
}
