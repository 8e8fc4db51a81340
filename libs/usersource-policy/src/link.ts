import type { Audience } from '@passbroker/model';

export interface LinkSource {
  enabled: boolean;
  audience: Audience;
  linkMode: 'never' | 'prove' | 'auto_verified';
  /** Domains whose addresses this source may vouch for. */
  authoritative: readonly string[];
  jit: 'on' | 'off' | 'registration';
  grant: readonly string[];
  /** Anybody can get an account there (Google, Facebook, Entra common…). */
  publicIdp: boolean;
  /** Limited to domains, tenants or by a filter. */
  restricted: boolean;
}

export interface LinkIdentity {
  subject: string | null;
  email: string | null;
  domain: string | null;
  emailVerified: boolean;
  filterPass: boolean;
}

export interface MatchedAccount {
  audience: Audience;
  admin: boolean;
  emailVerified: boolean;
  disabled: boolean;
  /** Has a link to another subject of this same source. */
  linkedToThisSource: boolean;
}

export interface LinkState {
  /** The account of (usersource, subject). */
  linked: MatchedAccount | null;
  /** Who began this from their own account page. */
  signedInAs: { audience: Audience; fresh: boolean } | null;
  byEmail: MatchedAccount | null;
  /** An account that is not `byEmail`, whose username equals the address. */
  byUsername: MatchedAccount | null;
  registration: 'open' | 'closed';
  /** Null: no limit. */
  seatsLeft: number | null;
}

export interface LinkInput {
  source: LinkSource;
  identity: LinkIdentity;
  state: LinkState;
}

export type LinkReason =
  | 'source.disabled'
  | 'subject.missing'
  | 'filter.refused'
  | 'audience.mismatch'
  | 'account.disabled'
  | 'link.subject'
  | 'link.by_owner'
  | 'link.stale_session'
  | 'audience.conflict'
  | 'link.account_exists'
  | 'link.auto_verified'
  | 'link.subject_changed'
  | 'link.prove'
  | 'account.none'
  | 'registration.closed'
  | 'jit.unrestricted'
  | 'seats.none'
  | 'email.missing'
  | 'jit.create';

export type LinkDecision =
  | { action: 'deny'; reason: LinkReason }
  | { action: 'sign_in'; reason: LinkReason }
  | { action: 'link'; reason: LinkReason }
  | { action: 'reauthenticate'; reason: LinkReason }
  | { action: 'link_and_sign_in'; reason: LinkReason }
  | { action: 'prove_ownership'; override: boolean; reason: LinkReason }
  | { action: 'collect_email'; reason: LinkReason }
  | { action: 'create'; emailVerified: boolean; groups: string[]; admin: false; reason: LinkReason };

interface LinkRule {
  name: string;
  when: (input: LinkInput) => boolean;
  then: (input: LinkInput) => LinkDecision;
}

const refuse = (reason: LinkReason) => (): LinkDecision => ({ action: 'deny', reason });

/** First match wins. The key is (usersource, subject); an address only ever finds somebody to ask (I6). */
export const LINK_RULES: readonly LinkRule[] = [
  { name: 'disabled source', when: ({ source }) => !source.enabled, then: refuse('source.disabled') },
  { name: 'no subject', when: ({ identity }) => !identity.subject, then: refuse('subject.missing') },
  // For a known link too: leaving the filter is how an upstream takes somebody's access away.
  { name: 'filter fails', when: ({ identity }) => !identity.filterPass, then: refuse('filter.refused') },
  {
    name: 'linked, other audience',
    when: ({ source, state }) => (state.linked ? state.linked.audience !== source.audience : false),
    then: refuse('audience.mismatch'),
  },
  {
    name: 'linked, account disabled',
    when: ({ state }) => state.linked?.disabled === true,
    then: refuse('account.disabled'),
  },
  {
    name: 'linked',
    when: ({ state }) => Boolean(state.linked),
    then: () => ({ action: 'sign_in', reason: 'link.subject' }),
  },
  {
    name: "owner's audience differs",
    when: ({ source, state }) => (state.signedInAs ? state.signedInAs.audience !== source.audience : false),
    then: refuse('audience.mismatch'),
  },
  {
    name: 'owner, fresh session',
    when: ({ state }) => state.signedInAs?.fresh === true,
    then: () => ({ action: 'link', reason: 'link.by_owner' }),
  },
  {
    // A forged request in a session left open would link the attacker's identity to the victim's account.
    name: 'owner, stale session',
    when: ({ state }) => Boolean(state.signedInAs),
    then: () => ({ action: 'reauthenticate', reason: 'link.stale_session' }),
  },
  {
    name: 'address of another audience',
    when: ({ source, state }) => matches(state).some((account) => account.audience !== source.audience),
    then: refuse('audience.conflict'),
  },
  {
    name: 'never link',
    when: ({ source, state }) => matches(state).length > 0 && source.linkMode === 'never',
    then: refuse('link.account_exists'),
  },
  {
    name: 'address of a disabled account',
    when: ({ state }) => matches(state).some((account) => account.disabled),
    then: refuse('account.disabled'),
  },
  {
    name: 'both sides verified',
    when: ({ source, identity, state }) =>
      source.linkMode === 'auto_verified' && vouchedFor(source, identity) && mayAutoLink(state),
    then: () => ({ action: 'link_and_sign_in', reason: 'link.auto_verified' }),
  },
  {
    // A recycled address: somebody new has it upstream, somebody else linked it here.
    name: 'another subject of this source',
    when: ({ state }) => matches(state).some((account) => account.linkedToThisSource),
    then: () => ({ action: 'prove_ownership', override: true, reason: 'link.subject_changed' }),
  },
  {
    name: 'prove ownership',
    when: ({ state }) => matches(state).length > 0,
    then: () => ({ action: 'prove_ownership', override: false, reason: 'link.prove' }),
  },
  { name: 'no accounts made', when: ({ source }) => source.jit === 'off', then: refuse('account.none') },
  {
    name: 'registration closed',
    when: ({ source, state }) => source.jit === 'registration' && state.registration === 'closed',
    then: refuse('registration.closed'),
  },
  {
    // Else anybody with an account at a public provider becomes an agent (I5).
    name: 'anybody could become an agent',
    when: ({ source }) => source.audience === 'agents' && source.publicIdp && !source.restricted,
    then: refuse('jit.unrestricted'),
  },
  {
    name: 'no seats',
    when: ({ state }) => state.seatsLeft !== null && !(state.seatsLeft > 0),
    then: refuse('seats.none'),
  },
  {
    name: 'no address',
    when: ({ identity }) => !identity.email,
    then: () => ({ action: 'collect_email', reason: 'email.missing' }),
  },
  {
    name: 'create',
    when: () => true,
    then: ({ source, identity }) => ({
      action: 'create',
      emailVerified: vouchedFor(source, identity),
      groups: [...source.grant],
      // I16: no claim, mapping or grant makes an admin.
      admin: false,
      reason: 'jit.create',
    }),
  },
];

export function link(input: LinkInput): LinkDecision {
  for (const rule of LINK_RULES) if (rule.when(input)) return rule.then(input);
  return { action: 'deny', reason: 'account.none' };
}

function matches({ byEmail, byUsername }: LinkState): MatchedAccount[] {
  return [byEmail, byUsername].filter((account) => account !== null && account !== undefined);
}

/** The first half of I7. The domain is read off the address too: an upstream must not name one and mean another. */
function vouchedFor(source: LinkSource, { email, domain, emailVerified }: LinkIdentity): boolean {
  if (emailVerified !== true || !email) return false;
  const own = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  if (domain && domain.toLowerCase() !== own) return false;
  return source.authoritative.some((authoritative) => authoritative.toLowerCase() === own);
}

/** The second half of I7. An address that is merely somebody's username was never verified by anybody. */
function mayAutoLink({ byEmail, byUsername }: LinkState): boolean {
  if (!byEmail || byUsername) return false;
  return byEmail.emailVerified && !byEmail.admin && !byEmail.linkedToThisSource;
}
