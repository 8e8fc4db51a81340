import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ConfigError } from './config.js';
import type { ServiceName } from './identity.js';

/** Reads a generated value, or makes it: 0600, in DATA_DIR, kept across restarts. */
export function keptSecret(dataDir: string, name: string, make: () => string): { value: string; made: boolean } {
  const file = join(dataDir, name);
  try {
    return { value: readFileSync(file, 'utf8').trim(), made: false };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const value = make();
  // `wx`: of two processes that start together one writes, the other reads what was written.
  try {
    writeFileSync(file, `${value}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') {
      return { value: readFileSync(file, 'utf8').trim(), made: false };
    }
    throw error;
  }
  return { value, made: true };
}

const codeOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;

export const randomSecret = (): string => randomBytes(32).toString('base64url');

/** The service's own secret: configured, or outside production generated and kept. */
export function serviceSecret(
  service: ServiceName,
  configured: string | undefined,
  dataDir: string,
  production: boolean,
): string {
  if (configured) return configured;
  if (production) {
    throw new ConfigError([`SERVICE_SECRET is missing: give the ${service} its own 32 random bytes or more`]);
  }
  return keptSecret(dataDir, join('secrets', service), randomSecret).value;
}
