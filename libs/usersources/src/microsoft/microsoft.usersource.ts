import { publicProfile } from '../openid-connect/public-provider.js';
import type { PublicProviderSettings } from '../openid-connect/public-provider.settings.js';
import { relyingParty } from '../openid-connect/relying-party.js';
import { ENTRA_ID } from '../openid-connect/vendors.js';
import type { UsersourceType } from '../usersource.js';
import { microsoftSettings } from './microsoft.settings.js';

/** Anybody's Microsoft account, of any company or of none: each token names its tenant, and that is its issuer. */
const MICROSOFT = {
  vendor: { ...ENTRA_ID, frontChannelLogout: false },
  issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
  discoveryIssuer: 'https://login.microsoftonline.com/common/v2.0',
  tenants: 'any',
} as const;

export const microsoft: UsersourceType<PublicProviderSettings> = {
  type: 'microsoft',
  settings: microsoftSettings,
  open: (settings, tools) => relyingParty(publicProfile(MICROSOFT, settings), tools),
};
