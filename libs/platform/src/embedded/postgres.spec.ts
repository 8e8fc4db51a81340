import { spawn } from 'node:child_process';
import { chmod, chown, copyFile, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { Client } from 'pg';
import { z } from 'zod';

import { createLogger } from '../log.js';
import { carriedPostgres } from './postgres-binaries.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from './postgres.js';

const log = createLogger('test', 'silent');
const cleanups: (() => Promise<unknown>)[] = [];

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'passbroker-postgres-'));
  await chmod(folder, 0o711); // As root, Postgres is somebody else.
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log, durable: false });
  cleanups.push(() => postgres.stop());
  return postgres;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

const eventually = async (check: () => Promise<unknown>): Promise<unknown> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await check();
    } catch (error) {
      if (attempt === 100) throw error;
      await wait(50);
    }
  }
};

const gone = async (pid: number): Promise<void> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  if (!stat.includes(') Z')) throw new Error(`process ${pid} is still alive`);
};

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe('the embedded Postgres', () => {
  it('keeps what was written over a restart, at the same address', async () => {
    const dataDir = await emptyFolder();
    const before = await start(dataDir);
    await ask(before.url, 'create table kept as select 42 as answer');
    await before.stop();

    const after = await start(dataDir);

    expect(after.url).toBe(before.url);
    expect(await ask(after.url, 'select answer from kept')).toBe(42);
  });

  it('lets nobody in without the password, which only its owner can read', async () => {
    const dataDir = await emptyFolder();
    const { url } = await start(dataDir);
    const wrong = new URL(url);
    wrong.password = 'guessed';

    await expect(ask(wrong.href, 'select 1 as answer')).rejects.toThrow('password authentication failed');
    const file = join(dataDir, 'postgres-password');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(url).toContain((await readFile(file, 'utf8')).trim());
  });

  it('knows letters beyond ASCII whatever the locale of the machine', async () => {
    const { url } = await start(await emptyFolder());

    expect(await ask(url, "select lower('ÅSA@EXAMPLE.COM') as answer")).toBe('åsa@example.com');
  });

  it('comes back by itself when its process is killed', async () => {
    const postgres = await start(await emptyFolder());
    await ask(postgres.url, 'create table kept as select 42 as answer');
    const killed = postgres.pid();

    process.kill(killed, 'SIGKILL');

    expect(await eventually(() => ask(postgres.url, 'select answer from kept'))).toBe(42);
    expect(postgres.pid()).not.toBe(killed);
  });

  it('refuses a folder that another living broker uses, and does not disturb it', async () => {
    const dataDir = await emptyFolder();
    const other = await broker(dataDir);

    await expect(start(dataDir)).rejects.toThrow('another Passbroker');
    expect(await ask(other.url, 'select 7 as answer')).toBe(7);
    other.kill('SIGTERM');
  });

  it('leaves no process behind when the broker is killed, and starts again on its data', async () => {
    const dataDir = await emptyFolder();
    const killed = await broker(dataDir);
    await ask(killed.url, 'create table kept as select 42 as answer');

    killed.kill('SIGKILL');
    const next = await start(dataDir);

    expect(await ask(next.url, 'select answer from kept')).toBe(42);
    await eventually(() => gone(killed.postgres));
  });

  it('works for an ordinary user', async () => {
    const dataDir = await emptyFolder();
    const ordinary = await broker(dataDir, ['--reuid=65534', '--regid=65534', '--clear-groups']);

    expect(await ask(ordinary.url, 'select 7 as answer')).toBe(7);
    ordinary.kill('SIGTERM');
    await eventually(() => gone(ordinary.postgres));
  });
});

interface Broker {
  url: string;
  postgres: number;
  kill(signal: NodeJS.Signals): void;
}

/** Another process that starts Postgres, so that it can be killed, or be somebody else. */
async function broker(dataDir: string, who: string[] = []): Promise<Broker> {
  const asUser = who.length > 0 && process.getuid?.() === 0;
  const { node, source, bin } = asUser ? await openToAll() : fromHere;
  if (asUser) await chown(dataDir, 65_534, 65_534);
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({ resolve: (name, from, next) =>
      next(from.parentURL?.endsWith('.ts') && name.startsWith('.') ? name.replace(/\\.js$/, '.ts') : name, from) });
    const { startEmbeddedPostgres } = await import(${JSON.stringify(pathToFileURL(join(source, 'postgres.ts')).href)});
    const quiet = () => undefined;
    const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
    const [dataDir, bin] = process.argv.slice(1);
    const postgres = await startEmbeddedPostgres({ dataDir, bin, log, durable: false });
    console.log(JSON.stringify({ url: postgres.url, postgres: postgres.pid() }));
    process.on('SIGTERM', async () => { await postgres.stop(); process.exit(0); });
    setInterval(() => undefined, 1000);`;
  const run = [node, '--input-type=module', '-e', script, dataDir, bin];
  const [command = '', ...args] = asUser ? ['setpriv', ...who, '--', ...run] : run;
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/' });
  cleanups.push(async () => void child.kill('SIGKILL'));
  let output = '';
  for await (const piece of child.stdout) {
    output += String(piece);
    if (output.includes('\n')) break;
  }
  const { url, postgres } = z.object({ url: z.string(), postgres: z.number() }).parse(JSON.parse(output));
  return { url, postgres, kill: (signal) => void child.kill(signal) };
}

const fromHere = { node: process.execPath, source: import.meta.dirname, bin: carriedPostgres() };

/** A project below root's home is closed to others: what an ordinary user needs is brought to where they can read. */
async function openToAll(): Promise<typeof fromHere> {
  const folder = await emptyFolder();
  const node = join(folder, 'node');
  const source = join(folder, 'embedded');
  await copyFile(fromHere.node, node);
  await cp(fromHere.source, source, { recursive: true });
  await cp(dirname(fromHere.bin), join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return { node, source, bin: join(folder, 'native/bin') };
}
