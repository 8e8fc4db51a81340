/** What differs between providers, as data: each line that is not the standard's says why in docs/usersources. */
export interface Vendor {
  /** Hosts beside the issuer's own where this provider's endpoints lie. */
  endpointHosts: readonly string[];
  algorithms: readonly string[];
  scopes: readonly string[];
  authentication: 'client_secret_basic' | 'client_secret_post';
  pkce: boolean;
  /** Whether it puts our nonce into the ID token. */
  nonce: boolean;
  /** `proven`: `auth_time` must show a fresh sign-in. `asked`: it has no such claim, so asking must do. */
  freshness: 'proven' | 'asked';
  /** The `prompt` that makes people prove themselves again, or the nearest there is. */
  freshPrompt: 'login' | 'select_account' | 'none';
  formPost: boolean;
  userinfo: boolean;
  frontChannelLogout: boolean;
  /** When its word makes an address a verified one. */
  emailProof: 'claim' | 'claim_or_text' | 'own_domains' | 'domain_owner' | 'never';
  subject: 'sub' | 'tenant_and_object';
  claims: ClaimNames;
}

export interface ClaimNames {
  email: string;
  name: string;
  username: string;
  groups: string;
}

export const GENERIC: Vendor = {
  endpointHosts: [],
  algorithms: ['RS256', 'PS256', 'ES256', 'Ed25519', 'EdDSA'],
  scopes: ['openid', 'profile', 'email'],
  authentication: 'client_secret_basic',
  pkce: true,
  nonce: true,
  freshness: 'proven',
  freshPrompt: 'login',
  formPost: false,
  userinfo: true,
  frontChannelLogout: false,
  emailProof: 'claim',
  subject: 'sub',
  claims: { email: 'email', name: 'name', username: 'preferred_username', groups: 'groups' },
};

const RS256 = ['RS256'];

/** ID tokens have everything; there is no `prompt=login` and no `auth_time`. */
export const GOOGLE: Vendor = {
  ...GENERIC,
  endpointHosts: ['oauth2.googleapis.com', 'www.googleapis.com', 'openidconnect.googleapis.com'],
  algorithms: RS256,
  authentication: 'client_secret_post',
  freshness: 'asked',
  freshPrompt: 'select_account',
  userinfo: false,
  emailProof: 'own_domains',
};

/** `email` may be anything a tenant's admin typed (nOAuth): it counts only with the domain owner's mark. */
export const ENTRA_ID: Vendor = {
  ...GENERIC,
  algorithms: RS256,
  authentication: 'client_secret_post',
  freshness: 'asked',
  userinfo: false,
  frontChannelLogout: true,
  emailProof: 'domain_owner',
  subject: 'tenant_and_object',
};

export const OKTA: Vendor = { ...GENERIC, algorithms: RS256, scopes: ['openid', 'profile', 'email', 'groups'] };

export const AUTH0: Vendor = {
  ...GENERIC,
  algorithms: RS256,
  authentication: 'client_secret_post',
  userinfo: false,
  claims: { ...GENERIC.claims, username: 'nickname' },
};

export const KEYCLOAK: Vendor = { ...GENERIC, userinfo: false };

export const GITLAB: Vendor = { ...GENERIC, algorithms: RS256, claims: { ...GENERIC.claims, username: 'nickname' } };

/** With a name or an address in the scope, Apple posts; and it says `"true"` where others say true. */
export const APPLE: Vendor = {
  ...GENERIC,
  algorithms: RS256,
  scopes: ['openid', 'email', 'name'],
  authentication: 'client_secret_post',
  freshness: 'asked',
  freshPrompt: 'none',
  formPost: true,
  userinfo: false,
  emailProof: 'claim_or_text',
};

/** It neither echoes a nonce nor takes a code verifier from web applications. */
export const LINKEDIN: Vendor = {
  ...GENERIC,
  algorithms: RS256,
  authentication: 'client_secret_post',
  pkce: false,
  nonce: false,
  freshness: 'asked',
  userinfo: false,
  emailProof: 'claim_or_text',
};
