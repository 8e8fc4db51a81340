import { Refusal } from '@passbroker/model';
import { CORP, DOMAIN, type OpenLdap, type SambaAd } from '@passbroker/testing';
import { activeDirectory } from '../src/active-directory/active-directory.usersource.js';
import { ldap } from '../src/ldap/ldap.usersource.js';
import type { Reply, Usersource, UsersourceTools } from '../src/usersource.js';
import { toolsFor } from './tools.js';

type Settings = Record<string, unknown>;

const tools = (overlay: Partial<UsersourceTools>): UsersourceTools => ({
  ...toolsFor('directory', () => new Date()),
  ...overlay,
});

/** Settings an admin would write for the domain of tests. */
export const domainSettings = (ad: SambaAd): Settings => ({
  servers: [ad.url],
  ca: ad.tls.ca,
  bindName: DOMAIN.service.dn,
  bindPassword: DOMAIN.service.password,
  baseDn: DOMAIN.peopleDn,
  groupBaseDn: DOMAIN.baseDn,
  netbiosName: DOMAIN.netbios,
});

/** And for the OpenLDAP of tests. */
export const corpSettings = (directory: OpenLdap): Settings => ({
  servers: [directory.url],
  ca: directory.tls.ca,
  bindDn: CORP.service.dn,
  bindPassword: CORP.service.password,
  baseDn: CORP.peopleDn,
  groupBaseDn: CORP.groupsDn,
  lockoutThreshold: CORP.lockoutThreshold,
  lockoutWindowMin: 5,
});

export const openDomain = (settings: Settings, overlay: Partial<UsersourceTools> = {}): Usersource =>
  activeDirectory.open(activeDirectory.settings.schema.parse(settings), tools(overlay));

export const openLdapDirectory = (settings: Settings, overlay: Partial<UsersourceTools> = {}): Usersource =>
  ldap.open(ldap.settings.schema.parse(settings), tools(overlay));

export const posted = (username: string, password: string, more: Partial<Reply> = {}): Reply => ({
  method: 'POST',
  rawQuery: '',
  fields: { username, password },
  remoteAddress: '127.0.0.1',
  ...more,
});

/** The code of the refusal; the subject of whoever was let in. */
export async function outcome(usersource: Usersource, username: string, password: string): Promise<string> {
  try {
    return (await usersource.finish(posted(username, password), {})).subject;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    throw error;
  }
}
