import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { freePort } from '../peers/free-port.js';
import { startPeer } from '../peers/peer-process.js';
import { requireServer } from './find-server.js';
import { serverFolder } from './server-folder.js';

export interface MitKdc {
  realm: string;
  /** Makes somebody, or something, with a password. */
  person(name: string, password: string): void;
  /** Makes a service and writes its key; several may share a file. Returns the file. */
  service(principal: string, file?: string): string;
  /** For curl, Chromium and whoever else asks libkrb5: somebody's ticket, fresh. */
  ticketOf(name: string, password: string): Record<string, string>;
  stop(): Promise<void>;
}

/** MIT's key distribution center: a realm in a second, without root. @throws when it is not installed. */
export async function startMitKdc(realm = 'ACME.TEST'): Promise<MitKdc> {
  const command = requireServer('krb5kdc');
  const folder = await serverFolder('kdc');
  const at = (name: string): string => join(folder.path, name);
  const port = await freePort();
  await writeFile(
    at('krb5.conf'),
    `[libdefaults]
  default_realm = ${realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  udp_preference_limit = 1
  allow_weak_crypto = true
  permitted_enctypes = DEFAULT +rc4
[realms]
  ${realm} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  localhost = ${realm}
  .${realm.toLowerCase()} = ${realm}
`,
  );
  await writeFile(
    at('kdc.conf'),
    `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${realm} = {
    database_name = ${at('principal')}
    key_stash_file = ${at('stash')}
    supported_enctypes = aes256-cts:normal aes128-cts:normal
  }
`,
  );
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', KRB5_CONFIG: at('krb5.conf'), KRB5_KDC_PROFILE: at('kdc.conf') };
  const run = (program: string, args: string[], input = ''): void => {
    const done = spawnSync(program, args, { env, input });
    if (done.status !== 0)
      throw new Error(`${program} ${args.join(' ')}: ${String(done.stderr)}${String(done.stdout)}`);
  };
  const admin = (query: string): void => run('kadmin.local', ['-q', query]);
  run('kdb5_util', ['create', '-s', '-P', 'a master nobody needs', '-r', realm]);
  const kdc = await startPeer({ name: 'krb5kdc', command, args: ['-n'], env, port });
  let caches = 0;
  return {
    realm,
    person: (name, password) => admin(`addprinc -pw ${password} ${name}`),
    service: (principal, file = at(`${principal.replaceAll('/', '-')}.keytab`)) => {
      admin(`addprinc -randkey ${principal}`);
      admin(`ktadd -k ${file} ${principal}`);
      return file;
    },
    ticketOf: (name, password) => {
      const cache = `FILE:${at(`cache-${++caches}`)}`;
      const done = spawnSync('kinit', ['-c', cache, name], { env, input: `${password}\n` });
      if (done.status !== 0) throw new Error(`kinit ${name}: ${String(done.stderr)}`);
      return { KRB5_CONFIG: env.KRB5_CONFIG, KRB5CCNAME: cache };
    },
    stop: async () => {
      await kdc.stop();
      folder.remove();
    },
  };
}

const CLIENT = `
const kerberos = require(process.argv[1]);
const mechOID = process.argv[3] === 'bare' ? kerberos.GSS_MECH_OID_KRB5 : kerberos.GSS_MECH_OID_SPNEGO;
kerberos
  .initializeClient(process.argv[2], { mechOID })
  .then((client) => client.step(''))
  .then((token) => process.stdout.write(token));
`;

/**
 * What a browser with this ticket sends to `HTTP@host`: `Negotiate …`, a new one each time.
 * @param env of `ticketOf`, or of another KDC's
 */
export function negotiateHeader(
  env: Record<string, string>,
  service: string,
  form: 'spnego' | 'bare' = 'spnego',
): string {
  const library = createRequire(import.meta.url).resolve('kerberos');
  const done = spawnSync(process.execPath, ['-e', CLIENT, library, service, form], { env });
  const token = String(done.stdout);
  if (token === '') throw new Error(`no ticket for ${service}: ${String(done.stderr)}`);
  return `Negotiate ${token}`;
}
