import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

import type { Account } from './tied-process.js';

const NOBODY: Account = { uid: 65_534, gid: 65_534 };
const OUTSIDE = '/var/lib/passbroker';

export interface PostgresHome {
  /** Holds `data`, and belongs to the account that Postgres runs as. */
  folder: string;
  /** Undefined: as ourselves. Postgres refuses to run as root. */
  account: Account | undefined;
  password: string;
  portFile: string;
  startedByFile: string;
}

/** Finds or makes the folder of the embedded Postgres below DATA_DIR, and decides who it runs as. */
export async function openPostgresHome(dataDir: string): Promise<PostgresHome> {
  const root = process.getuid?.() === 0;
  const data = resolve(dataDir);
  // As root, others must be able to walk through it (not to read it): Postgres will be another user.
  await mkdir(data, { recursive: true, mode: root ? 0o711 : 0o700 });
  const link = join(data, 'postgres');
  if (!lstatSync(link, { throwIfNoEntry: false }))
    await (root ? makeForOther(data, link) : mkdir(link, { mode: 0o700 }));
  const folder = await realpath(link).catch((cause: unknown) => {
    throw new Error(`the database behind ${link} is gone. Bring it back, or remove that link to begin afresh.`, {
      cause,
    });
  });

  const owner = statSync(folder);
  if (!root && owner.uid !== process.getuid?.()) {
    throw new Error(
      `${folder} belongs to another user (uid ${owner.uid}), probably because Passbroker was started as root before. ` +
        'Start it as root again, or set DATA_DIR to a folder of your own.',
    );
  }
  return {
    folder,
    account: root ? { uid: owner.uid, gid: owner.gid } : undefined,
    password: await secretIn(join(data, 'postgres-password')),
    portFile: join(data, 'postgres-port'),
    startedByFile: join(data, 'postgres-started-by'),
  };
}

/** Root's home is usually closed (0700): then the database lives outside, and DATA_DIR holds a link to it. */
async function makeForOther(data: string, link: string): Promise<void> {
  let folder = link;
  if (canEnter(await realpath(data), NOBODY)) {
    await mkdir(link);
  } else {
    await mkdir(OUTSIDE, { recursive: true, mode: 0o711 });
    folder = await mkdtemp(join(OUTSIDE, 'postgres-'));
    await writeFile(join(folder, 'belongs-to'), data); // For people: we never delete a database.
  }
  await chmod(folder, 0o700);
  await chown(folder, NOBODY.uid, NOBODY.gid);
  if (folder !== link) await symlink(folder, link);
}

/** Whether an account may walk down to a folder: spawning below a 0700 home ends in a bare EACCES. */
export function canEnter(folder: string, account: Account): boolean {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const walk = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if ((mode & walk) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function secretIn(file: string): Promise<string> {
  if (existsSync(file)) return (await readFile(file, 'utf8')).trim();
  const secret = randomBytes(24).toString('base64url');
  await writeFile(file, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  return secret;
}
