// Writes docs/configuration.md from the schemas that read the environment; `--check` only compares.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ensureBuilt } from './build.mjs';
import { aligned, writeOrCheck } from './generated-document.mjs';
import { root } from './project.mjs';

const FILE = 'docs/configuration.md';
const PROCESSES = { start: 'standalone', gateway: 'gateway', minter: 'minter', admin: 'admin' };
/** The migration parses what all have in common, and uses these. */
const MIGRATE = ['DATABASE_URL', 'PUBLIC_URL', 'LOG_LEVEL'];

async function schemas() {
  await ensureBuilt();
  const load = async ([command, app]) => {
    const module = await import(pathToFileURL(join(root, `dist/apps/${app}/src/${app}.config.js`)).href);
    return [command, module[`${app}Config`].shape];
  };
  return Object.fromEntries(await Promise.all(Object.entries(PROCESSES).map(load)));
}

/** Through default, optional and transform to what can be typed. */
function innermost(field) {
  for (let at = field; ;) {
    const { innerType, in: from } = at._zod.def;
    if (!innerType && !from) return at;
    at = innerType ?? from;
  }
}

function defaultOf(field) {
  for (let at = field; at; at = at._zod.def.innerType ?? at._zod.def.in) {
    const { type, defaultValue } = at._zod.def;
    if (type !== 'default' && type !== 'prefault') continue;
    if (defaultValue === true || defaultValue === false) return defaultValue ? '`1`' : '`0`';
    return defaultValue === '' ? 'none' : `\`${defaultValue}\``;
  }
  return '';
}

const isSecret = (field) => field.meta()?.secret === true;

/** Each service has its own secret, and says so in its own name. */
const anybodys = (text = '') => text.replace(/^The (gateway|minter|admin)’s/, 'The service’s').replaceAll('|', '\\|');

function meaningOf(field) {
  const { type, entries } = innermost(field)._zod.def;
  const values =
    type === 'enum'
      ? ` (${Object.values(entries)
          .map((value) => `\`${value}\``)
          .join(' ')})`
      : '';
  return `${anybodys(field.description)}${values}`;
}

function table(names, all) {
  const rows = names.map((name) => {
    const readers = Object.keys(all).filter((command) => Object.hasOwn(all[command], name));
    const [first] = readers;
    const field = all[first][name];
    if (MIGRATE.includes(name)) readers.push('migrate');
    const whose = readers.length > Object.keys(all).length ? 'all' : readers.join(' ');
    const shown = isSecret(field) ? `\`${name}\` \`${name}_FILE\`` : `\`${name}\``;
    return [shown, defaultOf(field), whose, meaningOf(field)];
  });
  return aligned([['variable', 'default', 'read by', 'meaning'], ...rows]);
}

function document(all) {
  const names = [...new Set(Object.values(all).flatMap((shape) => Object.keys(shape)))];
  const field = (name) => Object.values(all).find((shape) => Object.hasOwn(shape, name))[name];
  const [secrets, plain] = [
    names.filter((name) => isSecret(field(name))),
    names.filter((name) => !isSecret(field(name))),
  ];
  return `<!-- Made by bin/configuration-docs.mjs out of apps/*/src/*.config.ts: change those, then run it. -->

# Configuration

All of it comes from the environment, is read once at the start, and is checked by a schema. What is wrong is listed
together, and the process ends with 1:

\`\`\`console
$ NODE_ENV=production GATEWAY_PORT=x PUBLIC_URL=foo ADMIN_TOKEN=changeme-changeme LOG_LEVEL=loud npx passbroker start
configuration:
  - ADMIN_TOKEN is a placeholder: generate a real secret
  - PUBLIC_URL: Invalid URL
  - LOG_LEVEL: Invalid option: expected one of "fatal"|"error"|"warn"|"info"|"debug"|"trace"|"silent"
  - GATEWAY_PORT: Invalid input: expected number, received NaN
\`\`\`

"Read by" names the command: \`npx passbroker start\` (which is what \`npm start\` runs), \`gateway\`, \`minter\`, \`admin\`,
\`migrate\`. An empty variable counts as absent.

## Settings

${table(plain, all)}

- **Production** means \`NODE_ENV=production\`: nothing is generated, nothing embedded, placeholders such as \`changeme\` are
  refused as secrets, and the gateway and the minter ask no web address in a private network or on this machine on behalf
  of a usersource or an application, unless \`ALLOW_PRIVATE_ADDRESSES=1\` says that they may. An enterprise whose PeopleSoft
  or identity provider has private addresses sets it. Directories and databases may be in private networks anyway, and on
  this machine with it. Whatever is set, nothing goes to link-local addresses, to where clouds keep a machine's
  credentials (\`169.254.169.254\` and its kin), or to \`0.0.0.0\`.
- **\`PUBLIC_URL\`** decides more than a link: the default brand answers to its host only, and cookies get \`Secure\` and the
  \`__Host-\` prefix when it is https. Other brands take their scheme from it.
- **\`LOG_LEVEL\`** is \`warn\` for \`start\` unless you set it, so that a newcomer sees the ready line and not every request.
- With \`start\`, gateway and minter share \`GATEWAY_PORT\`, and \`MINTER_PORT\` is not read.

## Secrets

Each can be given as a value or, with \`_FILE\` behind its name, as the path of a file that holds it (white space around it is
dropped). Both at once is an error.

${table(secrets, all)}

- \`start\` outside production makes what is missing: \`admin-token\`, \`admin-password\` and \`secrets/<service>\` in \`DATA_DIR\`, each
  readable by you alone (0600), and shows the first two once. It reads no \`SERVICE_SECRET\`: each of the three services in it
  has its own file.
- In production each service needs its own \`SERVICE_SECRET\`. \`npx passbroker secrets DIR\` makes them all, see
  [deployment.md](deployment.md). Without \`ADMIN_TOKEN\` only stored API tokens open the admin API.
`;
}

const text = document(await schemas());
writeOrCheck(FILE, text, 'bin/configuration-docs.mjs');
