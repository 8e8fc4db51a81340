import type { ClientCredentials } from './client-authentication.js';
import type { Vendor } from './vendors.js';

/** One connection to one provider: a vendor's ways, with the admin's settings laid over them. */
export interface RelyingPartyProfile {
  /** As the discovery document names it; a tenant template keeps its `{tenantid}`. */
  issuer: string;
  /** The issuer whose `/.well-known/openid-configuration` is asked, where that is another text. */
  discoveryIssuer?: string;
  /** Whose people may come, by the provider's tenant ids; `any` of the world's. Set with a tenant template only. */
  tenants?: readonly string[] | 'any';
  clientId: string;
  credentials: ClientCredentials;
  vendor: Vendor;
  scopes: readonly string[];
  algorithms: readonly string[];
  endpointHosts: readonly string[];
  acrValues?: readonly string[] | undefined;
  /** Sent along as they are: `domain_hint`, `organization`, `kc_idp_hint`. */
  parameters: Readonly<Record<string, string>>;
  par: boolean;
  userinfo: boolean;
  frontChannelLogout: boolean;
  trustEmails: boolean;
  /** Claims that must come back with exactly this text: Google's `hd`. */
  required: Readonly<Record<string, string>>;
}
