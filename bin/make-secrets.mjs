// `npx passbroker secrets DIR`: every secret of a deployment, one folder per holder. Needs nothing installed.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { fail } from './project.mjs';

const SERVICES = ['gateway', 'minter', 'admin'];
/** Where docker-compose.yml has them. */
const COMPOSE = { database: 'postgres://postgres:5432/passbroker', redis: 'redis://redis:6379/0' };

/** base64url, so that it can stand in a URL as it is. */
const random = () => randomBytes(32).toString('base64url');

/** What Postgres keeps of a password (RFC 5803): with it one can check a password, not log in. */
export function scramVerifier(password, salt = randomBytes(16), rounds = 4096) {
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const hmac = (text) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`;
}

function withLogin(base, user, password) {
  const url = new URL(base);
  if (url.username || url.password)
    throw new Error(`${url.host}: give the address without a login; each service gets its own`);
  url.username = user;
  url.password = password;
  return url.href;
}

/**
 * All files of a deployment, as `<holder>/<file>` → contents. Postgres and Redis are told verifiers only; the
 * passwords themselves stand in the URL of the one service that logs in with them.
 */
export function makeSecrets({ database = COMPOSE.database, redis = COMPOSE.redis } = {}) {
  const files = {};
  const logins = {};
  // Who has not said who he is may ask whether we are alive, and nothing else.
  const acl = ['user default on nopass resetkeys resetchannels -@all +ping'];
  for (const service of SERVICES) {
    const passwords = { postgres: random(), redis: random() };
    files[`${service}/service-secret`] = random();
    files[`${service}/database-url`] = withLogin(database, `passbroker_${service}_login`, passwords.postgres);
    files[`${service}/redis-url`] = withLogin(redis, service, passwords.redis);
    logins[service] = scramVerifier(passwords.postgres);
    const hash = createHash('sha256').update(passwords.redis).digest('hex');
    // `info` is ioredis asking whether the server has loaded; `config|get` is our question for the eviction policy.
    acl.push(`user ${service} on #${hash} ~* &* +@all -@admin -@dangerous +info +config|get`);
  }
  files['admin/admin-token'] = random();
  files['admin/admin-password'] = random();
  const owner = random();
  files['migrate/database-url'] = withLogin(database, 'passbroker_owner', owner);
  logins.owner = scramVerifier(owner);
  files['postgres/superuser-password'] = random();
  files['postgres/logins.json'] = JSON.stringify(logins, null, 2);
  files['redis/users.acl'] = acl.join('\n');
  return files;
}

/**
 * The folder is closed to everybody else (0700); the files in it are readable. Compose binds a secret's file as it
 * is, owner and mode included, and the processes in the containers are not its owner.
 * @throws Error when there is one already: a deployment that lost its secrets has lost what was sealed with them.
 */
export function writeSecrets(folder, files) {
  try {
    mkdirSync(dirname(folder), { recursive: true });
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (error.code === 'EEXIST') throw new Error(`${folder} exists already: nothing was written`);
    throw error;
  }
  for (const [name, contents] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${contents}\n`, { flag: 'wx' });
    chmodSync(file, 0o444);
  }
}

const USAGE = `Usage: passbroker secrets DIR [--database URL] [--redis URL]

Writes every secret of a deployment into a new folder DIR. The URLs say where Postgres and Redis are, without a
login (default: as in docker-compose.yml). See docs/deployment.md.
`;

export function secretsCommand(args) {
  const options = {};
  let folder;
  for (let at = 0; at < args.length; at += 1) {
    const name = args[at].startsWith('--') ? args[at].slice(2) : undefined;
    if (name && Object.hasOwn(COMPOSE, name)) options[name] = args[(at += 1)];
    else if (!name && folder === undefined) folder = args[at];
    else return usage();
  }
  if (!folder || Object.values(options).includes(undefined)) return usage();
  try {
    const files = makeSecrets(options);
    writeSecrets(folder, files);
    process.stdout.write(`${Object.keys(files).length} secrets are in ${folder}. Keep a copy in a safe place.\n`);
  } catch (error) {
    fail(error.message);
  }
}

function usage() {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}
