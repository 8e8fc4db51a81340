import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DATABASE, ROLE } from './postgres-cluster.js';

/** Where the embedded Postgres of another process is, by what it left in its folder; whether it runs is not asked. */
export async function runningPostgres(dataDir: string): Promise<string | undefined> {
  const text = (name: string) => readFile(join(dataDir, name), 'utf8').catch(() => '');
  const [password, port] = await Promise.all([text('postgres-password'), text('postgres-port')]);
  if (password.trim() === '' || !/^\d+$/.test(port.trim())) return undefined;
  return `postgres://${ROLE}:${password.trim()}@127.0.0.1:${port.trim()}/${DATABASE}`;
}
