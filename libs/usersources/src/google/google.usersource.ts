import { publicProfile } from '../openid-connect/public-provider.js';
import type { PublicProviderSettings } from '../openid-connect/public-provider.settings.js';
import { relyingParty } from '../openid-connect/relying-party.js';
import { GOOGLE } from '../openid-connect/vendors.js';
import type { UsersourceType } from '../usersource.js';
import { googleSettings } from './google.settings.js';

/** Anybody's Google account. For one company's Workspace there is the type oidc with its preset. */
export const google: UsersourceType<PublicProviderSettings> = {
  type: 'google',
  settings: googleSettings,
  open: (settings, tools) =>
    relyingParty(publicProfile({ vendor: GOOGLE, issuer: 'https://accounts.google.com' }, settings), tools),
};
