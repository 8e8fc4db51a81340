import { containersOf, nameOf } from './kustomize.mjs';

/** The minter's paths on a brand's host; the gateway has all the others. */
export const MINTER_PATHS = [
  '/oidc/',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server/oidc',
  '/saml/idp/',
  '/pass/',
];

const KINDS =
  'Namespace ServiceAccount ConfigMap Deployment Job Service Ingress NetworkPolicy PodDisruptionBudget HorizontalPodAutoscaler'.split(
    ' ',
  );

export const selects = (selector = {}, labels = {}) =>
  Object.entries(selector).every(([name, value]) => labels[name] === value);

/** Names and numbers by which one manifest points to another: Kubernetes accepts them all, and nothing works. */
export function wiringProblems(_deployment, { resources, applied }) {
  const problems = [];
  const of = (kind) => resources.filter((resource) => resource.kind === kind);
  const tell = (resource) => (message) => problems.push(`${nameOf(resource)}: ${message}`);
  const workloads = [...of('Deployment'), ...of('Job')];

  for (const resource of resources) {
    const say = tell(resource);
    if (!KINDS.includes(resource.kind)) say('is of a kind that does not belong here');
    if (resource.kind !== 'Namespace' && resource.metadata.namespace !== 'passbroker') say('is in another namespace');
    if (!resource.metadata.labels?.['app.kubernetes.io/component'])
      say('has no component label, by which it is applied');
  }
  for (const namespace of of('Namespace')) {
    if (namespace.metadata.labels?.['pod-security.kubernetes.io/enforce'] !== 'restricted') {
      tell(namespace)('does not enforce the restricted profile');
    }
  }
  for (const deployment of of('Deployment')) {
    if (!selects(deployment.spec.selector?.matchLabels, deployment.spec.template.metadata.labels)) {
      tell(deployment)('does not select its own pods');
    }
    const others = workloads.filter((other) => other !== deployment);
    if (others.some((other) => selects(deployment.spec.selector?.matchLabels, other.spec.template.metadata.labels))) {
      tell(deployment)('selects the pods of another');
    }
  }
  for (const service of of('Service')) servicePoints(service, workloads, tell(service));
  for (const budget of of('PodDisruptionBudget')) {
    const chosen = workloads.filter((workload) =>
      selects(budget.spec.selector?.matchLabels, workload.spec.template.metadata.labels),
    );
    if (chosen.length !== 1) tell(budget)(`selects the pods of ${chosen.length} workloads`);
  }
  for (const autoscaler of of('HorizontalPodAutoscaler')) {
    const { kind, name } = autoscaler.spec.scaleTargetRef;
    if (!resources.some((other) => nameOf(other) === `${kind} ${name}`))
      tell(autoscaler)(`there is no ${kind} ${name}`);
  }
  for (const ingress of of('Ingress')) ingressPoints(ingress, of('Service'), tell(ingress));
  if (of('Ingress').length === 0) problems.push('nothing is published');
  if (applied) {
    for (const name of ['PUBLIC_URL', 'TRUSTED_PROXIES']) {
      if (!of('ConfigMap').some(({ data }) => data?.[name])) problems.push(`${name} is not set`);
    }
  }
  for (const configMap of of('ConfigMap')) {
    if (configMap.immutable !== true) tell(configMap)('can change under running pods');
  }
  return problems;
}

function servicePoints(service, workloads, say) {
  const { selector, ports, type = 'ClusterIP' } = service.spec;
  if (type !== 'ClusterIP') say('is open to the world beside the ingress');
  const chosen = workloads.filter((workload) => selects(selector, workload.spec.template.metadata.labels));
  if (chosen.length !== 1 || Object.keys(selector ?? {}).length === 0) {
    return say(`selects the pods of ${chosen.length} workloads`);
  }
  for (const { port, targetPort } of ports) {
    const found = containersOf(chosen[0])
      .flatMap((container) => container.ports ?? [])
      .find((candidate) => candidate.name === targetPort || candidate.containerPort === targetPort);
    if (!found) say(`its pods have no port ${targetPort}`);
    else if (found.name === 'management') say('publishes the management port');
    else if (found.containerPort !== port) say(`is ${port} outside and ${found.containerPort} inside`);
  }
}

function ingressPoints(ingress, services, say) {
  const paths = (ingress.spec.rules ?? []).flatMap((rule) => rule.http?.paths ?? []);
  for (const { path, backend } of paths) {
    const { name, port } = backend.service ?? {};
    const service = services.find((candidate) => candidate.metadata.name === name);
    if (!service) say(`${path}: there is no Service ${name}`);
    else if (!service.spec.ports.some((one) => one.name === port?.name))
      say(`${path}: ${name} has no port ${port?.name}`);
    const rightful = MINTER_PATHS.includes(path) ? 'minter' : 'gateway';
    if (name !== rightful) say(`${path} goes to ${name}, not to the ${rightful}`);
  }
  for (const path of ['/', ...MINTER_PATHS]) {
    if (!paths.some((candidate) => candidate.path === path)) say(`does not route ${path}`);
  }
}
