export { describeWith } from './describe-with.js';
export { aptLine, findServer, requireServer, type ServerName } from './find-server.js';
export {
  startEmbeddedPostgresForTest,
  startEmbeddedRedisForTest,
  startRealPostgres,
  startRealRedis,
} from './start-server.js';
export { makeCertificates, type Certificates } from './certificates.js';
export { startMariaDb } from './databases/mariadb.js';
export { startPeoplePostgres } from './databases/people-postgres.js';
export type { PeopleServer } from './databases/people-server.js';
export { CORP, SPARE_UIDS } from './openldap/tree.js';
export { startOpenLdap, type OpenLdap, type OpenLdapOptions } from './openldap/openldap.js';
export { DOMAIN, SPARE } from './samba-ad/domain.js';
export { startSambaAd, type SambaAd, type SambaAdOptions } from './samba-ad/samba-ad.js';
export { negotiateHeader, startMitKdc, type MitKdc } from './mit-kdc.js';
