import { activeDirectorySettings } from './active-directory/active-directory.settings.js';
import { databaseSettings } from './database/database.settings.js';
import { ldapSettings } from './ldap/ldap.settings.js';
import { kerberosSettings } from './kerberos/kerberos.settings.js';
import { localSettings } from './local/local.settings.js';
import { multipassSettings } from './multipass/multipass.settings.js';
import { oidcSettings } from './oidc/oidc.settings.js';
import { peoplesoftDatabaseSettings } from './peoplesoft-database/peoplesoft-database.settings.js';
import { peoplesoftTokenSettings } from './peoplesoft-token/peoplesoft-token.settings.js';
import { jwtSettings } from './jwt/jwt.settings.js';
import { samlSettings } from './saml/saml.settings.js';
import { googleSettings } from './google/google.settings.js';
import { microsoftSettings } from './microsoft/microsoft.settings.js';
import { linkedinSettings } from './linkedin/linkedin.settings.js';
import { githubSettings } from './github/github.settings.js';
import { facebookSettings } from './facebook/facebook.settings.js';
import { twitterSettings } from './twitter/twitter.settings.js';
import type { UsersourceSettings } from './usersource.js';

/** All that the admin API may know of the types: what they can be told, and which of it is secret. */
export const USERSOURCE_SETTINGS: readonly UsersourceSettings<unknown>[] = [
  activeDirectorySettings,
  ldapSettings,
  databaseSettings,
  localSettings,
  multipassSettings,
  oidcSettings,
  kerberosSettings,
  peoplesoftDatabaseSettings,
  peoplesoftTokenSettings,
  samlSettings,
  jwtSettings,
  googleSettings,
  microsoftSettings,
  linkedinSettings,
  githubSettings,
  facebookSettings,
  twitterSettings,
];

const byType = new Map(USERSOURCE_SETTINGS.map((settings) => [settings.type, settings]));

export const usersourceSettings = (type: string): UsersourceSettings<unknown> | undefined => byType.get(type);

export { filterShape, isReservedGroup, mappingComplaints, mappingShape } from './mapping/mapping.settings.js';
export type { UsersourceSettings } from './usersource.js';
