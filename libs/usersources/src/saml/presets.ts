/** Where a vendor's identity provider puts what we want to know, by the attributes it sends unless told otherwise. */
export interface Preset {
  /** Asked for with every request; absent: whatever upstream sends. */
  nameIdFormat?: string;
  /** An attribute that is who it is, for ever, where the NameID is not. */
  subject?: string;
  email: readonly string[];
  name: readonly string[];
  username: readonly string[];
  groups: readonly string[];
}

const XMLSOAP = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
const MICROSOFT = 'http://schemas.microsoft.com';
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';

const OIDS: Preset = {
  nameIdFormat: PERSISTENT,
  email: ['urn:oid:0.9.2342.19200300.100.1.3', 'mail'],
  name: ['urn:oid:2.16.840.1.113730.3.1.241', 'displayName', 'urn:oid:2.5.4.3', 'cn'],
  username: ['urn:oid:0.9.2342.19200300.100.1.1', 'uid', 'urn:oid:1.3.6.1.4.1.5923.1.1.1.6'],
  groups: [
    'urn:oid:1.3.6.1.4.1.5923.1.5.1.1',
    'isMemberOf',
    'urn:oid:1.3.6.1.4.1.5923.1.1.1.1',
    'eduPersonAffiliation',
  ],
};

export const SAML_PRESETS = [
  ...(['generic', 'onelogin', 'okta', 'entra-id', 'ad-fs', 'google-workspace'] as const),
  ...(['keycloak', 'shibboleth', 'simplesamlphp', 'pingfederate'] as const),
] as const;
export type SamlPreset = (typeof SAML_PRESETS)[number];

/** In order: the first attribute that is there, by its name or its friendly name, is taken. */
export const PRESETS: Readonly<Record<SamlPreset, Preset>> = {
  generic: {
    email: ['email', 'mail', `${XMLSOAP}/emailaddress`, ...OIDS.email],
    name: ['displayName', 'name', 'cn', ...OIDS.name],
    username: ['username', 'uid', ...OIDS.username],
    groups: ['groups', 'memberOf', ...OIDS.groups],
  },
  onelogin: {
    nameIdFormat: EMAIL,
    email: ['User.email', 'email'],
    name: ['User.DisplayName', 'displayName', 'name'],
    username: ['User.Username', 'username'],
    groups: ['memberOf', 'groups'],
  },
  okta: { email: ['email'], name: ['displayName', 'name'], username: ['login', 'username'], groups: ['groups'] },
  'entra-id': {
    // The NameID is the user principal name unless configured, which changes with a marriage.
    subject: `${MICROSOFT}/identity/claims/objectidentifier`,
    email: [`${XMLSOAP}/emailaddress`],
    name: [`${MICROSOFT}/identity/claims/displayname`],
    username: [`${XMLSOAP}/name`],
    groups: [`${MICROSOFT}/ws/2008/06/identity/claims/groups`],
  },
  'ad-fs': {
    email: [`${XMLSOAP}/emailaddress`],
    name: [`${XMLSOAP}/name`, 'http://schemas.xmlsoap.org/claims/CommonName'],
    username: [`${XMLSOAP}/upn`, `${MICROSOFT}/ws/2008/06/identity/claims/windowsaccountname`],
    groups: ['http://schemas.xmlsoap.org/claims/Group', `${MICROSOFT}/ws/2008/06/identity/claims/role`],
  },
  'google-workspace': {
    nameIdFormat: EMAIL,
    email: ['email'],
    name: ['name', 'displayName'],
    username: ['username'],
    groups: ['groups'],
  },
  keycloak: {
    nameIdFormat: PERSISTENT,
    email: ['email', 'urn:oid:1.2.840.113549.1.9.1'],
    name: ['name', 'displayName'],
    username: ['username'],
    groups: ['groups', 'Role'],
  },
  shibboleth: OIDS,
  simplesamlphp: OIDS,
  pingfederate: {
    email: ['email', 'mail'],
    name: ['displayName', 'name'],
    username: ['username', 'uid'],
    groups: ['groups', 'memberOf'],
  },
};
