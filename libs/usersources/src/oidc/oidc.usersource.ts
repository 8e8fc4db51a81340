import type { ClientCredentials } from '../openid-connect/client-authentication.js';
import type { RelyingPartyProfile } from '../openid-connect/profile.js';
import { relyingParty } from '../openid-connect/relying-party.js';
import { APPLE, AUTH0, ENTRA_ID, GENERIC, GITLAB, GOOGLE, KEYCLOAK, OKTA } from '../openid-connect/vendors.js';
import type { Vendor } from '../openid-connect/vendors.js';
import type { UsersourceType } from '../usersource.js';
import { oidcSettings, type OidcPreset, type OidcSettings } from './oidc.settings.js';

export const oidc: UsersourceType<OidcSettings> = {
  type: 'oidc',
  settings: oidcSettings,
  open: (settings, tools) => relyingParty(profileOf(settings), tools),
};

const VENDORS: Record<OidcPreset, Vendor> = {
  generic: GENERIC,
  google: GOOGLE,
  'entra-id': ENTRA_ID,
  okta: OKTA,
  auth0: AUTH0,
  keycloak: KEYCLOAK,
  gitlab: GITLAB,
  apple: APPLE,
};

const MICROSOFT = 'https://login.microsoftonline.com';
const APPLE_ID = 'https://appleid.apple.com';
const ISSUERS: Partial<Record<OidcPreset, string>> = {
  google: 'https://accounts.google.com',
  gitlab: 'https://gitlab.com',
  apple: APPLE_ID,
};

function profileOf(settings: OidcSettings): RelyingPartyProfile {
  const { preset, claims, freshness, hostedDomain, acrValues } = settings;
  const known = VENDORS[preset];
  const vendor = {
    ...known,
    freshness: freshness ?? known.freshness,
    claims: {
      email: claims.email ?? known.claims.email,
      name: claims.name ?? known.claims.name,
      username: claims.username ?? known.claims.username,
      groups: claims.groups ?? known.claims.groups,
    },
  };
  return {
    ...issuerOf(settings),
    clientId: settings.clientId,
    credentials: credentialsOf(settings, vendor),
    vendor,
    scopes: settings.scopes ?? vendor.scopes,
    algorithms: settings.algorithms ?? vendor.algorithms,
    endpointHosts: [...vendor.endpointHosts, ...settings.endpointHosts],
    acrValues,
    parameters: { ...settings.parameters, ...(hostedDomain !== undefined && { hd: hostedDomain }) },
    par: settings.par,
    userinfo: settings.userinfo ?? vendor.userinfo,
    frontChannelLogout: settings.frontChannelLogout ?? vendor.frontChannelLogout,
    trustEmails: settings.trustEmails,
    required: hostedDomain === undefined ? {} : { hd: hostedDomain },
  };
}

/** One tenant has an issuer of its own; several share the discovery of `organizations`, whose issuer is a template. */
function issuerOf({
  preset,
  issuer,
  tenants,
  authority,
}: OidcSettings): Pick<RelyingPartyProfile, 'issuer' | 'discoveryIssuer' | 'tenants'> {
  if (!tenants) return { issuer: issuer ?? ISSUERS[preset] ?? '' };
  const origin = (authority ?? MICROSOFT).replace(/\/$/, '');
  const discovery = tenants.length === 1 ? String(tenants[0]) : 'organizations';
  return {
    issuer: tenants.length === 1 ? `${origin}/${discovery}/v2.0` : `${origin}/{tenantid}/v2.0`,
    discoveryIssuer: `${origin}/${discovery}/v2.0`,
    tenants,
  };
}

function credentialsOf(settings: OidcSettings, vendor: Vendor): ClientCredentials {
  const { clientSecret, privateKey = '', privateKeyId = '', teamId, clientAuthentication, issuer } = settings;
  if (teamId !== undefined) {
    return { method: 'apple', privateKey, keyId: privateKeyId, teamId, audience: issuer ?? APPLE_ID };
  }
  if (clientSecret === undefined) {
    return { method: 'private_key_jwt', privateKey, keyId: settings.privateKeyId };
  }
  const method = clientAuthentication === 'client_secret_basic' || clientAuthentication === 'client_secret_post';
  return { method: method ? clientAuthentication : vendor.authentication, secret: clientSecret };
}
