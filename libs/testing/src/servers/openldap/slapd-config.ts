import type { Certificates } from '../certificates.js';
import { CORP } from './tree.js';

const SCHEMA = '/etc/ldap/schema';

/**
 * An "other" directory than Active Directory: memberOf and password policy overlays, simple binds only over TLS, at
 * most 500 entries without paging. On purpose it takes a DN with an EMPTY password for an anonymous bind that
 * succeeds (RFC 4513 5.1.2): a client that takes that for a login has a hole.
 */
export function slapdConfig(folder: string, tls: Certificates): string {
  // We over the local socket are the admin: that is how the tree is loaded.
  const us = `gidNumber=${process.getgid?.() ?? 0}\\+uidNumber=${process.getuid?.() ?? 0},cn=peercred,cn=external,cn=auth`;
  return `dn: cn=config
objectClass: olcGlobal
cn: config
olcLogLevel: none
olcThreads: 4
olcTLSCACertificateFile: ${tls.caFile}
olcTLSCertificateFile: ${tls.certificate}
olcTLSCertificateKeyFile: ${tls.key}
olcTLSVerifyClient: never
olcAllows: bind_anon_dn
olcSecurity: simple_bind=128
olcAuthzRegexp: {0}"${us}" "${CORP.admin.dn}"

dn: cn=module{0},cn=config
objectClass: olcModuleList
cn: module{0}
olcModulePath: /usr/lib/ldap
olcModuleLoad: back_mdb
olcModuleLoad: memberof
olcModuleLoad: refint
olcModuleLoad: ppolicy

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

${['core', 'cosine', 'nis', 'inetorgperson'].map((name) => `include: file://${SCHEMA}/${name}.ldif`).join('\n')}

dn: olcDatabase={-1}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {-1}frontend
olcSizeLimit: size.soft=500 size.hard=500 size.prtotal=unlimited
olcAccess: {0}to dn.base="" by * read
olcAccess: {1}to dn.base="cn=subschema" by * read

dn: olcDatabase={1}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {1}mdb
olcSuffix: ${CORP.suffix}
olcRootDN: ${CORP.admin.dn}
olcRootPW: ${CORP.admin.password}
olcDbDirectory: ${folder}/db
olcDbMaxSize: 268435456
olcDbNoSync: TRUE
olcDbIndex: objectClass eq
olcDbIndex: entryUUID eq
olcDbIndex: uid,mail,cn eq
olcDbIndex: member,memberOf,uniqueMember,memberUid eq
olcSizeLimit: size.soft=500 size.hard=500 size.prtotal=unlimited
olcAccess: {0}to attrs=userPassword by self write by anonymous auth by * none
olcAccess: {1}to * by self read by users read by * none

dn: olcOverlay={0}memberof,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcMemberOf
olcOverlay: {0}memberof
olcMemberOfRefInt: TRUE
olcMemberOfGroupOC: groupOfNames
olcMemberOfMemberAD: member
olcMemberOfMemberOfAD: memberOf

dn: olcOverlay={1}ppolicy,olcDatabase={1}mdb,cn=config
objectClass: olcOverlayConfig
objectClass: olcPPolicyConfig
olcOverlay: {1}ppolicy
olcPPolicyDefault: cn=default,ou=policies,${CORP.suffix}
olcPPolicyHashCleartext: TRUE
olcPPolicyUseLockout: TRUE
`;
}
