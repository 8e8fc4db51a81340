/** The domain every test sees. Its passwords are public: it listens on loopback only. */
export const DOMAIN = {
  realm: 'ACME.TEST',
  netbios: 'ACME',
  dns: 'acme.test',
  baseDn: 'DC=acme,DC=test',
  rootDn: 'OU=Acme,DC=acme,DC=test',
  peopleDn: 'OU=People,OU=Acme,DC=acme,DC=test',
  groupsDn: 'OU=Groups,OU=Acme,DC=acme,DC=test',
  bulkDn: 'OU=Bulk,OU=Acme,DC=acme,DC=test',
  /** Everybody's, unless a test changed it. */
  password: 'Corr3ct-Horse!',
  /** May read, as a broker's own account would. */
  service: {
    dn: 'CN=svc-ldap,OU=Services,OU=Acme,DC=acme,DC=test',
    upn: 'svc-ldap@acme.test',
    password: 'Serv1ce-Passw0rd!',
  },
  admin: { upn: 'Administrator@acme.test', password: 'Adm1n!Passw0rd' },
  /** Bad passwords before the domain locks an account. */
  lockoutThreshold: 5,
} as const;

export const HOSTNAME = 'dc1';

/** Names of accounts that a test may guess at, lock or change. */
export const SPARE = ['spare1', 'spare2', 'spare3', 'spare4', 'spare5', 'spare6'] as const;
