import { publicProfile } from '../openid-connect/public-provider.js';
import type { PublicProviderSettings } from '../openid-connect/public-provider.settings.js';
import { relyingParty } from '../openid-connect/relying-party.js';
import { LINKEDIN } from '../openid-connect/vendors.js';
import type { UsersourceType } from '../usersource.js';
import { linkedinSettings } from './linkedin.settings.js';

/** Its endpoints lie beside its issuer, which has a path: https://www.linkedin.com/oauth. */
export const linkedin: UsersourceType<PublicProviderSettings> = {
  type: 'linkedin',
  settings: linkedinSettings,
  open: (settings, tools) =>
    relyingParty(publicProfile({ vendor: LINKEDIN, issuer: 'https://www.linkedin.com/oauth' }, settings), tools),
};
