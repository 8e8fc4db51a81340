import { addressAt } from '../addresses/stand-in.js';
import type { RelyingPartyProfile } from './profile.js';
import type { PublicProviderSettings } from './public-provider.settings.js';
import type { Vendor } from './vendors.js';

export interface PublicProvider {
  vendor: Vendor;
  issuer: string;
  discoveryIssuer?: string;
  tenants?: 'any';
}

/** One of the world's own providers, where nothing but the app is ours to choose. */
export function publicProfile(
  { vendor, issuer, discoveryIssuer, tenants }: PublicProvider,
  { clientId, clientSecret, standIn }: PublicProviderSettings,
): RelyingPartyProfile {
  return {
    issuer: addressAt(standIn, issuer),
    ...(discoveryIssuer !== undefined && { discoveryIssuer: addressAt(standIn, discoveryIssuer) }),
    ...(tenants && { tenants }),
    clientId,
    credentials: {
      method: vendor.authentication === 'client_secret_basic' ? 'client_secret_basic' : 'client_secret_post',
      secret: clientSecret,
    },
    vendor,
    scopes: vendor.scopes,
    algorithms: vendor.algorithms,
    endpointHosts: vendor.endpointHosts,
    parameters: {},
    par: false,
    userinfo: vendor.userinfo,
    frontChannelLogout: false,
    trustEmails: false,
    required: {},
  };
}
