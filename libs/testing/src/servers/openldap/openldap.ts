import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { freePort } from '../../peers/free-port.js';
import { startPeer, type PeerProcess } from '../../peers/peer-process.js';
import { makeCertificates, type Certificates } from '../certificates.js';
import { requireServer } from '../find-server.js';
import { serverFolder } from '../server-folder.js';
import { slapdConfig } from './slapd-config.js';
import { tree } from './tree.js';

export interface OpenLdapOptions {
  /** People more, to fill pages. */
  bulk?: number;
  /** Where its people have their addresses, when several directories must not share them. */
  mailDomain?: string;
  /** Days its certificate still lasts; below zero: it ended that long ago. */
  certificateDays?: number;
}

export interface OpenLdap {
  /** `ldaps://127.0.0.1:…`. */
  url: string;
  /** `ldap://127.0.0.1:…`: for StartTLS; simple binds in clear are refused here. */
  plainUrl: string;
  /** A name the certificate holds too; nobody resolves it. */
  host: string;
  tls: Certificates;
  /** Stops answering, as a machine that hangs, until it is thawed. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
}

/** A real slapd on free ports of 127.0.0.1, with its whole state in a folder. @throws when it is not installed. */
export async function startOpenLdap({
  bulk = 0,
  mailDomain = 'corp.test',
  certificateDays,
}: OpenLdapOptions = {}): Promise<OpenLdap> {
  const command = requireServer('slapd');
  const folder = await serverFolder('slapd');
  const at = (path: string): string => join(folder.path, path);
  let slapd: PeerProcess | undefined;
  const stop = async () => {
    slapd?.signal('SIGCONT');
    await slapd?.stop();
    folder.remove();
  };
  try {
    for (const path of ['db', 'config']) await mkdir(at(path));
    const host = 'ldap.corp.test';
    const tls = await makeCertificates(at('tls'), {
      names: [`DNS:${host}`, 'IP:127.0.0.1'],
      ...(certificateDays !== undefined && { days: certificateDays }),
    });
    await writeFile(at('config.ldif'), slapdConfig(folder.path, tls));
    run('/usr/sbin/slapadd', ['-n', '0', '-F', at('config'), '-l', at('config.ldif')]);

    const socket = `ldapi://${encodeURIComponent(at('ldapi'))}`;
    const [plain, port] = [await freePort(), await freePort()];
    slapd = await startPeer({
      name: 'slapd',
      command,
      // -d keeps it in the foreground.
      args: ['-d', '0', '-F', at('config'), '-h', `ldap://127.0.0.1:${plain} ldaps://127.0.0.1:${port} ${socket}`],
      port,
    });
    // On line, so that the overlays do their work.
    run(
      '/usr/bin/ldapadd',
      ['-Q', '-Y', 'EXTERNAL', '-H', socket, '-e', 'relax'],
      tree(bulk).replaceAll('@corp.test', `@${mailDomain}`),
    );
    return {
      url: `ldaps://127.0.0.1:${port}`,
      plainUrl: `ldap://127.0.0.1:${plain}`,
      host,
      tls,
      freeze: () => slapd?.signal('SIGSTOP'),
      thaw: () => slapd?.signal('SIGCONT'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function run(command: string, args: string[], input = ''): void {
  const done = spawnSync(command, args, { input });
  if (done.status !== 0) throw new Error(`${command} failed:\n${String(done.stderr ?? done.error)}`);
}
