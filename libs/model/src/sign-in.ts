import type { Audience } from './brand.js';
import type { RefusalCode } from './refusal.js';

/** What an application asks of a sign-in, in the words all protocols share. */
export interface SignInAsk {
  /** The person must prove themselves again, whatever session there is (OIDC `prompt=login`, SAML ForceAuthn). */
  forceFresh: boolean;
  /** No page may be shown (OIDC `prompt=none`, SAML IsPassive). */
  silent: boolean;
  selectAccount?: boolean;
  /** Seconds since the person last proved themselves that are still good enough. */
  maxAge?: number;
  loginHint?: string;
  usersourceHint?: string;
  acr?: string[];
  uiLocales?: string[];
}

/**
 * What one usersource says about one person, once. Nothing in it is trusted beyond that usersource.
 * `usersource` and `subject` together say who; everything else is description.
 */
export interface IdentityAssertion {
  usersource: string;
  subject: string;
  claims: {
    email?: string;
    emailVerified?: boolean;
    name?: string;
    username?: string;
    groups?: string[];
    attributes?: Record<string, string>;
  };
  /** All it said, by upstream's own names, for the admin's mapping and filter. Plain JSON, without secrets. */
  said?: Readonly<Record<string, unknown>>;
  /** The upstream's session, where its end can be asked for or heard of. `kept` goes back to `Usersource.end`,
   * and ours ends `until` then at the latest (SAML SessionNotOnOrAfter).
   */
  session?: { index?: string; until?: Date; kept: Record<string, string> };
  authenticatedAt: Date;
  /** Authentication method references, RFC 8176 where one fits. */
  methods: string[];
  /** Authentication context class the upstream named. */
  acr?: string;
  /** Where the upstream asked us to send the person afterwards; already checked against the allow-list. */
  to?: string;
  /**
   * Present when the message may be used once: the host claims `key` atomically before it writes a session.
   * `until` bounds how long the claim must be remembered.
   */
  once?: { key: string; until: Date };
  /** Our half of a mutual proof, for `WWW-Authenticate` of the answer to this very request. */
  answer?: string;
}

/** One person's walk from an application's question to our answer. Lives minutes, in Redis. */
export interface SignInTransaction {
  id: string;
  brand: string;
  application: string;
  audience: Audience;
  ask: SignInAsk;
  /** Path on the brand's host where the minter takes the walk back. */
  returnTo: string;
  /** SHA-256 (base64url) of the browser's binding cookie: whoever began must finish. */
  browser: string;
  openedAt: number;
}

export type SignInOutcome =
  | {
      admitted: true;
      account: string;
      usersource: string;
      audience: Audience;
      /** Public handle of the gateway's session (never its cookie): ends with it, and appears as OIDC `sid` material. */
      session: string;
      /** Seconds since the epoch. */
      authTime: number;
      methods: string[];
      acr?: string;
    }
  | {
      admitted: false;
      code: RefusalCode;
      reference: string;
      error: 'access_denied' | 'login_required' | 'interaction_required' | 'temporarily_unavailable';
    };
