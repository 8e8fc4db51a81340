import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { serverEnvironment } from './server.config.js';
import type { PostgresHome } from './postgres-home.js';

export const DATABASE = 'passbroker';
export const ROLE = 'passbroker';

/** Makes the cluster if there is none; renamed last, so that one interrupted half-way is simply made again. */
export async function ensureCluster(home: PostgresHome, bin: string, major: number, durable: boolean): Promise<void> {
  const data = join(home.folder, 'data');
  if (existsSync(join(data, 'PG_VERSION'))) {
    const made = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
    if (Number(made) === major) return;
    throw new Error(
      `${data} was made by Postgres ${made}, this one is ${major}. Bring it over with pg_dump and DATABASE_URL, ` +
        'or set DATA_DIR to a new folder to begin afresh.',
    );
  }
  const half = join(home.folder, 'data.half');
  const passwordFile = join(home.folder, 'password.half');
  await rm(half, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, home.password, { mode: 0o600, flag: 'wx' });
  if (home.account) await chown(passwordFile, home.account.uid, home.account.gid);

  // The builtin provider knows letters beyond ASCII without asking the machine for a locale; older ones have only C.
  const locale = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
  await runAs(home, join(bin, 'initdb'), [
    `--pgdata=${half}`,
    `--username=${ROLE}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    ...locale,
    '--no-instructions',
    ...(durable ? [] : ['--no-sync']),
  ]);
  await rm(passwordFile);
  const single = ['--single', '-D', half, ...(durable ? [] : ['-F']), 'postgres'];
  await runAs(home, join(bin, 'postgres'), single, `CREATE DATABASE ${DATABASE};\n`);
  await rename(half, data);
}

function runAs(home: PostgresHome, command: string, args: string[], input = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = serverEnvironment();
    const child = execFile(command, args, { cwd: '/', env, ...home.account }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${command}: ${stderr || stdout || error.message}`, { cause: error }));
      else resolve();
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/**
 * Clears what a predecessor left. Three cases behind a `postmaster.pid`: nobody (stale, or the number has gone to
 * some other program, which after a crash in a container it usually has), a broker that is alive, an orphan.
 */
export async function evictPredecessor(home: PostgresHome): Promise<void> {
  const data = join(home.folder, 'data');
  const pidFile = join(data, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(await readFile(pidFile, 'utf8'), 10);
  if (!isPostgresIn(pid, data)) return rm(pidFile, { force: true });

  const starter = existsSync(home.startedByFile) ? Number(await readFile(home.startedByFile, 'utf8')) : -1;
  if (starter !== process.pid && parentOf(pid) === starter) {
    throw new Error(
      `another Passbroker (process ${starter}) is using ${home.folder}: stop it, or set another DATA_DIR`,
    );
  }
  for (const [signal, patienceMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5000],
  ] as const) {
    process.kill(pid, signal);
    for (const end = performance.now() + patienceMs; performance.now() < end; await wait(20)) {
      if (!isPostgresIn(pid, data)) return;
    }
  }
  throw new Error(`process ${pid} holds ${data} and does not end`);
}

function isPostgresIn(pid: number, data: string): boolean {
  if (!(pid > 1)) return false;
  try {
    // A postmaster's working folder is its data folder; of another user's process we may read neither.
    return readlinkSync(`/proc/${pid}/cwd`) === data && !isZombie(pid);
  } catch {
    return false;
  }
}

function isZombie(pid: number): boolean {
  return statFields(pid)[0] === 'Z';
}

function parentOf(pid: number): number {
  return Number(statFields(pid)[1] ?? -1);
}

/** From the state on: the name before it may hold spaces and brackets. */
function statFields(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
