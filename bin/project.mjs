import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export function say(message) {
  process.stderr.write(`passbroker: ${message}\n`);
}

export function fail(message, code = 1) {
  say(message);
  process.exit(code);
}

/** Every file below a folder, as paths from the root, in one order on every machine. */
export function filesBelow(folder, keep = () => true) {
  const at = join(root, folder);
  if (!existsSync(at)) return [];
  return readdirSync(at, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path, keep);
      return keep(path) ? [path] : [];
    });
}

/** Of contents, not of times: a copy or a checkout of the same sources is the same. */
export function digest(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

export function readStamp(file) {
  try {
    return readFileSync(join(root, file), 'utf8').trim();
  } catch {
    return '';
  }
}

export function writeStamp(file, stamp) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), `${stamp}\n`);
}

/** One installs or builds at a time: `npm start` and `npm test` in two windows share node_modules and dist. */
export async function alone(work) {
  const lock = join(root, '.passbroker-lock');
  let waited = false;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') {
        return fail(`cannot write to ${root} (${error.code}): installing and building needs that. Are you its owner?`);
      }
    }
    const holder = Number(readStamp('.passbroker-lock'));
    if (holder > 0 && !alive(holder)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!waited) say(`waiting for process ${holder || '?'}, which is installing or building`);
    waited = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const release = () => rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
