/** Who may come through a door. `admin` is a role of agents, not an audience. Never an OAuth `aud`. */
export type Audience = 'users' | 'agents';

export const AUDIENCES: readonly Audience[] = ['users', 'agents'];

/** Which face of a brand a page belongs to: portal for users, agent and admin for agents. */
export type Surface = 'portal' | 'agent' | 'admin';

/** How one audience of a brand signs in (usersource policy, section 3.1). Durations in seconds. */
export interface AudiencePolicy {
  hrd: 'off' | 'prefill' | 'route';
  automaticScope: 'exclusive' | 'default';
  singleOption: 'show' | 'redirect';
  offNetwork: 'degrade' | 'deny';
  mfa: 'none' | 'required';
  /** What an upstream must have said for its second factor to count as ours (I15). Left out: none counts. */
  acceptUpstreamMfa?: { acr: string[]; amr: string[] };
  idleSec: number;
  absoluteSec: number;
  /** The oldest of an account's sessions end when there are more. Left out: no limit. */
  sessionsPerAccount?: number;
}

/** Where `?sso=off` lets somebody past Automatic SSO. Empty `networks` means from anywhere. */
export interface Bypass {
  surfaces: Surface[];
  networks: string[];
}

/** Looks: decides nothing else. Colours are CSS hex colours; the logo is an https or data URL. */
export interface BrandLooks {
  accent?: string;
  logo?: string;
  supportUrl?: string;
  /** What it speaks to people whose browser asks for no language that we speak. */
  language?: string;
}

/** A public face with its own hosts, looks, usersources, applications, issuer and keys. */
export interface Brand {
  id: string;
  slug: string;
  name: string;
  enabled: boolean;
  /** Host headers this brand answers to, port included where it is not the scheme's own. The first is canonical. */
  hosts: string[];
  /** Canonical origin: `PUBLIC_URL` for the default brand, its scheme and the first host for the others. */
  origin: string;
  guestAccess: boolean;
  registration: 'open' | 'closed';
  audiences: Record<Audience, AudiencePolicy>;
  bypass: Bypass;
  /** Whether admins who are locked out may have a link mailed. Left out: off. */
  recovery?: { mailLink: 'off' | 'admins' };
  looks: BrandLooks;
  revision: number;
}
