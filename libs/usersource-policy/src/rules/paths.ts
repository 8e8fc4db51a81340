import { deny, redirectTo, type Rule } from './rule.js';
import type { Situation } from '../situation.js';
import type { Decision } from '../types.js';

/** Rows 1 to 6: what the path alone settles, before anybody asks who is there. */
export const pathRules: readonly Rule[] = [
  {
    name: '1 brand unknown',
    when: (s) => !s.brandIsOpen,
    then: () => deny(404, 'brand.unknown'),
  },
  {
    name: '2 path not canonical',
    when: (s) => !s.route.canonical,
    then: () => deny(400, 'path.not_canonical'),
  },
  {
    name: '3 public path',
    when: (s) => s.route.public,
    then: () => ({ action: 'pass', reason: 'path.public' }),
  },
  {
    name: '4 recovery',
    when: (s) => s.route.recover,
    // Every failure looks like a page that is not there (I3).
    then: (s) =>
      s.input.bypass === 'recovery_valid'
        ? { action: 'recovery', scope: 'admin', reason: 'recovery.token' }
        : deny(404, 'recovery.refused'),
  },
  {
    name: '5 a click on a source',
    when: (s) => s.route.start !== null,
    then: start,
  },
  {
    name: '6 logout',
    when: (s) => s.route.logout,
    then: logout,
  },
];

function start(s: Situation): Decision {
  const source = s.brand.byId.get(s.route.start ?? '');
  if (!source?.enabled || !source.can.redirect) return deny(404, 'source.unknown');
  if (s.networkDenied) return deny(403, 'network.denied');
  if (!s.notExcluded(source) && !s.bypassed) return deny(403, 'source.not_offered');
  if (source.display === 'hidden' && !source.hintable && source.id !== s.sso?.id)
    return deny(403, 'source.not_offered');
  return redirectTo(source, s, 'user.choice');
}

// Looked up where the session was made, and before rule 7 may drop it: an expired session still logs out upstream.
function logout(s: Situation): Decision {
  const source = s.endingSource;
  const upstream = source !== null && source.enabled && source.sso === 'automatic' && source.slo;
  return upstream
    ? { action: 'logout', slo: source.id, then: 'idp_screen', suppressAuto: true, reason: 'logout.upstream' }
    : { action: 'logout', slo: null, then: 'signed_out_page', suppressAuto: true, reason: 'logout.local' };
}
