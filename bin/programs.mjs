import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './project.mjs';

/** What can be started, what it is for, and the compiled file behind it. */
export const programs = {
  start: [
    'everything in one process: gateway, minter and admin (for a first look and small sites)',
    'standalone/src/main.js',
  ],
  gateway: ['the auth gateway: pages, usersources, sessions', 'gateway/src/main.js'],
  minter: ['the token-minting service: OpenID Connect, passes, keys', 'minter/src/main.js'],
  admin: ['the admin API', 'admin/src/main.js'],
  migrate: ['bring the database up to date, then end', 'admin/src/migrate.js'],
  recover: ['let an administrator in again who is locked out', 'admin/src/recover.js'],
};

/** The compiled file of a program, or undefined when this version has none. */
export function fileOf(name) {
  if (!Object.hasOwn(programs, name)) return undefined;
  const file = join(root, 'dist/apps', programs[name][1]);
  return existsSync(file) ? file : undefined;
}
