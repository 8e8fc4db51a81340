import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { checkDeployment } from '../../../../bin/deployment/index.mjs';
import { compose, edge, image, network, pods, types, wiring } from './violations.js';

const root = process.cwd();
const DEPLOYED = ['Dockerfile', '.dockerignore', 'docker-compose.yml', 'deploy', 'k8s'];
/** What these point to. */
const SOURCES = ['apps', 'libs', 'bin', 'package.json', 'package-lock.json', '.npmrc', 'LICENSE'];
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];

/** A copy of everything, to break one thing at a time in. */
let copy = '';
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'passbroker-deployment-'));
  for (const path of [...DEPLOYED, ...SOURCES, ...SETTINGS])
    cpSync(join(root, path), join(copy, path), { recursive: true });
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function problemsWith(file: string, from: string | RegExp, to: string, withTypes: boolean): string[] {
  const path = join(copy, file);
  const good = readFileSync(path, 'utf8');
  const bad = good.replace(from, to);
  if (bad === good) throw new Error(`${file}: nothing to break at ${String(from)}`);
  writeFileSync(path, bad);
  try {
    return checkDeployment(copy, { toolRoot: root, tools: false, types: withTypes }).problems;
  } finally {
    writeFileSync(path, good);
  }
}

it('finds that the deployment fits together', () => {
  expect(checkDeployment(root).problems).toEqual([]);
});

describe.each([
  ['a pod', pods],
  ['the wiring of the manifests', wiring],
  ['a type in the manifests', types],
  ['a network policy', network],
  ['the compose file', compose],
  ['the image', image],
  ['the edge', edge],
])('reports of %s what', (_, violations) => {
  it.each(violations)('%s', (_what, file, from, to, said) => {
    expect(problemsWith(file, from, to, violations === types)).toContainEqual(expect.stringContaining(said));
  });
});
