import type { Certificates } from '../certificates.js';
import { DOMAIN, HOSTNAME } from './domain.js';

/** Every path lies in `folder`; only the services a broker talks to, on one loopback address. */
export const smbConf = (folder: string, ip: string, tls: Certificates): string => `[global]
  netbios name = ${HOSTNAME.toUpperCase()}
  workgroup = ${DOMAIN.netbios}
  realm = ${DOMAIN.realm}
  server role = active directory domain controller
  server services = ldap, cldap, kdc
  dcerpc endpoint servers = -winreg, -srvsvc
  interfaces = ${ip}/8
  bind interfaces only = yes
  disable netbios = yes
  private dir = ${folder}/private
  state directory = ${folder}/state
  cache directory = ${folder}/cache
  lock directory = ${folder}/lock
  pid directory = ${folder}/run
  ncalrpc dir = ${folder}/ncalrpc
  binddns dir = ${folder}/state/bind-dns
  winbindd socket directory = ${folder}/run/winbindd
  ntp signd socket directory = ${folder}/run/ntp_signd
  tls enabled = yes
  tls keyfile = ${tls.key}
  tls certfile = ${tls.certificate}
  tls cafile = ${tls.caFile}
  logging = file
  log file = ${folder}/log/samba.log
  log level = 1
  max log size = 0
  panic action =
  prefork children = 1
[netlogon]
  path = ${folder}/state/sysvol/${DOMAIN.dns}/scripts
  read only = no
[sysvol]
  path = ${folder}/state/sysvol
  read only = no
`;

export const SAMBA_FOLDERS = [
  ...['private', 'state', 'cache', 'lock', 'run', 'ncalrpc', 'log'],
  `state/sysvol/${DOMAIN.dns}/scripts`,
];

/** No DNS anywhere: the domain is known by this file alone. */
export const krb5Conf = (ip: string): string => `[libdefaults]
  default_realm = ${DOMAIN.realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  forwardable = true
[realms]
  ${DOMAIN.realm} = {
    kdc = ${ip}
    kpasswd_server = ${ip}
    admin_server = ${ip}
  }
[domain_realm]
  .${DOMAIN.dns} = ${DOMAIN.realm}
  ${DOMAIN.dns} = ${DOMAIN.realm}
  localhost = ${DOMAIN.realm}
`;
