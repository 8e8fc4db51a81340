import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseDocument } from 'yaml';

import { makeSecrets } from '../make-secrets.mjs';
import { render } from './kustomize.mjs';
import { readSettings } from './settings.mjs';

export const SERVICES = ['gateway', 'minter', 'admin'];
export const WORKLOADS = [...SERVICES, 'migrate'];

/** Everything that is deployed, parsed once. @throws Error on what cannot be parsed or rendered. */
export function loadDeployment(root) {
  const read = (path) => readFileSync(join(root, path), 'utf8');
  const overlays = ['k8s/base', ...readdirSync(join(root, 'k8s/overlays')).map((name) => `k8s/overlays/${name}`)].map(
    (folder) => ({ folder, applied: folder !== 'k8s/base', resources: render(join(root, folder)) }),
  );
  const compose = (path) => {
    const document = parseDocument(read(path), { merge: true });
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0].message}`);
    return document.toJS();
  };
  return {
    root,
    read,
    exists: (path) => existsSync(join(root, path)),
    overlays,
    compose: compose('docker-compose.yml'),
    tls: compose('deploy/compose.tls.yml'),
    settings: readSettings(root),
    /** `<holder>/<file>` of every secret that `passbroker secrets` makes. */
    secrets: Object.keys(makeSecrets()),
  };
}

/** The source behind `dist/….js`, which is there without a build. */
export const sourceOf = (compiled) => compiled.replace(/^dist\//, '').replace(/\.js$/, '.ts');

/** A tag that says a version, or a digest. */
export const isPinned = (image) => /@sha256:[0-9a-f]{64}$/.test(image) || /:v?\d+[\w.-]*$/.test(image);
