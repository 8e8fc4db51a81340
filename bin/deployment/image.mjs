import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { sourceOf } from './load.mjs';

/** What can be said about the image without a Docker engine. */
export function imageProblems(deployment) {
  const problems = [];
  const say = (message) => problems.push(`Dockerfile: ${message}`);
  const lines = deployment
    .read('Dockerfile')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'));
  const argumentsOf = (word, among = lines) =>
    among.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length).trim());
  const final = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  if (argumentsOf('ADD').length > 0) say('ADD unpacks and downloads: use COPY');
  for (const base of argumentsOf('FROM')) {
    if (!base.startsWith('${NODE_IMAGE}')) say(`${base} is not the one base`);
  }
  if (!/^NODE_IMAGE=node:24-bookworm-slim(@sha256:|$)/.test(argumentsOf('ARG')[0] ?? '')) {
    say('the base is not node:24-bookworm-slim');
  }
  const ignored = deployment
    .read('.dockerignore')
    .split('\n')
    .map((line) => line.trim());
  if (ignored.find((line) => line && !line.startsWith('#')) !== '*') say('.dockerignore lets in what it does not name');
  for (const copy of argumentsOf('COPY')) {
    if (copy.startsWith('--from=')) continue;
    for (const source of copy.split(/\s+/).slice(0, -1)) {
      if (!deployment.exists(source) || source === '.') say(`COPY ${source}: there is no such thing`);
      if (!ignored.includes(`!${source.replace(/^\.\//, '')}`)) say(`COPY ${source}: .dockerignore keeps it out`);
    }
  }
  for (const setting of [...argumentsOf('ENV'), ...argumentsOf('ARG')]) {
    if (/secret|password|token|_KEY\b/i.test(setting)) say(`${setting.split('=')[0]} would be a secret in a layer`);
  }
  const runs = argumentsOf('RUN').join('\n');
  for (const step of ['npm ci --ignore-scripts', 'npm prune --omit=dev', 'node_modules/node-linux-*']) {
    if (!runs.includes(step)) say(`a step is missing: ${step}`);
  }
  if (!/^[1-9]\d{3,}:[1-9]\d{3,}$/.test(argumentsOf('USER', final).at(-1) ?? '')) say('the image runs as root');
  if (!/^\["node"/.test(argumentsOf('ENTRYPOINT', final)[0] ?? '')) say('node is not the first process');
  const program = /"(dist\/[^"]+)"/.exec(argumentsOf('CMD', final)[0] ?? '')?.[1];
  if (!program || !deployment.exists(sourceOf(program))) say(`there is no program ${program}`);
  prunedAway(deployment, runs, say);
  return problems;
}

/** What the services import is still there once the development dependencies are gone. */
function prunedAway(deployment, runs, say) {
  const kept = Object.keys(JSON.parse(deployment.read('package.json')).dependencies);
  const removed = [...runs.matchAll(/node_modules\/((?:@[\w-]+\/)?[\w-]+)(?=\s|$)/g)].map(([, name]) => name);
  const missing = new Set();
  for (const file of ['apps', 'libs'].flatMap((folder) => shippedSources(join(deployment.root, folder)))) {
    const text = readFileSync(file, 'utf8');
    for (const [, name] of text.matchAll(/^(?:import|export)(?! type\b)[^;]*? from '((?:@[\w-]+\/)?[\w-]+)/gm)) {
      if (name.startsWith('@passbroker/') || name === 'node') continue;
      if (!kept.includes(name) || removed.includes(name)) missing.add(name);
    }
  }
  for (const name of missing) say(`${name} is imported, and not in the image`);
}

function shippedSources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (/\.(spec|e2e-spec)\.ts$/.test(entry.name) || ['test', 'testing'].includes(entry.name)) return [];
    if (entry.isDirectory()) return shippedSources(join(folder, entry.name));
    return entry.name.endsWith('.ts') ? [join(folder, entry.name)] : [];
  });
}
