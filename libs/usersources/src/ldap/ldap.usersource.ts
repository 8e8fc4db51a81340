import { Directory } from '../directory/directory.js';
import type { UsersourceType } from '../usersource.js';
import { ldapSettings, type LdapSettings } from './ldap.settings.js';
import { LdapDirectory } from './ldap-directory.js';

/** Accounts of OpenLDAP and its kin. */
export const ldap: UsersourceType<LdapSettings> = {
  type: 'ldap',
  settings: ldapSettings,
  open: (settings, tools) =>
    new Directory(
      settings,
      { dn: settings.bindDn, password: settings.bindPassword },
      new LdapDirectory(settings),
      tools,
    ),
};
