import type { Audience, AudiencePolicy, Bypass, Display, SsoMode, Surface } from '@passbroker/model';
import type { Capability } from './capabilities.js';
import type { Reason } from './reasons.js';

export type { Audience, AudiencePolicy, Bypass, Display, SsoMode, Surface };

export type Health = 'ok' | 'down';

/** One installed usersource as far as policy cares. What is left out follows `usersourceDefaults`. */
export interface UsersourcePolicy {
  type: string;
  audience: Audience;
  enabled?: boolean;
  sso?: SsoMode;
  /** Left out: what suits the type, see `defaultDisplay`. */
  display?: Display;
  order?: number;
  /** E-mail domains whose ownership was proven (I8). */
  domains?: readonly string[];
  /** Where the SSO mode is in force; empty = everywhere. Never limits a click. */
  networks?: readonly string[];
  health?: Health;
  hintable?: boolean;
  forwardPassive?: boolean;
  slo?: boolean;
  label?: string;
  /** For a type that `capabilities` does not list: whoever registers the type says what it can do. */
  can?: Capability;
}

/** Treat as immutable once handed in: what is derived from it is remembered for as long as the object lives. */
export interface BrandPolicy {
  enabled?: boolean;
  guestAccess?: boolean;
  registration?: 'open' | 'closed';
  audiences?: Partial<Record<Audience, Partial<AudiencePolicy>>>;
  bypass?: { surfaces?: readonly Surface[]; networks?: readonly string[] };
  usersources?: Readonly<Record<string, UsersourcePolicy>>;
}

/** All brands of one tenant, by id. */
export interface PolicyConfig {
  brands: Readonly<Record<string, BrandPolicy>>;
}

export interface SessionInput {
  brand: string;
  audience: Audience;
  usersource: string;
  admin?: boolean;
  /** Seconds since it began, since it was last used, and since the person last proved themselves. */
  ageSec: number;
  idleSec: number;
  authAgeSec: number;
  mfa?: boolean;
  /** An agent looking at the portal as a user. */
  impersonated?: boolean;
  /** Came in by the on-host recovery link: opens the admin surface and nothing else. */
  recovery?: boolean;
}

export interface FullInput {
  brand: string;
  path: string;
  /** `submit` is a post of the sign-in form; any other post of ours is a `fetch`. */
  kind: 'navigate' | 'fetch' | 'submit';
  /** The application that asks, on `/oidc/authorize`, `/saml/idp/sso` and the login page of its walk. */
  client: { audience: Audience } | null;
  session: SessionInput | null;
  bypass: 'none' | 'sso_off' | 'recovery_valid' | 'recovery_invalid';
  prompt: 'none' | 'login' | 'select_account' | 'consent' | null;
  /** Seconds, as OpenID Connect's `max_age`. */
  maxAge: number | null;
  /** More than the policy demands: the application asks for a second factor, or the person has set one up. */
  mfaAsked?: boolean;
  loginHint: string | null;
  /** The empty string asks for the options, like `sso_off`. */
  idpHint: string | null;
  ip: string;
  probe: 'untried' | 'failed' | 'no_cookies';
  lastError: { source: string; code: string } | null;
  justLoggedOut: boolean;
  /** Redirects of this browser to one source within the last minute. */
  hops: number;
}

export type DecisionInput = Pick<FullInput, 'brand' | 'path'> & Partial<FullInput>;

export type Notice = 'idp_error' | 'signed_out' | 'redirect_loop' | 'reauth' | 'select_account' | 'sso_unavailable';

export interface LoginPage {
  action: 'login_page';
  form: string[];
  buttons: string[];
  icons: string[];
  lostPassword: boolean;
  register: boolean;
  bypassLink: boolean;
  prefill: string | null;
  notice: Notice | null;
  reason: Reason;
}

export interface Deny {
  action: 'deny';
  status: 400 | 403 | 404 | 503;
  reason: Reason;
}

export interface RedirectIdp {
  action: 'redirect_idp';
  source: string;
  forceAuthn: boolean;
  selectAccount: boolean;
  loginHint: string | null;
  reason: Reason;
}

export type Decision =
  | Deny
  | LoginPage
  | RedirectIdp
  | { action: 'pass'; reason: Reason }
  | { action: 'recovery'; scope: 'admin'; reason: Reason }
  | { action: 'probe'; source: string; fallback: 'guest' | 'login_page' | 'error:login_required'; reason: Reason }
  | { action: 'logout'; slo: string | null; then: 'signed_out_page' | 'idp_screen'; suppressAuto: true; reason: Reason }
  | { action: 'allow'; as: Audience; then?: 'return_to'; reason: Reason }
  | { action: 'step_up'; reason: Reason }
  | { action: 'challenge'; status: 401; reason: Reason }
  | { action: 'error'; error: 'login_required' | 'interaction_required'; reason: Reason }
  | { action: 'verify_password'; sources: string[]; reason: Reason }
  | { action: 'guest'; reason: Reason };
