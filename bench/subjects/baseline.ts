import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

import type { JWK } from 'oidc-provider';

import type { Application } from '#bench/driver/applications';
import { cpuOf } from '#bench/method/cpu';
import { freePort, startProgram, startRedis } from '#bench/subjects/servers';
import type { Subject } from '#bench/subjects/subject';

export async function startBaseline(applications: Iterable<Application>): Promise<Subject> {
  const redis = await startRedis();
  const { port, server } = await startProvider(applications, redis.url);
  const origin = `http://127.0.0.1:${port}`;
  return {
    name: 'B0',
    origin,
    issuer: origin,
    door: () => ({ host: '127.0.0.1', port }),
    processes: [
      { name: 'provider', cpu: () => cpuOf(server.pid) },
      { name: 'redis', cpu: () => cpuOf(redis.pid) },
    ],
    notes: [`${redis.kind} ${redis.version}`],
    redisCommands: redis.commands,
    stop: async () => {
      await server.stop();
      await redis.stop();
    },
  };
}

/** The provider's process alone. */
export async function startProvider(applications: Iterable<Application>, redisUrl: string) {
  const port = await freePort();
  const server = await startProgram({
    name: 'B0',
    args: ['--disable-warning=ExperimentalWarning', fileURLToPath(new URL('../baseline/server.ts', import.meta.url))],
    env: {},
    ready: /passbroker-bench ready/,
    message: {
      port,
      redisUrl,
      keys: [privateKey('ES256'), privateKey('RS256')],
      clients: [...applications].map(({ metadata, audience, accessTokenFormat }) => ({
        metadata,
        accessTokenFormat,
        ...(audience === undefined ? {} : { audience }),
      })),
    },
  });
  return { port, server };
}

function privateKey(alg: 'ES256' | 'RS256'): JWK {
  const pair =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = pair.privateKey.export({ format: 'jwk' });
  return { ...jwk, kid: randomBytes(8).toString('hex'), alg, use: 'sig' };
}
