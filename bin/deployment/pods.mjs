import { containersOf, nameOf, podOf } from './kustomize.mjs';
import { isPinned, sourceOf } from './load.mjs';
import { variableProblem } from './settings.mjs';

const isWorkload = (resource) => ['Deployment', 'Job'].includes(resource.kind);
const componentOf = (resource) => resource.metadata.labels?.['app.kubernetes.io/component'];

/** Kubernetes' "restricted" profile, and what it leaves out: a token nobody needs, a root that can be written. */
export function podProblems(deployment, { resources }) {
  const problems = [];
  for (const resource of resources.filter(isWorkload)) {
    const say = (message) => problems.push(`${nameOf(resource)}: ${message}`);
    hardened(resource, resources, say);
    for (const container of containersOf(resource)) {
      confined(container, say);
      bounded(container, say);
      configured(deployment, resource, container, resources, say);
      if (!container.args?.[0] || !deployment.exists(sourceOf(container.args[0]))) {
        say(`there is no program ${container.args?.[0]}`);
      }
    }
    if (resource.kind === 'Deployment') {
      probed(resource, say);
      available(resource, resources, say);
    }
  }
  return problems;
}

function hardened(resource, resources, say) {
  const pod = podOf(resource);
  const security = pod.securityContext ?? {};
  if (security.runAsNonRoot !== true || !(security.runAsUser >= 1000)) say('may run as root');
  if (security.seccompProfile?.type !== 'RuntimeDefault') say('has no seccomp profile');
  if (pod.automountServiceAccountToken !== false) say('is handed a token for the Kubernetes API');
  const account = resources.find(
    (other) => other.kind === 'ServiceAccount' && other.metadata.name === pod.serviceAccountName,
  );
  if (account?.automountServiceAccountToken !== false) say(`has no service account of its own without a token`);
  // A Service called "gateway" would become GATEWAY_PORT=tcp://… in every pod.
  if (pod.enableServiceLinks !== false) say('gets service links, which clash with our own variables');
  if (pod.hostNetwork || pod.hostPID || pod.hostIPC) say('shares a namespace of its host');
  for (const volume of pod.volumes ?? []) {
    if (!volume.secret && !volume.emptyDir && !volume.configMap)
      say(`volume ${volume.name} is of a kind we do not use`);
  }
}

function confined(container, say) {
  const security = container.securityContext ?? {};
  if (security.allowPrivilegeEscalation !== false) say('may gain privileges');
  if (security.privileged) say('is privileged');
  if (security.readOnlyRootFilesystem !== true) say('can write to its own root');
  const { drop = [], add = [] } = security.capabilities ?? {};
  if (!drop.includes('ALL') || add.length > 0) say('keeps capabilities');
  if (!isPinned(container.image)) say(`image ${container.image} is not pinned to a version`);
  if (!container.volumeMounts?.some(({ mountPath }) => mountPath === '/tmp')) say('has no /tmp to write to');
}

function bounded(container, say) {
  for (const kind of ['requests', 'limits']) {
    for (const resource of ['cpu', 'memory']) {
      if (!container.resources?.[kind]?.[resource]) say(`says no ${resource} in its ${kind}`);
    }
  }
}

function configured(deployment, resource, container, resources, say) {
  const component = componentOf(resource);
  const settings = deployment.settings[component];
  if (!settings) return say(`component ${component} is none of ours`);
  const variables = {};
  for (const source of container.envFrom ?? []) {
    if (!source.configMapRef) say('takes variables from a secret');
    const name = source.configMapRef?.name;
    const configMap = resources.find((other) => other.kind === 'ConfigMap' && other.metadata.name === name);
    if (name && !configMap) say(`there is no config map ${name}`);
    Object.assign(variables, configMap?.data);
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (valueFrom) say(`${name} comes from elsewhere: a secret is mounted as a file`);
    variables[name] = value;
  }
  for (const name of Object.keys(variables)) {
    const problem = variableProblem(settings, name);
    if (problem) say(problem);
  }
  secretFiles(deployment, resource, container, component, variables, say);
  ports(resource, container, component, settings, variables, say);
}

/** Every `*_FILE` names a file of a mounted secret, and the secret is the workload's own. */
function secretFiles(deployment, resource, container, component, variables, say) {
  const mounted = [];
  for (const volume of podOf(resource).volumes ?? []) {
    if (!volume.secret) continue;
    const mount = container.volumeMounts?.find(({ name }) => name === volume.name);
    if (volume.secret.secretName !== `passbroker-${component}`) say(`mounts the secret ${volume.secret.secretName}`);
    if ((volume.secret.defaultMode ?? 0o644) & 0o007) say(`its secret's files are open to everybody`);
    if (mount && mount.readOnly !== true) say(`can write to its secrets`);
    const holder = volume.secret.secretName.replace(/^passbroker-/, '');
    for (const file of deployment.secrets) {
      if (mount && file.startsWith(`${holder}/`)) mounted.push(`${mount.mountPath}/${file.slice(holder.length + 1)}`);
    }
  }
  const named = Object.entries(variables).filter(([name]) => name.endsWith('_FILE'));
  for (const [name, file] of named) {
    if (!mounted.includes(file)) say(`${name}: no secret brings ${file}`);
  }
  for (const file of mounted) {
    if (!named.some(([, value]) => value === file)) say(`is given ${file} and reads it nowhere`);
  }
  const needed = component === 'migrate' ? ['DATABASE_URL'] : ['SERVICE_SECRET', 'DATABASE_URL', 'REDIS_URL'];
  for (const name of needed) if (!variables[`${name}_FILE`]) say(`is not told ${name}_FILE`);
}

/** One number in four places: the program's default, its variable, the container's port, the management port. */
function ports(resource, container, component, settings, variables, say) {
  if (resource.kind !== 'Deployment') return;
  const numberOf = (name) => container.ports?.find((port) => port.name === name)?.containerPort;
  const expected = { http: `${component.toUpperCase()}_PORT`, management: 'MANAGEMENT_PORT' };
  for (const [name, variable] of Object.entries(expected)) {
    const standard = settings[variable]?.port;
    if (!standard) say(`the ${component} has no ${variable} in its configuration`);
    else if (numberOf(name) !== standard || Number(variables[variable] ?? standard) !== standard) {
      say(
        `port ${name} is ${numberOf(name)}, ${variable} is ${variables[variable] ?? 'not set'}, expected ${standard}`,
      );
    }
  }
  if (variables.BIND_ADDRESS !== '0.0.0.0') say('listens on its own loopback only');
}

function probed(resource, say) {
  const [container] = containersOf(resource);
  const expected = {
    startupProbe: '/health/live',
    livenessProbe: '/health/live',
    readinessProbe: '/health/ready',
  };
  for (const [probe, path] of Object.entries(expected)) {
    const { path: found, port } = container[probe]?.httpGet ?? {};
    if (found !== path || port !== 'management') say(`its ${probe} does not ask ${path} on the management port`);
  }
  const sleep = Number(container.lifecycle?.preStop?.exec?.command?.at(-1) ?? 0);
  if (!(sleep >= 5)) say('stops before the proxies have heard of it');
  // A request may take 30 s.
  if (!(podOf(resource).terminationGracePeriodSeconds >= sleep + 30)) say('is killed before its last answers are out');
}

function available(resource, resources, say) {
  const component = componentOf(resource);
  const of = (kind) => resources.find((other) => other.kind === kind && componentOf(other) === component);
  const autoscaler = of('HorizontalPodAutoscaler');
  if (autoscaler && resource.spec.replicas !== undefined) say('says replicas, and so does its autoscaler');
  const least = autoscaler?.spec.minReplicas ?? resource.spec.replicas ?? 1;
  const budget = of('PodDisruptionBudget');
  if (component !== 'admin' && least < 2) say('runs as a single pod');
  if (least >= 2 && !budget) say('has no disruption budget');
  if (budget && !(budget.spec.minAvailable >= 1 && budget.spec.minAvailable < least)) {
    say('its disruption budget lets all pods go, or none');
  }
  if (!podOf(resource).topologySpreadConstraints?.some(({ topologyKey }) => topologyKey === 'kubernetes.io/hostname')) {
    say('may have all its pods on one node');
  }
}
