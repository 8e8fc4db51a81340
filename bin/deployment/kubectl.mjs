import { spawnSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';

import { parseAllDocuments } from 'yaml';

import { nameOf } from './kustomize.mjs';

/** What the real kustomize makes of it, or undefined when there is no kubectl. */
export function kubectlRender(folder) {
  const { error, status, stdout, stderr } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
  if (error) return undefined;
  if (status !== 0) throw new Error(`kubectl kustomize: ${stderr.trim()}`);
  return parseAllDocuments(stdout, { version: '1.1' }).map((document) => document.toJS());
}

export function differences(ours, theirs) {
  const theirsByName = new Map(theirs.map((resource) => [nameOf(resource), resource]));
  const problems = ours.flatMap((resource) => {
    const other = theirsByName.get(nameOf(resource));
    theirsByName.delete(nameOf(resource));
    // JSON drops what is only ours: the mark on what was generated.
    if (other && isDeepStrictEqual(JSON.parse(JSON.stringify(resource)), other)) return [];
    return [`kubectl renders ${other ? 'another' : 'no'} ${nameOf(resource)}`];
  });
  return [...problems, ...[...theirsByName.keys()].map((name) => `kubectl renders ${name}, we do not`)];
}
