import { fullPage, ownersPage, page, restrictedPage } from '../page.js';
import { redirectTo, type Rule } from './rule.js';
import type { Reason } from '../reasons.js';
import type { Guard, Situation } from '../situation.js';
import type { Decision, Notice } from '../types.js';

const GUARD_WORDS: Record<Guard, { reason: Reason; notice: Notice }> = {
  error: { reason: 'guard.error', notice: 'idp_error' },
  signed_out: { reason: 'guard.signed_out', notice: 'signed_out' },
  loop: { reason: 'guard.loop', notice: 'redirect_loop' },
};
const UNAVAILABLE = { reason: 'sso.unavailable', notice: 'sso_unavailable' } as const;
const AGAIN = { reason: 'reauth', notice: 'reauth' } as const;

/** Rows 17 to 27: a navigation by somebody not (well enough) signed in goes to a page, or elsewhere. */
export const redirectRules: readonly Rule[] = [
  {
    name: '17 bypass granted',
    when: (s) => s.bypassed && s.automatic,
    then: (s) => fullPage(s, { reason: 'bypass.granted' }),
  },
  {
    // Before every row that may redirect unasked: an error or a logout must never lead straight back out (I10).
    name: '18 guard',
    when: (s) => s.guard !== null,
    then: guarded,
  },
  {
    name: '19 prove it again',
    when: (s) => s.reauth,
    then: again,
  },
  {
    name: '20 hinted source',
    when: (s) => Boolean(s.input.idpHint) && !s.declined,
    then: hinted,
  },
  {
    name: '21 hinted domain',
    when: (s) => s.wantsLogin && s.claimant !== null,
    then: claimed,
  },
  {
    name: '22 automatic',
    when: (s) => s.automatic,
    then: (s) =>
      s.sso?.health === 'ok'
        ? redirectTo(s.sso, s, 'sso.automatic', s.input.loginHint)
        : restrictedPage(s, UNAVAILABLE),
  },
  {
    name: '23 background',
    when: mayProbe,
    then: (s) =>
      s.sso
        ? {
            action: 'probe',
            source: s.sso.id,
            fallback: s.wantsLogin ? 'login_page' : 'guest',
            reason: 'sso.background',
          }
        : undefined,
  },
  {
    name: '24 single option',
    when: (s) => s.its.policy.singleOption === 'redirect' && s.wantsLogin && !s.declined,
    then: onlyOption,
  },
  {
    name: '25 choose an account',
    when: (s) => s.input.prompt === 'select_account',
    then: (s) => fullPage(s, { reason: 'login.options', notice: 'select_account' }),
  },
  {
    name: '26 guest',
    when: (s) => !s.wantsLogin,
    then: () => ({ action: 'guest', reason: 'guest' }),
  },
  {
    name: '27 the page',
    when: () => true,
    then: (s) => fullPage(s, { reason: 'login.options' }),
  },
];

function guarded(s: Situation): Decision | undefined {
  if (s.guard === null) return undefined;
  const words = GUARD_WORDS[s.guard];
  if (s.automatic) return page(s, words);
  return s.wantsLogin ? fullPage(s, words) : { action: 'guest', reason: words.reason };
}

function again(s: Situation): Decision | undefined {
  const source = s.sessionSource;
  if (source && s.mayUse(source) && source.health === 'ok') return redirectTo(source, s, 'reauth');
  if (s.automatic) return s.passwordAgain ? page(s, AGAIN) : undefined;
  return fullPage(s, AGAIN);
}

function hinted(s: Situation): Decision | undefined {
  const source = s.brand.byId.get(s.input.idpHint ?? '');
  if (!source || !s.mayUse(source) || !source.hintable) return undefined;
  return source.health === 'ok' ? redirectTo(source, s, 'hint.idp') : page(s, UNAVAILABLE);
}

function claimed(s: Situation): Decision | undefined {
  const source = s.claimant;
  if (source?.can.redirect && source.health === 'ok') return redirectTo(source, s, 'hint.domain', s.input.loginHint);
  return s.formOwner ? ownersPage(s, { reason: 'hint.domain_form' }) : undefined;
}

function mayProbe(s: Situation): boolean {
  const { probe, prompt } = s.input;
  if (s.mode !== 'background' || s.declined || s.session !== null) return false;
  return probe === 'untried' && prompt === null && s.sso?.health === 'ok';
}

function onlyOption(s: Situation): Decision | undefined {
  const { form, buttons, icons } = s.its.listing;
  const [only, ...others] = [...buttons.slice(0, 2), ...icons.slice(0, 2)];
  if (only === undefined || others.length > 0 || form.length > 0) return undefined;
  const source = s.brand.byId.get(only);
  return source?.health === 'ok' ? redirectTo(source, s, 'single_option') : undefined;
}
