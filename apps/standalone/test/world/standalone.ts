import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser, freePort } from '@passbroker/testing';
import { adminApi, type AdminApi } from './admin-api.js';
import { startProgram, type Program, type ProgramOptions } from './program.js';

export const STANDALONE = 'dist/apps/standalone/src/main.js';

export interface Standalone {
  origin: string;
  helpDesk: string;
  intranet: string;
  admin: string;
  management: string;
  adminPassword: string;
  /** From the start of the process to its ready line. */
  readyMs: number;
  program: Program;
  api: AdminApi;
  browser(): Browser;
}

export interface Place {
  folder: string;
  env: Record<string, string>;
  remove(): void;
}

/** A data folder and free ports, for as many starts as a test wants. */
export async function place(account?: { uid: number; gid: number }): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-standalone-'));
  if (account) await chown(folder, account.uid, account.gid);
  const names = ['GATEWAY_PORT', 'ADMIN_PORT', 'MANAGEMENT_PORT', 'HELP_DESK_PORT', 'INTRANET_PORT'];
  const ports = await Promise.all(names.map(async (name) => [name, String(await freePort())] as const));
  const env = Object.fromEntries(ports);
  return {
    folder,
    env: { ...env, DATA_DIR: join(folder, 'data'), PUBLIC_URL: `http://localhost:${env['GATEWAY_PORT']}` },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** The product as a newcomer has it: the compiled program, its embedded servers and its demo. */
export async function startStandaloneAt(
  { env }: Place,
  { env: more = {}, ...options }: Partial<ProgramOptions> = {},
): Promise<Standalone> {
  if (!existsSync(STANDALONE)) throw new Error('nothing is built: npm run build');
  const program = startProgram({ args: [STANDALONE], ...options, env: { ...env, ...more } });
  try {
    const readyMs = await program.said('passbroker ready:');
    await program.said('Admin API');
    const at = (name: string): string => `http://localhost:${env[name]}`;
    const kept = (name: string): string => readFileSync(join(env['DATA_DIR'] ?? '', name), 'utf8').trim();
    return {
      origin: env['PUBLIC_URL'] ?? '',
      helpDesk: at('HELP_DESK_PORT'),
      intranet: at('INTRANET_PORT'),
      admin: at('ADMIN_PORT'),
      management: at('MANAGEMENT_PORT'),
      adminPassword: kept('admin-password'),
      readyMs,
      program,
      api: adminApi(at('ADMIN_PORT'), kept('admin-token')),
      browser: () => new Browser(env['PUBLIC_URL'] ?? ''),
    };
  } catch (error) {
    await program.stop();
    throw error;
  }
}
