import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { REDIRECT, type Application } from '#bench/driver/applications';
import type { ScriptedIdp } from '#bench/driver/scripted-idp';
import { cpuOf } from '#bench/method/cpu';
import { freePort, startProgram } from '#bench/subjects/servers';
import type { Subject } from '#bench/subjects/subject';

const folder = fileURLToPath(new URL('../peers/saml-jackson/', import.meta.url));

export const INSTALL_JACKSON = 'npm ci --prefix bench/peers/saml-jackson';
export const jacksonIsThere = (): boolean => existsSync(`${folder}node_modules/@boxyhq/saml-jackson`);

/** saml-jackson, the engine of Ory Polis: SAML in, OpenID Connect out, its data in memory. */
export async function startJackson(app: Application, idp: ScriptedIdp): Promise<Subject> {
  const port = await freePort();
  const server = await startProgram({
    name: 'jackson',
    args: [`${folder}server.js`],
    env: { NODE_ENV: 'production' },
    ready: /passbroker-bench ready/,
    message: { port, metadata: idp.metadata, redirect: REDIRECT, clientId: app.name, clientSecret: app.secret },
  });
  const origin = `http://127.0.0.1:${port}`;
  return {
    name: 'saml-jackson',
    origin,
    issuer: origin,
    door: () => ({ host: '127.0.0.1', port }),
    processes: [{ name: 'jackson', cpu: () => cpuOf(server.pid) }],
    notes: [],
    upstreams: { saml: idp },
    redisCommands: async () => 0,
    stop: () => server.stop(),
  };
}
