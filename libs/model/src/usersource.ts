import type { Audience } from './brand.js';

export type SsoMode = 'none' | 'background' | 'automatic';
export type Display = 'form' | 'button' | 'icon' | 'hidden';

/** What happens to an identity that nobody here is linked to yet. */
export interface JitRules {
  create: 'on' | 'off' | 'registration';
  grant: string[];
  /** How many accounts it may have made that are not disabled. Null or left out: no limit. */
  seatCap?: number | null;
}

/** What happens when its e-mail address is somebody's already. */
export interface LinkRules {
  mode: 'never' | 'prove' | 'auto_verified';
  authoritativeDomains: string[];
}

/**
 * What becomes of what a usersource says: expressions in CEL over `said`, `claims`, `subject` and `usersource`.
 * None of them can make an admin or change an audience (I16, I17): there is no member for it.
 */
export interface UsersourceMapping {
  name?: string;
  email?: string;
  username?: string;
  /** A list of names. Left out: nobody gets a group by this usersource, but those of `jit.grant`. */
  groups?: string;
  attributes: Record<string, string>;
}

/** One installed copy of one way to sign in, as configured. Secrets in `settings` are sealed to the gateway. */
export interface UsersourceRecord {
  id: string;
  slug: string;
  type: string;
  brand: string;
  audience: Audience;
  label: string;
  enabled: boolean;
  sso: SsoMode;
  display: Display;
  order: number;
  hintable: boolean;
  forwardPassive: boolean;
  slo: boolean;
  domains: string[];
  networks: string[];
  jit: JitRules;
  linking: LinkRules;
  mapping: UsersourceMapping;
  /** Who may come in at all; asked of people known here too. Null: everybody. */
  filter: string | null;
  /** Whether a person is described anew at every sign-in, or only when their account is made. */
  sync: 'create' | 'every';
  settings: Record<string, unknown>;
  /** Counts up with every change of `settings`, so that *proven* and opened usersources know their version. */
  settingsVersion: number;
  proven: { at: string; settingsVersion: number } | null;
  revision: number;
}
