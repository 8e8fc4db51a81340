// The part of kustomize that k8s/ uses, so that the check needs nothing but npm. Where kubectl is on the PATH, the
// check compares: both must render the same.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

const KNOWN = 'apiVersion kind namespace resources configMapGenerator generatorOptions images patches'.split(' ');
const CLUSTER_WIDE = ['Namespace'];
/** Lists of Kubernetes that are merged item by item, by this member; all others are replaced. */
const MERGE_KEYS = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
};

/** Kubernetes reads YAML 1.1, where `yes` is a boolean and 0440 is octal. */
export function readManifests(file) {
  return parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1', merge: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0].message}`);
    return document.toJS();
  });
}

/** @throws Error on anything kustomize would not accept, or that is beyond this renderer. */
export function render(folder) {
  return nameByContents(build(folder));
}

export const nameOf = (resource) => `${resource.kind} ${resource.metadata?.name}`;

function build(folder) {
  const file = join(folder, 'kustomization.yaml');
  const [kustomization] = readManifests(file);
  for (const member of Object.keys(kustomization)) {
    if (!KNOWN.includes(member)) throw new Error(`${file}: "${member}" is beyond the check's renderer`);
  }
  const resources = (kustomization.resources ?? []).flatMap((path) => {
    const at = join(folder, path);
    if (!existsSync(at)) throw new Error(`${file}: ${path} is not there`);
    return statSync(at).isDirectory() ? build(at) : readManifests(at);
  });
  refuseTwins(resources, file);
  for (const generator of kustomization.configMapGenerator ?? []) {
    generate(resources, generator, kustomization.generatorOptions ?? {}, file);
  }
  for (const { path, ...rest } of kustomization.patches ?? []) {
    if (Object.keys(rest).length > 0 || !path) throw new Error(`${file}: a patch is a path and nothing else`);
    for (const patch of readManifests(join(folder, path))) applyPatch(resources, patch, path);
  }
  if (kustomization.namespace) {
    for (const resource of resources) {
      if (!CLUSTER_WIDE.includes(resource.kind)) resource.metadata.namespace = kustomization.namespace;
    }
  }
  for (const image of kustomization.images ?? []) rename(resources, image);
  return resources;
}

function refuseTwins(resources, file) {
  const seen = new Set();
  for (const resource of resources) {
    if (seen.has(nameOf(resource))) throw new Error(`${file}: ${nameOf(resource)} is there twice`);
    seen.add(nameOf(resource));
  }
}

const GENERATED = Symbol('generated');

function generate(resources, { name, namespace, behavior = 'create', literals = [], ...rest }, options, file) {
  if (Object.keys(rest).length > 0) throw new Error(`${file}: a config map here is made of literals only`);
  const data = Object.fromEntries(
    literals.map((literal) => [literal.slice(0, literal.indexOf('=')), literal.slice(literal.indexOf('=') + 1)]),
  );
  const there = resources.find((resource) => resource[GENERATED] && resource.metadata.name === name);
  if (behavior === 'merge') {
    if (!there) throw new Error(`${file}: there is no config map ${name} to merge into`);
    Object.assign(there.data, data);
    // Kustomize forgets it unless it is said again.
    if (options.immutable) there.immutable = true;
    else delete there.immutable;
    return;
  }
  if (there) throw new Error(`${file}: there is a config map ${name} already`);
  resources.push({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...(namespace && { namespace }), ...(options.labels && { labels: { ...options.labels } }) },
    data,
    ...(options.immutable && { immutable: true }),
    [GENERATED]: true,
  });
}

function applyPatch(resources, patch, path) {
  const target = resources.find((resource) => nameOf(resource) === nameOf(patch));
  if (!target) throw new Error(`${path}: there is no ${nameOf(patch)} to patch`);
  merge(target, patch);
}

const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function merge(target, patch) {
  for (const [member, value] of Object.entries(patch)) {
    if (member.startsWith('$')) throw new Error(`"${member}" is beyond the check's renderer`);
    if (value === null) delete target[member];
    else if (isMap(value) && isMap(target[member])) merge(target[member], value);
    else if (Array.isArray(value) && Array.isArray(target[member]) && MERGE_KEYS[member]) {
      mergeList(target[member], value, MERGE_KEYS[member]);
    } else target[member] = value;
  }
}

function mergeList(target, patch, key) {
  for (const item of patch) {
    const there = target.find((candidate) => candidate[key] === item[key]);
    if (there) merge(there, item);
    else target.push(item);
  }
}

export const podOf = (resource) => resource.spec?.template?.spec;
export const containersOf = (resource) => [
  ...(podOf(resource)?.initContainers ?? []),
  ...(podOf(resource)?.containers ?? []),
];

function rename(resources, { name, newName = name, newTag, digest }) {
  for (const container of resources.flatMap(containersOf)) {
    if (container.image.split(/[:@]/)[0] !== name) continue;
    container.image = digest ? `${newName}@${digest}` : newTag ? `${newName}:${newTag}` : newName;
  }
}

/** Kustomize's own hash, so that the names are the same ones. */
function suffix({ data }) {
  const sorted = Object.fromEntries(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
  const json = JSON.stringify({ data: sorted, kind: 'ConfigMap', name: '' }).replace(
    /[<>&]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  const readable = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };
  return createHash('sha256')
    .update(json)
    .digest('hex')
    .slice(0, 10)
    .replace(/[013ae]/g, (digit) => readable[digit]);
}

function nameByContents(resources) {
  for (const configMap of resources.filter((resource) => resource[GENERATED])) {
    const { name } = configMap.metadata;
    configMap.metadata.name = `${name}-${suffix(configMap)}`;
    for (const container of resources.flatMap(containersOf)) {
      for (const source of container.envFrom ?? []) {
        if (source.configMapRef?.name === name) source.configMapRef.name = configMap.metadata.name;
      }
    }
  }
  return resources;
}
