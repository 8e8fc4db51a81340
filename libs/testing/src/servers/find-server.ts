import { existsSync, globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { findOnPath } from '@passbroker/platform';

/** Servers and programs of other people that some suites run against. */
export type ServerName =
  | 'redis'
  | 'postgres'
  | 'php'
  | 'simplesamlphp'
  | 'python'
  | 'pycryptodome'
  | 'apache'
  | 'mod_auth_openidc'
  | 'chromium'
  | 'nginx'
  | 'mariadb'
  | 'samba'
  | 'slapd'
  | 'krb5kdc'
  | 'kerberos'
  | 'curl'
  | 'openssl';

interface Server {
  find: () => string | undefined;
  packages: string;
}

const COMPILED = '../../../../node_modules/kerberos/build/Release/kerberos.node';

const firstFile = (pattern: string): string | undefined => globSync(pattern).sort().at(-1);

const servers: Record<ServerName, Server> = {
  redis: { find: () => findOnPath('redis-server') ?? findOnPath('valkey-server'), packages: 'redis-server' },
  // The folder of its programs, which Debian keeps off the PATH.
  postgres: { find: () => firstFile('/usr/lib/postgresql/*/bin'), packages: 'postgresql' },
  php: { find: () => findOnPath('php'), packages: 'php-cli' },
  simplesamlphp: {
    find: () => firstFile('/usr/share/simplesamlphp'),
    packages: 'simplesamlphp php-cli php-xml php-mbstring',
  },
  // The system's own first: a version manager's shim may lack the packages.
  python: {
    find: () => firstFile('/usr/bin/python3') ?? findOnPath('python3'),
    packages: 'python3',
  },
  pycryptodome: {
    find: () => firstFile('/usr/lib/python3/dist-packages/Cryptodome'),
    packages: 'python3 python3-pycryptodome',
  },
  apache: { find: () => firstFile('/usr/sbin/apache2'), packages: 'apache2' },
  mod_auth_openidc: {
    find: () => firstFile('/usr/lib/apache2/modules/mod_auth_openidc.so'),
    packages: 'apache2 libapache2-mod-auth-openidc',
  },
  chromium: { find: () => findOnPath('chromium') ?? findOnPath('google-chrome'), packages: 'chromium' },
  mariadb: { find: () => firstFile('/usr/sbin/mariadbd'), packages: 'mariadb-server openssl' },
  // Its ports are below 1024 and cannot be chosen: without root it might as well not be there.
  samba: {
    find: () => (process.getuid?.() === 0 ? firstFile('/usr/sbin/samba') : undefined),
    packages: 'samba samba-ad-provision samba-dsdb-modules krb5-user openssl',
  },
  // The library, compiled by `node bin/kerberos.mjs`.
  kerberos: {
    find: () => firstFile(fileURLToPath(new URL(COMPILED, import.meta.url))),
    packages: 'g++ make python3 libkrb5-dev',
  },
  curl: { find: () => findOnPath('curl'), packages: 'curl' },
  krb5kdc: {
    // Without kadmin.local its realm has nobody in it.
    find: () => (firstFile('/usr/sbin/kadmin.local') ? firstFile('/usr/sbin/krb5kdc') : undefined),
    packages: 'krb5-kdc krb5-admin-server krb5-user',
  },
  slapd: { find: () => firstFile('/usr/sbin/slapd'), packages: 'slapd ldap-utils openssl' },
  openssl: { find: () => findOnPath('openssl'), packages: 'openssl' },
  nginx: { find: () => firstFile('/usr/sbin/nginx'), packages: 'nginx-light' },
};

/** Where it is installed: a program, a folder of programs, or a module. Undefined when it is not. */
export function findServer(name: ServerName): string | undefined {
  const found = servers[name].find();
  return found !== undefined && existsSync(found) ? found : undefined;
}

export function aptLine(names: readonly ServerName[]): string {
  const packages = new Set(names.flatMap((name) => servers[name].packages.split(' ')));
  return `apt-get install ${[...packages].join(' ')}`;
}

/** @throws when it is not installed, with the line that installs it. */
export function requireServer(name: ServerName): string {
  const found = findServer(name);
  if (found === undefined) throw new Error(`needs ${name}: ${aptLine([name])}`);
  return found;
}
