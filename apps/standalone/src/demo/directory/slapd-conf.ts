import { certificatesIn } from './certificates.js';
import { TREE } from './tree.js';

const quoted = (path: string): string => `"${path.replace(/["\\]/g, '\\$&')}"`;

/**
 * TLS from the first byte, nothing anonymous but the bind itself, and passwords that nobody reads, not even the broker.
 * There is no root of the tree who could sign in.
 */
export function slapdConf(folder: string, modules: string): string {
  const { ca, key, certificate } = certificatesIn(folder);
  return `${['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
modulepath ${quoted(modules)}
moduleload back_mdb
moduleload ppolicy
loglevel none
threads 4
TLSCACertificateFile ${quoted(ca)}
TLSCertificateFile ${quoted(certificate)}
TLSCertificateKeyFile ${quoted(key)}
TLSVerifyClient never
require authc

database mdb
suffix "${TREE.suffix}"
directory ${quoted(`${folder}/db`)}
maxsize 16777216
index objectClass,entryUUID,uid,mail,cn,member eq
overlay ppolicy
ppolicy_default "${TREE.policy}"
ppolicy_hash_cleartext
access to attrs=userPassword by self write by anonymous auth by * none
access to * by self read by dn.exact="${TREE.broker}" read by * none
`;
}
