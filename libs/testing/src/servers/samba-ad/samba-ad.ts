import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { randomInt } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { startPeer, type PeerProcess } from '../../peers/peer-process.js';
import { makeCertificates, type Certificates } from '../certificates.js';
import { requireServer } from '../find-server.js';
import { serverFolder } from '../server-folder.js';
import { DOMAIN, HOSTNAME, SPARE } from './domain.js';
import { krb5Conf, SAMBA_FOLDERS, smbConf } from './samba-files.js';

export interface SambaAdOptions {
  /** People more, to fill pages and ranges; each 500 cost two seconds. Without a password, in a group of all. */
  bulk?: number;
}

export interface SambaAd {
  ip: string;
  /** A name the certificate holds too; nobody resolves it. */
  host: string;
  /** `ldaps://IP:636`. */
  url: string;
  /** `ldap://IP:389`: for StartTLS; simple binds in clear are refused here. */
  plainUrl: string;
  globalCatalogUrl: string;
  tls: Certificates;
  http: { spn: string; spnAtLocalhost: string; keytab: string };
  krb5Config: string;
  /** For kinit, curl and whoever else asks libkrb5: configuration and a ticket cache of its own. */
  kerberosEnv(cache: string): Record<string, string>;
  stop(): Promise<void>;
}

const READY_MS = 60_000;
const LDAPS = 636;
const NEEDS_ROOT = 'Samba needs root: the ports of a domain controller are fixed, and below 1024';

/**
 * A real domain controller: LDAP, LDAPS, StartTLS, global catalogue, KDC and password changes, on one loopback
 * address, with its whole state in a folder. Needs root, because the ports cannot be chosen.
 *
 * @throws when Samba is not installed, or we are not root.
 */
export async function startSambaAd({ bulk = 0 }: SambaAdOptions = {}): Promise<SambaAd> {
  const command = requireServer('samba');
  const ip = await freeAddress();
  const folder = await serverFolder('samba');
  const at = (path: string): string => join(folder.path, path);
  let samba: PeerProcess | undefined;
  const stop = async () => {
    await samba?.stop();
    folder.remove();
  };
  try {
    const host = `${HOSTNAME}.${DOMAIN.dns}`;
    for (const path of SAMBA_FOLDERS) await mkdir(at(path), { recursive: true });
    const tls = await makeCertificates(at('tls'), { names: [`DNS:${host}`, `DNS:${DOMAIN.dns}`, `IP:${ip}`] });
    await writeFile(at('smb.conf'), smbConf(folder.path, ip, tls));
    await writeFile(at('krb5.conf'), krb5Conf(ip));
    provision(at, ip, bulk);
    samba = await startPeer({
      name: 'Samba',
      command,
      args: ['-F', '-s', at('smb.conf')],
      env: { KRB5_CONFIG: at('krb5.conf'), TDB_NO_FSYNC: '1' },
      host: ip,
      port: LDAPS,
    });
    const kerberosEnv = (cache: string) => ({ KRB5_CONFIG: at('krb5.conf'), KRB5CCNAME: `FILE:${at(cache)}` });
    await givesTickets(kerberosEnv('ready'), at('log/samba.log'));
    return {
      ip,
      host,
      url: `ldaps://${ip}:${LDAPS}`,
      plainUrl: `ldap://${ip}:389`,
      globalCatalogUrl: `ldaps://${ip}:3269`,
      tls,
      http: {
        spn: `HTTP/sso.${DOMAIN.dns}`,
        spnAtLocalhost: 'HTTP/localhost',
        keytab: at('http.keytab'),
      },
      krb5Config: at('krb5.conf'),
      kerberosEnv,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function provision(at: (path: string) => string, ip: string, bulk: number): void {
  const done = spawnSync('/usr/bin/python3', ['-B', fileURLToPath(new URL('./provision.py', import.meta.url))], {
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', KRB5_CONFIG: at('krb5.conf'), TDB_NO_FSYNC: '1' },
    input: JSON.stringify({
      ...{ ip, bulk, hostname: HOSTNAME, domain: DOMAIN.netbios, realm: DOMAIN.realm, dnsDomain: DOMAIN.dns },
      ...{ baseDn: DOMAIN.baseDn, spare: SPARE },
      ...{ config: at('smb.conf'), database: at('private/sam.ldb'), keytab: at('http.keytab') },
      adminPassword: DOMAIN.admin.password,
      userPassword: DOMAIN.password,
      servicePassword: DOMAIN.service.password,
    }),
  });
  if (done.status !== 0)
    throw new Error(`Samba could not make a domain:\n${String(done.stdout)}${String(done.stderr)}`);
}

/** The KDC is the last to come up. */
async function givesTickets(env: Record<string, string>, log: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    const { status } = spawnSync('kinit', ['alice'], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      input: `${DOMAIN.password}\n`,
    });
    if (status === 0) return;
    if (Date.now() > deadline) throw new Error(`the domain gives no tickets:\n${await readFile(log, 'utf8')}`);
    await sleep(200);
  }
}

/** All of 127/8 is ours: an address at random is free, unless a suite beside us was as lucky. */
async function freeAddress(): Promise<string> {
  for (;;) {
    const ip = `127.${randomInt(64, 128)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    const free = await new Promise<boolean>((resolve, reject) => {
      const probe = createServer();
      probe.once('error', (error) => {
        if ('code' in error && error.code === 'EACCES') reject(new Error(NEEDS_ROOT));
        else resolve(false);
      });
      probe.listen(LDAPS, ip, () => probe.close(() => resolve(true)));
    });
    if (free) return ip;
  }
}
