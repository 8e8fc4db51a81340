import { BlockList } from 'node:net';

import { isPinned, SERVICES, sourceOf, WORKLOADS } from './load.mjs';
import { variableProblem } from './settings.mjs';

const STORES = ['postgres', 'redis'];
const KNOWN =
  'build cap_drop command depends_on entrypoint environment healthcheck image logging networks ports read_only restart secrets security_opt shm_size stop_grace_period tmpfs user volumes'.split(
    ' ',
  );
const TOP = 'name services networks volumes secrets'.split(' ');

const namesOf = (value) => (Array.isArray(value) ? value : Object.keys(value ?? {}));
const secretsOf = (service) =>
  (service.secrets ?? []).map((secret) =>
    typeof secret === 'string' ? { source: secret, target: secret } : { target: secret.source, ...secret },
  );

/** What `docker compose config` would say, and what it would not: who sees whom, and who holds what. */
export function composeProblems(deployment) {
  const { compose, tls } = deployment;
  const problems = [];
  for (const name of [...WORKLOADS, ...STORES, 'edge']) {
    if (!compose.services?.[name]) return [`docker-compose.yml: there is no service ${name}`];
  }
  for (const member of Object.keys(compose)) {
    if (!TOP.includes(member) && !member.startsWith('x-')) problems.push(`docker-compose.yml: unknown "${member}"`);
  }
  for (const [name, service] of Object.entries(compose.services)) {
    const say = (message) => problems.push(`docker-compose.yml, ${name}: ${message}`);
    for (const member of Object.keys(service)) if (!KNOWN.includes(member)) say(`unknown or unwanted "${member}"`);
    hardened(name, service, say);
    pointsToWhatIsThere(deployment, name, service, say);
    if (WORKLOADS.includes(name)) configured(deployment, name, service, say);
    else {
      for (const variable of Object.keys(service.environment ?? {})) {
        if (/PASSWORD$|SECRET$|TOKEN$|KEY$/.test(variable)) say(`${variable} is a secret: give it as ${variable}_FILE`);
      }
    }
  }
  declared(deployment, (message) => problems.push(`docker-compose.yml: ${message}`));
  apart(compose, (message) => problems.push(`docker-compose.yml: ${message}`));
  stores(deployment, (message) => problems.push(message));
  for (const { source } of secretsOf(tls.services?.edge ?? {})) {
    if (!tls.secrets?.[source]) problems.push(`deploy/compose.tls.yml: there is no secret ${source}`);
  }
  return problems;
}

function hardened(name, service, say) {
  if (service.read_only !== true) say('can write to its own root');
  if (!service.cap_drop?.includes('ALL')) say('keeps capabilities');
  if (!service.security_opt?.includes('no-new-privileges:true')) say('may gain privileges');
  if (!/^[1-9]\d*:[1-9]\d*$/.test(service.user ?? '')) say('runs as root');
  if (!service.tmpfs?.some((mount) => mount.split(':')[0] === '/tmp')) say('has no /tmp to write to');
  if (!isPinned(service.image ?? '')) say(`image ${service.image} is not pinned to a version`);
  if (!service.healthcheck) say('nobody knows whether it is well');
  if (name !== 'migrate' && !service.healthcheck?.test) say('nobody knows whether it is well');
}

function pointsToWhatIsThere({ compose, exists }, name, service, say) {
  for (const network of namesOf(service.networks)) {
    if (!Object.hasOwn(compose.networks ?? {}, network)) say(`there is no network ${network}`);
  }
  for (const { source } of secretsOf(service)) {
    if (!Object.hasOwn(compose.secrets ?? {}, source)) say(`there is no secret ${source}`);
  }
  for (const volume of service.volumes ?? []) {
    const [from, , mode] = volume.split(':');
    if (!from.startsWith('.')) {
      if (!Object.hasOwn(compose.volumes ?? {}, from)) say(`there is no volume ${from}`);
    } else if (!exists(from)) say(`there is no ${from}`);
    else if (mode !== 'ro') say(`can write to ${from}`);
  }
  for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
    const there = compose.services[other];
    if (!there) say(`waits for ${other}, which is not there`);
    else if (condition === 'service_healthy' && !there.healthcheck?.test)
      say(`waits for the health of ${other}, which has none`);
  }
  const expected = { edge: SERVICES.slice(0, 2), migrate: ['postgres'] };
  const waits = expected[name] ?? (SERVICES.includes(name) ? [...STORES, 'migrate'] : []);
  for (const other of waits) if (!service.depends_on?.[other]) say(`does not wait for ${other}`);
}

function configured(deployment, name, service, say) {
  const settings = deployment.settings[name];
  const program = service.command?.[0];
  if (!program || !deployment.exists(sourceOf(program))) say(`there is no program ${program}`);
  const variables = service.environment ?? {};
  for (const variable of Object.keys(variables)) {
    const problem = variableProblem(settings, variable);
    if (problem) say(problem);
  }
  if (variables.NODE_ENV !== 'production') say('does not run in production mode');
  const mounted = secretsOf(service).map(({ target }) => `/run/secrets/${target}`);
  const named = Object.entries(variables).filter(([variable]) => variable.endsWith('_FILE'));
  for (const [variable, file] of named) if (!mounted.includes(file)) say(`${variable}: no secret brings ${file}`);
  for (const file of mounted) {
    if (!named.some(([, value]) => value === file)) say(`is given ${file} and reads it nowhere`);
  }
  for (const { source } of secretsOf(service)) {
    const file = deployment.compose.secrets?.[source]?.file ?? '';
    if (!file.startsWith(`./secrets/${name}/`)) say(`holds a secret of another: ${file}`);
  }
  if (name === 'migrate') return;
  for (const variable of ['SERVICE_SECRET_FILE', 'DATABASE_URL_FILE', 'REDIS_URL_FILE']) {
    if (!variables[variable]) say(`is not told ${variable}`);
  }
  const port = `${name.toUpperCase()}_PORT`;
  for (const variable of [port, 'MANAGEMENT_PORT']) {
    if (Number(variables[variable]) !== settings[variable]?.port) say(`${variable} is not ${settings[variable]?.port}`);
  }
  if (!service.healthcheck?.test?.join(' ').includes(`127.0.0.1:${variables.MANAGEMENT_PORT}/health/ready`)) {
    say('its health check does not ask /health/ready on the management port');
  }
  if (variables.BIND_ADDRESS !== '0.0.0.0') say('listens on its own loopback only');
}

function declared({ compose, secrets }, say) {
  const used = Object.values(compose.services);
  for (const [name, { file }] of Object.entries(compose.secrets ?? {})) {
    if (!secrets.includes(file?.replace(/^\.\/secrets\//, ''))) say(`secret ${name}: nothing makes ${file}`);
    if (!used.some((service) => secretsOf(service).some(({ source }) => source === name)))
      say(`nobody uses the secret ${name}`);
  }
  const files = Object.values(compose.secrets ?? {}).map(({ file }) => file);
  for (const file of secrets) if (!files.includes(`./secrets/${file}`)) say(`nobody is given ${file}`);
  for (const network of Object.keys(compose.networks ?? {})) {
    if (!used.some((service) => namesOf(service.networks).includes(network)))
      say(`nobody is on the network ${network}`);
  }
}

function apart(compose, say) {
  const { services } = compose;
  const networksOf = (name) => namesOf(services[name].networks);
  const together = (a, b) => networksOf(a).filter((network) => networksOf(b).includes(network));
  const strangers = [
    ['gateway', 'minter'],
    ['gateway', 'admin'],
    ['minter', 'admin'],
    ['edge', 'admin'],
    ['edge', 'migrate'],
    ...STORES.map((store) => ['edge', store]),
  ];
  for (const [a, b] of strangers) {
    if (together(a, b).length > 0) say(`${a} and ${b} see each other on ${together(a, b).join(', ')}`);
  }
  const pairs = [
    ['edge', 'gateway'],
    ['edge', 'minter'],
    ['migrate', 'postgres'],
    ...SERVICES.flatMap((service) => STORES.map((store) => [service, store])),
  ];
  for (const [a, b] of pairs) if (together(a, b).length === 0) say(`${a} cannot reach ${b}`);
  for (const name of ['minter', 'migrate', ...STORES]) {
    for (const network of networksOf(name)) {
      if (compose.networks[network]?.internal !== true) say(`${name} has a way out on ${network}`);
    }
  }
  for (const [name, { ports = [] }] of Object.entries(services)) {
    if (name === 'edge') continue;
    if (name !== 'admin' && ports.length > 0) say(`${name} is published beside the edge`);
    if (ports.some((port) => !String(port).startsWith('127.0.0.1:'))) say(`${name} is published to the world`);
  }
  for (const name of ['gateway', 'minter']) believed(compose, name, say);
}

/** The one address whose X-Forwarded-For counts is the edge's, and nobody else can be given it. */
function believed({ services, networks }, name, say) {
  const [network] = namesOf(services.edge.networks).filter((one) => namesOf(services[name].networks).includes(one));
  const address = services.edge.networks[network]?.ipv4_address;
  if (!address || services[name].environment.TRUSTED_PROXIES !== address) {
    return say(`${name} believes ${services[name].environment.TRUSTED_PROXIES}, the edge is ${address}`);
  }
  const { subnet, ip_range: others } = networks[network]?.ipam?.config?.[0] ?? {};
  if (!within(address, subnet)) say(`${network}: the edge's ${address} is not in it`);
  if (!others || within(address, others)) say(`${network}: another container may get the edge's address`);
}

function within(address, network = '0.0.0.0/32') {
  const list = new BlockList();
  const [start, prefix] = network.split('/');
  list.addSubnet(start, Number(prefix));
  return list.check(address);
}

function stores({ compose, read }, say) {
  const mounted = (name) => secretsOf(compose.services[name]).map(({ target }) => `/run/secrets/${target}`);
  const redis = new Map(
    read('deploy/redis/redis.conf')
      .split('\n')
      .map((line) => line.trim().split(/\s+(.*)/))
      .filter(([name]) => name && !name.startsWith('#')),
  );
  const wanted = { 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'everysec' };
  for (const [name, value] of Object.entries(wanted)) {
    if (redis.get(name) !== value) say(`deploy/redis/redis.conf: ${name} is not ${value}`);
  }
  if (!mounted('redis').includes(redis.get('aclfile'))) say('deploy/redis/redis.conf: no secret brings its aclfile');
  const sql = read('deploy/postgres/init.sql');
  const logins = /pg_read_file\('([^']+)'\)/.exec(sql)?.[1];
  if (!mounted('postgres').includes(logins)) say(`deploy/postgres/init.sql: no secret brings ${logins}`);
  if (/password '/.test(sql)) say('deploy/postgres/init.sql: has a password in it');
  // The name in libs/catalog: a connection asks for this role when it opens.
  const roleOf = /`(\w+)_\$\{service\}`/.exec(read('libs/catalog/src/database.ts'))?.[1];
  for (const service of SERVICES) {
    if (!sql.includes(`create role ${roleOf}_${service} nologin`)) {
      say(`deploy/postgres/init.sql: does not make the role ${roleOf}_${service}`);
    }
  }
}
