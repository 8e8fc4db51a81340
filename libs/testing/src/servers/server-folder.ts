import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ServerFolder {
  path: string;
  remove(): void;
}

/** A folder for all that a server keeps; it goes at `remove`, or with the process. */
export async function serverFolder(name: string): Promise<ServerFolder> {
  const path = await mkdtemp(join(tmpdir(), `passbroker-${name}-`));
  const remove = () => {
    process.off('exit', remove);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', remove);
  return { path, remove };
}
