import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { requireServer } from '../servers/find-server.js';
import { freePort } from './free-port.js';
import { startPeer } from './peer-process.js';

export interface ModAuthOpenidcOptions {
  /** The provider's `…/.well-known/openid-configuration`; fetched at the first sign-in. */
  metadataUrl: string;
  clientId: string;
  clientSecret: string;
  scope?: string;
  port?: number;
}

export interface ModAuthOpenidc {
  origin: string;
  /** Protected: redirects to the provider, then prints `REMOTE_USER` and `OIDC_CLAIM_*`, one per line. */
  url: string;
  /** To be registered as redirect_uri. */
  redirectUri: string;
  /** Ends the session here and at the provider; comes back to `loggedOutUrl`. */
  logoutUrl: string;
  /** To be registered as post_logout_redirect_uri; open to everybody. */
  loggedOutUrl: string;
  /** The error log of Apache. */
  output(): string;
  stop(): Promise<void>;
}

/** Debian's nobody: Apache as root without a `User` line refuses to start (AH02155). */
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Addresses are known before Apache starts, so that a client can be registered for them first. */
export function modAuthOpenidcAddresses(port: number): Omit<ModAuthOpenidc, 'output' | 'stop'> {
  const origin = `http://localhost:${port}`;
  const redirectUri = `${origin}/private/callback`;
  const loggedOutUrl = `${origin}/logged-out`;
  return {
    origin,
    url: `${origin}/private/whoami`,
    redirectUri,
    logoutUrl: `${redirectUri}?logout=${encodeURIComponent(loggedOutUrl)}`,
    loggedOutUrl,
  };
}

/** Apache with Debian's mod_auth_openidc on loopback, in a folder of its own. @throws when it is not installed. */
export async function startModAuthOpenidc(options: ModAuthOpenidcOptions): Promise<ModAuthOpenidc> {
  const command = requireServer('apache');
  const module = requireServer('mod_auth_openidc');
  const port = options.port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'passbroker-apache-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  const account = process.getuid?.() === 0 ? NOBODY : undefined;
  try {
    await layOut(folder, dirname(module), port, options);
    if (account) for (const path of ['', 'run', 'cgi']) await chown(join(folder, path), account.uid, account.gid);
    const peer = await startPeer({
      name: 'Apache with mod_auth_openidc',
      command,
      args: ['-f', join(folder, 'apache.conf'), '-DFOREGROUND'],
      port,
      ...(account && { account }),
    });
    return {
      ...modAuthOpenidcAddresses(port),
      output: () => readFileSync(join(folder, 'run', 'error.log'), 'utf8'),
      stop: async () => {
        await peer.stop();
        process.off('exit', remove);
        remove();
      },
    };
  } catch (error) {
    process.off('exit', remove);
    remove();
    throw error;
  }
}

async function layOut(folder: string, modules: string, port: number, options: ModAuthOpenidcOptions): Promise<void> {
  await chmod(folder, 0o755);
  for (const path of ['run', 'cgi', 'open']) await mkdir(join(folder, path));
  const script = join(folder, 'cgi', 'whoami');
  await writeFile(script, WHOAMI);
  await chmod(script, 0o755);
  await writeFile(join(folder, 'open', 'logged-out'), 'signed out\n');
  await writeFile(join(folder, 'apache.conf'), apacheConf(folder, modules, port, options));
}

const WHOAMI = `#!/bin/sh
printf 'Content-Type: text/plain; charset=utf-8\\r\\nCache-Control: no-store\\r\\n\\r\\n'
printf 'REMOTE_USER=%s\\n' "$REMOTE_USER"
env | grep '^OIDC_CLAIM_' | sort
`;

const MODULES = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'dir', 'mime', 'alias', 'env', 'cgid'];

/** One word of the configuration; nothing in it may end it early. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

function apacheConf(folder: string, modules: string, port: number, options: ModAuthOpenidcOptions): string {
  const { redirectUri } = modAuthOpenidcAddresses(port);
  return `
ServerRoot ${folder}
ServerName http://localhost:${port}
UseCanonicalName On
Listen 127.0.0.1:${port}
DefaultRuntimeDir ${folder}/run
PidFile ${folder}/run/pid
ScriptSock ${folder}/run/cgi
ErrorLog ${folder}/run/error.log
LogLevel warn
TypesConfig /dev/null
StartServers 1
ServerLimit 2
ThreadsPerChild 8
MaxRequestWorkers 16
${MODULES.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join('\n')}
LoadModule auth_openidc_module ${modules}/mod_auth_openidc.so

OIDCProviderMetadataURL ${quoted(options.metadataUrl)}
OIDCClientID ${quoted(options.clientId)}
OIDCClientSecret ${quoted(options.clientSecret)}
OIDCRedirectURI ${quoted(redirectUri)}
OIDCCryptoPassphrase ${randomBytes(24).toString('hex')}
OIDCScope ${quoted(options.scope ?? 'openid profile email')}
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
OIDCPassClaimsAs environment

DocumentRoot ${folder}/open
<Directory ${folder}/open>
  Require all granted
</Directory>
ScriptAlias /private/ ${folder}/cgi/
<Location /private>
  AuthType openid-connect
  Require valid-user
</Location>
`;
}
