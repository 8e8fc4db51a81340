import { WORKLOADS } from './load.mjs';
import { selects } from './wiring.mjs';

const PRIVATE = ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];
const STORES = { postgres: 5432, redis: 6379 };
const PUBLIC_SIDE = { gateway: 'edge', minter: 'edge', admin: 'operators' };

/** Who may talk to whom: default deny, and exactly the pairs that the design draws. */
export function networkProblems(_deployment, { resources }) {
  const policies = resources.filter(({ kind }) => kind === 'NetworkPolicy');
  const problems = [];
  const everybody = policies.find(({ spec }) => Object.keys(spec.podSelector ?? { x: 1 }).length === 0);
  const denies = everybody && !everybody.spec.ingress && !everybody.spec.egress;
  if (!denies || !['Ingress', 'Egress'].every((type) => everybody.spec.policyTypes.includes(type))) {
    problems.push('NetworkPolicy: nothing denies by default');
  }
  const pods = resources.filter(({ kind }) => ['Deployment', 'Job'].includes(kind));
  const labelsOf = (name) => pods.find(({ metadata }) => metadata.name === name)?.spec.template.metadata.labels ?? {};
  for (const name of WORKLOADS) {
    const say = (message) => problems.push(`NetworkPolicy of ${name}: ${message}`);
    const own = policies.filter(
      ({ spec }) => spec !== everybody?.spec && selects(spec.podSelector.matchLabels, labelsOf(name)),
    );
    mayHear(
      name,
      own.flatMap(({ spec }) => spec.ingress ?? []),
      say,
    );
    maySay(
      name,
      own.flatMap(({ spec }) => spec.egress ?? []),
      say,
      WORKLOADS.map(labelsOf),
    );
  }
  return problems;
}

const portsOf = (rule) => (rule.ports ?? []).map(({ port }) => port);

function mayHear(name, rules, say) {
  const side = PUBLIC_SIDE[name];
  if (!side) return rules.length > 0 && say('nobody has to talk to it');
  let served = false;
  for (const rule of rules) {
    const ports = portsOf(rule);
    if (ports.length === 0 || !rule.from?.length) say('lets everybody in, or to every port');
    for (const { namespaceSelector, ...rest } of rule.from ?? []) {
      const from = Object.keys(namespaceSelector?.matchLabels ?? {});
      const expected = ports.includes(9000) ? 'monitoring' : side;
      if (from.length !== 1 || from[0] !== `passbroker/${expected}` || Object.keys(rest).length > 0) {
        say(`port ${ports.join(', ')} is for ${expected} only`);
      } else if (expected === side) served = true;
    }
    if (ports.includes(9000) && ports.length > 1) say('management and service share a rule');
  }
  if (!served) say(`${side} cannot reach it`);
}

function maySay(name, rules, say, ours) {
  const open = rules.flatMap(portsOf);
  if (!open.includes(53)) say('cannot look up names');
  for (const [store, port] of Object.entries(STORES)) {
    const wanted = !(name === 'migrate' && store === 'redis');
    if (open.includes(port) !== wanted) say(`${wanted ? 'cannot' : 'need not'} reach ${store}`);
  }
  for (const rule of rules) {
    if (!rule.to?.length || !rule.ports?.length) say('may go everywhere, or to every port');
    for (const peer of rule.to ?? []) toWhom(name, peer, portsOf(rule), say, ours);
  }
  if (name === 'gateway' && !open.includes(443)) say('cannot reach any usersource');
}

function toWhom(name, { ipBlock, podSelector }, ports, say, ours) {
  if (podSelector && ours.some((labels) => selects(podSelector.matchLabels, labels))) say('may talk to one of ours');
  if (!ipBlock && !podSelector) say('may talk to whole namespaces');
  if (!ipBlock) return;
  const wide = Number(ipBlock.cidr.split('/')[1]) < 8;
  if (name !== 'gateway' && ports.some((port) => !Object.values(STORES).includes(port))) {
    say('may reach more than its stores');
  }
  if (wide && (name !== 'gateway' || ports.join() !== '443'))
    say(`may reach ${ipBlock.cidr} on port ${ports.join(', ')}`);
  // Defence in depth for safe-fetch: the cloud's metadata address is in one of these.
  if (ipBlock.cidr === '0.0.0.0/0' && !PRIVATE.every((network) => ipBlock.except?.includes(network))) {
    say('may reach private networks as if they were public');
  }
}
