import { join } from 'node:path';

import { composeProblems } from './compose.mjs';
import { edgeProblems, nginxProblems } from './edge.mjs';
import { imageProblems } from './image.mjs';
import { differences, kubectlRender } from './kubectl.mjs';
import { loadDeployment } from './load.mjs';
import { typeProblems } from './manifest-types.mjs';
import { networkProblems } from './network.mjs';
import { podProblems } from './pods.mjs';
import { wiringProblems } from './wiring.mjs';

export { copyEdge, findNginx } from './edge.mjs';
export { makeSecrets, writeSecrets } from '../make-secrets.mjs';

const MANIFEST_RULES = [podProblems, wiringProblems, networkProblems];
const FILE_RULES = [composeProblems, imageProblems, edgeProblems];

/**
 * Everything that can be said about Dockerfile, compose file, edge and manifests without an engine, a cluster or
 * the network. Also what a tool was missing for.
 * @returns {{ problems: string[], skipped: string[] }}
 */
export function checkDeployment(root, { toolRoot = root, tools = true, types = true } = {}) {
  let deployment;
  try {
    deployment = loadDeployment(root);
  } catch (error) {
    return { problems: [error.message], skipped: [] };
  }
  const problems = FILE_RULES.flatMap((rule) => rule(deployment));
  const skipped = [];
  for (const overlay of deployment.overlays) {
    const found = MANIFEST_RULES.flatMap((rule) => rule(deployment, overlay));
    if (types) found.push(...typeProblems(overlay.resources, toolRoot));
    if (tools) found.push(...compared(root, overlay, skipped));
    problems.push(...found.map((problem) => `${overlay.folder}: ${problem}`));
  }
  if (tools) {
    const said = nginxProblems(root);
    if (said) problems.push(...said);
    else skipped.push('nginx -t (apt-get install nginx-light)');
  }
  return { problems, skipped: [...new Set(skipped)] };
}

function compared(root, { folder, resources }, skipped) {
  try {
    const theirs = kubectlRender(join(root, folder));
    if (theirs) return differences(resources, theirs);
    skipped.push('kubectl kustomize, to compare with (no kubectl on the PATH)');
    return [];
  } catch (error) {
    return [error.message];
  }
}
