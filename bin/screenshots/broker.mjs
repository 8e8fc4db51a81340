// A part of bin/screenshots.mjs.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { chooseNode } from '../node.mjs';
import { root } from '../project.mjs';

export const freePort = (wanted = 0) =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (wanted === 0 ? reject(error) : resolve(freePort())));
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** Those of the README, where nobody else has them: some stand in the pictures. */
const PORTS = [3000, 3001, 9000, 4000, 4001];

/** Starts the broker as a newcomer would, in a folder of its own, and reads where everything is. */
export async function startBroker(folder) {
  const [gateway, admin, management, helpDesk, intranet] = await Promise.all(PORTS.map((port) => freePort(port)));
  const env = {
    ...process.env,
    NODE_ENV: 'development',
    DATA_DIR: folder,
    PUBLIC_URL: `http://localhost:${gateway}`,
    GATEWAY_PORT: String(gateway),
    ADMIN_PORT: String(admin),
    MANAGEMENT_PORT: String(management),
    HELP_DESK_PORT: String(helpDesk),
    INTRANET_PORT: String(intranet),
  };
  const child = spawn(chooseNode(), ['dist/apps/standalone/src/main.js'], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill());
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (chunk) => String(chunk).includes('passbroker ready:') && resolve());
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code}`)));
  });
  return {
    broker: env.PUBLIC_URL,
    helpDesk: `http://localhost:${helpDesk}`,
    intranet: `http://localhost:${intranet}`,
    admin: `http://localhost:${admin}`,
    mail: join(folder, 'mail'),
    adminToken: readFileSync(join(folder, 'admin-token'), 'utf8').trim(),
    adminPassword: readFileSync(join(folder, 'admin-password'), 'utf8').trim(),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
}

/** The demo signs everybody in at the intranet; a portal that lets people choose has more to show. */
export async function openUp({ admin, adminToken }) {
  for (const [path, change] of [
    ['/v1/usersources/intranet', { sso: 'none', linking: { mode: 'prove', authoritativeDomains: [] } }],
    ['/v1/brands/default', { guestAccess: true, registration: 'open', recovery: { mailLink: 'admins' } }],
    ['/v1/usersources/local-users', { enabled: true }],
  ]) {
    const authorization = `Bearer ${adminToken}`;
    const found = await fetch(`${admin}${path}`, { headers: { authorization } });
    const answer = await fetch(`${admin}${path}`, {
      method: 'PATCH',
      headers: {
        authorization,
        'content-type': 'application/merge-patch+json',
        'if-match': found.headers.get('etag') ?? '',
      },
      body: JSON.stringify(change),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}
