import type { Decision, LoginPage, Notice } from './types.js';
import type { LocalPage } from './paths.js';
import type { Reason } from './reasons.js';
import type { Situation } from './situation.js';

interface Words {
  reason: Reason;
  notice?: Notice;
}

/** What may be done on the page of this request. Drawing and enforcing both read it, so they cannot differ (I11). */
export interface Offer {
  form: readonly string[];
  lostPassword: boolean;
  register: boolean;
}

const NOTHING_LOCAL: Offer = { form: [], lostPassword: false, register: false };

export function offer(situation: Situation): Offer {
  if (!situation.showsFullPage) return NOTHING_LOCAL;
  const { listing } = situation.its;
  return {
    form: listing.form,
    lostPassword: listing.hasLocal,
    register: listing.hasLocal && situation.surface === 'portal' && situation.brand.registrationOpen,
  };
}

export function offers(situation: Situation, page: LocalPage): boolean {
  const { lostPassword, register } = offer(situation);
  return page === 'register' ? register : lostPassword;
}

/** Which sources a typed password may be tried at, in order (I19). */
export function passwordSources(situation: Situation): string[] {
  const owner = situation.formOwner;
  return owner ? [owner.id] : [...offer(situation).form];
}

/** The page this request may see: everything, or under exclusive SSO the one button. */
export function page(situation: Situation, words: Words): Decision {
  return situation.showsFullPage ? fullPage(situation, words) : restrictedPage(situation, words);
}

export function fullPage(situation: Situation, words: Words): Decision {
  if (situation.its.listing.size === 0) return { action: 'deny', status: 503, reason: 'no_signin_method' };
  return drawn(situation, words, [...offer(situation).form]);
}

/** The full page, its form narrowed to the source whose domain the hinted address has. */
export function ownersPage(situation: Situation, words: Words): Decision {
  return drawn(situation, words, passwordSources(situation));
}

/** The SSO source alone, as a button, whatever its display. */
export function restrictedPage(situation: Situation, words: Words): Decision {
  if (!situation.sso) return fullPage(situation, words);
  return {
    ...blank(situation, words),
    buttons: [situation.sso.id],
    bypassLink: situation.permitted && situation.its.listing.size > 1,
  };
}

function drawn(situation: Situation, words: Words, form: string[]): LoginPage {
  const { listing } = situation.its;
  const { lostPassword, register } = offer(situation);
  return {
    ...blank(situation, words),
    form,
    buttons: [...listing.buttons],
    icons: [...listing.icons],
    lostPassword,
    register,
  };
}

function blank(situation: Situation, { reason, notice }: Words): LoginPage {
  return {
    action: 'login_page',
    form: [],
    buttons: [],
    icons: [],
    lostPassword: false,
    register: false,
    bypassLink: false,
    prefill: situation.its.policy.hrd === 'off' ? null : situation.input.loginHint,
    notice: notice ?? null,
    reason,
  };
}
