import { Directory } from '../directory/directory.js';
import { Domain } from '../directory/domain.js';
import type { UsersourceType } from '../usersource.js';
import { activeDirectorySettings, type ActiveDirectorySettings } from './active-directory.settings.js';

/** Accounts of an Active Directory domain, by LDAP. What is particular about it is in `Domain`, which Kerberos uses too. */
export const activeDirectory: UsersourceType<ActiveDirectorySettings> = {
  type: 'active-directory',
  settings: activeDirectorySettings,
  open: (settings, tools) =>
    new Directory(
      settings,
      { dn: settings.bindName, password: settings.bindPassword },
      new Domain(settings, () => tools.now()),
      tools,
    ),
};
