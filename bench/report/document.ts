import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

import { root } from '#bench/subjects/servers';

const FILE = 'docs/performance.md';

/** Replaces what stands between `<!-- name:begin -->` and `<!-- name:end -->`. */
export function writeBetween(name: string, text: string): void {
  const file = join(root, FILE);
  const before = readFileSync(file, 'utf8');
  const marked = new RegExp(`(<!-- ${name}:begin -->\n)[\\s\\S]*?(<!-- ${name}:end -->)`);
  if (!marked.test(before)) throw new Error(`${FILE} has no place for ${name}`);
  writeFileSync(
    file,
    before.replace(marked, (_all, begin: string, end: string) => `${begin}\n${text}\n\n${end}`),
  );
}

const versionOf = (name: string): string => {
  const text = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8');
  return `${name} ${/"version":\s*"([^"]+)"/.exec(text)?.[1] ?? '?'}`;
};

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

export interface Circumstances {
  command: string;
  date: string;
  commit: string;
  machine: string;
  versions: string;
}

/** What somebody needs to know to believe the figures, or to make them again. */
export function circumstances(script: string, more: readonly string[] = []): Circumstances {
  const [cpu] = cpus();
  return {
    command: [`npm run bench`, ...(script === '' ? [] : ['--', script])].join(' '),
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: `${cpus().length} × ${cpu?.model.trim() ?? '?'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}`,
    versions: [
      `Node ${process.versions.node}`,
      versionOf('oidc-provider'),
      versionOf('ioredis'),
      versionOf('fastify'),
      ...more,
    ].join(', '),
  };
}

export const preface = ({ command, date, commit, machine, versions }: Circumstances): string =>
  `\`${command}\` on ${date} (commit ${commit}), ${machine}; ${versions}.`;
