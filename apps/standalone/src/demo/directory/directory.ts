import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath, freePort, runServer, supervise, type Logger } from '@passbroker/platform';
import { upstreamPassword } from '../demo-secrets.js';
import { certificatesIn, LEFTOVERS, makeCertificates } from './certificates.js';
import { slapdConf } from './slapd-conf.js';
import { TREE, treeAsLdif } from './tree.js';

const run = promisify(execFile);

/** How the broker reaches it, as the settings of the type are called. */
export interface DirectoryDemo {
  url: string;
  ca: string;
  bindDn: string;
  bindPassword: string;
}

export interface RunningDirectory extends DirectoryDemo {
  stop(): Promise<void>;
}

/** Debian keeps it off the PATH of ordinary users. */
const SBIN = '/usr/sbin:/usr/local/sbin:/usr/libexec';

interface Programs {
  slapd: string;
  slapadd: string;
  openssl: string;
  /** Its loadable modules, which Debian does not build in. */
  modules: string;
}

/** OpenLDAP, if it is installed. */
function programs(): Programs | undefined {
  const slapd = findOnPath('slapd') ?? findOnPath('slapd', SBIN);
  const slapadd = findOnPath('slapadd') ?? findOnPath('slapadd', SBIN);
  const openssl = findOnPath('openssl');
  const [modules] = globSync('/usr/lib/{ldap,*/ldap,openldap}/ppolicy.so');
  return slapd && slapadd && openssl && modules ? { slapd, slapadd, openssl, modules: join(modules, '..') } : undefined;
}

/**
 * A directory for one machine: made on the first start, kept in DATA_DIR, on loopback, TLS only. It ends with us,
 * however we end.
 *
 * @returns undefined where OpenLDAP is not installed, or may not work in DATA_DIR (AppArmor): there is no demo of it then
 */
export async function openDirectory(dataDir: string, log: Logger): Promise<RunningDirectory | undefined> {
  const found = programs();
  if (!found) return undefined;
  try {
    const folder = join(dataDir, 'demo-directory');
    if (!existsSync(folder)) await make(folder, found, upstreamPassword(dataDir, 'directory'));
    return await start(folder, found, upstreamPassword(dataDir, 'directory'), log);
  } catch (error) {
    log.info({ error: String(error) }, 'demo: the directory does not start; going on without it');
    return undefined;
  }
}

/** Renamed last, so that one interrupted half-way is simply made again. */
async function make(folder: string, { slapadd, openssl, modules }: Programs, brokerPassword: string): Promise<void> {
  const half = `${folder}.half`;
  await rm(half, { recursive: true, force: true });
  await mkdir(join(half, 'db'), { recursive: true, mode: 0o700 });
  // Whatever openssl makes of it by itself.
  await chmod(half, 0o700);
  await Promise.all([
    makeCertificates(openssl, half),
    writeFile(join(half, 'slapd.conf'), slapdConf(half, modules)),
    writeFile(join(half, 'tree.ldif'), treeAsLdif(brokerPassword), { mode: 0o600 }),
  ]);
  await run(slapadd, ['-q', '-f', join(half, 'slapd.conf'), '-l', join(half, 'tree.ldif')], { cwd: '/' });
  for (const name of [...LEFTOVERS, 'tree.ldif']) await rm(join(half, name), { force: true });
  await rename(half, folder);
}

async function start(
  folder: string,
  { slapd, modules }: Programs,
  bindPassword: string,
  log: Logger,
): Promise<RunningDirectory> {
  const portFile = join(folder, 'port');
  const port = await freePort(Number(await readFile(portFile, 'utf8').catch(() => '0')));
  // Written anew: the folder may have been moved since, and slapd wants absolute paths.
  await writeFile(join(folder, 'slapd.conf'), slapdConf(folder, modules));
  const launch = () =>
    runServer({
      name: 'slapd',
      command: slapd,
      // -d keeps it in the foreground, and "none" has it say no more than that it is there.
      args: ['-d', 'none', '-f', join(folder, 'slapd.conf'), '-h', `ldaps://127.0.0.1:${port}`],
      stopSignal: 'SIGTERM',
      ready: /slapd starting/,
      onLine: (line) => log.debug({ server: 'slapd' }, line),
    });
  const server = await supervise('slapd', log, launch);
  await writeFile(portFile, String(port));
  return {
    url: `ldaps://127.0.0.1:${port}`,
    ca: await readFile(certificatesIn(folder).ca, 'utf8'),
    bindDn: TREE.broker,
    bindPassword,
    stop: () => server.stop(),
  };
}

/** With everything in it; there is nothing but the demo's people. */
export async function removeDirectory(dataDir: string): Promise<void> {
  for (const name of ['demo-directory', 'demo-directory-password']) {
    await rm(join(dataDir, name), { recursive: true, force: true });
  }
}
