import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { MINTER_PATHS } from './wiring.mjs';

const FOLDER = 'deploy/edge';
/** Everything by which a visitor could claim to be somebody else; the services believe these of the edge. */
const CLAIMS = [
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Client-Cert',
  'Forwarded',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-Remote-User',
  'X-HTTP-Method-Override',
];
const BYTES = { '': 1, k: 1024, m: 1024 * 1024 };

const bytes = (text = '0') => parseInt(text, 10) * BYTES[/[km]?$/i.exec(text)[0].toLowerCase()];

export function edgeProblems(deployment) {
  const problems = [];
  const read = (file) => deployment.read(`${FOLDER}/${file}`).replace(/^\s*#.*$/gm, '');
  const of = (file) => (message) => problems.push(`${FOLDER}/${file}: ${message}`);
  const directive = (text, name) => new RegExp(`^\\s*${name}\\s+([^;]+);`, 'mi').exec(text)?.[1].trim();

  const proxy = read('proxy.conf');
  for (const header of CLAIMS) {
    const value = directive(proxy, `proxy_set_header\\s+${header}`);
    if (value === undefined) of('proxy.conf')(`passes on what visitors say in ${header}`);
    else if (/\$(http_x_|proxy_add_)/.test(value)) of('proxy.conf')(`believes visitors about ${header}`);
  }
  if (directive(proxy, 'proxy_set_header\\s+Host') !== '$http_host') of('proxy.conf')('does not keep Host');
  if (directive(proxy, 'proxy_next_upstream') !== 'off') of('proxy.conf')('sends one-time messages twice');

  const http = read('http.conf');
  const format = /log_format[^;]+;/.exec(http)?.[0] ?? '';
  if (
    !format.includes('$path_only') ||
    /\$(request|request_uri|args|query_string|is_args|http_referer|arg_\w+)\b/.test(format)
  ) {
    of('http.conf')('logs queries');
  }
  for (const log of http.matchAll(/access_log\s+([^;]+);/g)) {
    if (!/passbroker$/.test(log[1])) of('http.conf')('logs in another format than ours');
  }
  if (bytes(directive(http, 'large_client_header_buffers')?.split(/\s+/)[1]) < 16_384) {
    of('http.conf')('refuses URLs of 8 KiB');
  }
  if (bytes(directive(http, 'proxy_buffer_size')) < 16_384) of('http.conf')('has no room for our cookies');

  for (const file of ['nginx.conf', 'nginx-tls.conf']) {
    const text = read(file);
    // Error lines quote the request line whole.
    if (directive(text, 'error_log') !== 'stderr emerg') of(file)('its error log quotes queries');
    if (!/include http\.conf;/.test(text) || !/include routes\.conf;/.test(text)) of(file)('lacks the shared parts');
  }
  routes(deployment, read, of('routes.conf'), of('upstreams.conf'));
  return problems;
}

function routes(deployment, read, say, sayUpstreams) {
  const text = read('routes.conf');
  const found = Object.fromEntries(
    [...text.matchAll(/location\s+(=\s+)?(\S+)\s*\{([^}]*)\}/g)].map(([, , path, body]) => [path, body]),
  );
  for (const path of ['/', ...MINTER_PATHS]) if (!found[path]) say(`does not route ${path}`);
  for (const [path, body] of Object.entries(found)) {
    const rightful = MINTER_PATHS.includes(path) || MINTER_PATHS.includes(`${path}/`) ? 'minter' : 'gateway';
    if (!body.includes(`proxy_pass http://$${rightful};`)) say(`${path} does not go to the ${rightful}`);
    if (!body.includes('include proxy.conf;')) say(`${path} passes headers on as they come`);
  }
  if (!/if \(\$ambiguous_path\)\s*\{\s*return 400;/.test(text)) say('lets paths through that can be read in two ways');
  const upstreams = read('upstreams.conf');
  for (const name of ['gateway', 'minter']) {
    const port = deployment.settings[name][`${name.toUpperCase()}_PORT`]?.port;
    if (!new RegExp(`set \\$${name}\\s+${name}:${port};`).test(upstreams)) {
      sayUpstreams(`${name} is not ${name}:${port}`);
    }
  }
  if (/admin/.test(upstreams)) sayUpstreams('leads to the admin API');
}

const NGINX = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx'];

export const findNginx = () => NGINX.find((file) => existsSync(file));

/** A copy of the edge that runs on this machine: other ports, other upstreams, its own folder for what it writes. */
export function copyEdge(
  root,
  { port = 8080, statusPort = 8081, gateway = '127.0.0.1:1', minter = '127.0.0.1:1', tls } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'passbroker-edge-'));
  for (const file of readdirSync(join(root, FOLDER))) {
    const text = readFileSync(join(root, FOLDER, file), 'utf8')
      .replaceAll(/(\s)\/tmp\//g, `$1${folder}/`)
      .replaceAll('/dev/stdout', `${folder}/access.log`)
      .replaceAll('/run/secrets/', `${tls ?? '/run/secrets'}/`)
      .replace('listen 8080', `listen 127.0.0.1:${port}`)
      .replace('127.0.0.1:8081', `127.0.0.1:${statusPort}`)
      .replace(/^worker_processes.*$/m, 'worker_processes 1;\nmaster_process off;\ndaemon off;');
    writeFileSync(join(folder, file), text);
  }
  writeFileSync(join(folder, 'upstreams.conf'), `set $gateway ${gateway};\nset $minter ${minter};\n`);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** What nginx itself says, where it is installed; undefined where it is not. */
export function nginxProblems(root) {
  const nginx = findNginx();
  if (!nginx) return undefined;
  const { folder, remove } = copyEdge(root, { tls: '.' });
  try {
    const certificate = ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '1', '-subj', '/CN=edge.test'];
    const made = spawnSync(
      'openssl',
      [...certificate, '-keyout', join(folder, 'tls-key'), '-out', join(folder, 'tls-certificate')],
      { stdio: 'ignore' },
    );
    const files = made.status === 0 ? ['nginx.conf', 'nginx-tls.conf'] : ['nginx.conf'];
    return files.flatMap((file) => {
      const run = spawnSync(nginx, ['-t', '-q', '-e', 'stderr', '-p', folder, '-c', join(folder, file)], {
        encoding: 'utf8',
      });
      return run.status === 0 ? [] : [`${FOLDER}/${file}: ${run.stderr.trim()}`];
    });
  } finally {
    remove();
  }
}
