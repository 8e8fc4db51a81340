import type { RequestListener } from 'node:http';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import { ReplayGuard, SignInTransactions } from '@passbroker/sign-in';
import { KeyRing, KeyRotation } from './keys/index.js';
import type { MinterParts, MinterWorld } from './parts.js';
import { Applications } from './protocols/applications.js';
import { mountProtocols } from './protocols/mount.js';

/** How often a replica looks whether keys have become too old; the lock lets one of them act. */
const LOOK_MS = 3_600_000;

export interface Minter {
  handler: RequestListener;
  /** What the admin may ask over the bus. */
  questions: Record<string, (body: unknown) => Promise<unknown>>;
  ready(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

const rotateShape = z.strictObject({ brand: z.string(), alg: z.enum(['ES256', 'RS256']).optional() });

export async function composeMinter(world: MinterWorld): Promise<Minter> {
  const parts: MinterParts = {
    ...world,
    transactions: new SignInTransactions(world.redis, world.now),
    replay: new ReplayGuard(world.redis, world.now),
  };
  const { identity, keyStore: store, now, log, catalog } = parts;
  const ring = new KeyRing({ store, identity, now });
  const rotation = new KeyRotation({ store, ring, identity, now, log });
  const applications = new Applications(catalog, identity, log);

  catalog.onChange((change) => {
    if (change.kind === 'key') void ring.refresh();
  });
  const look = setInterval(() => {
    for (const brand of ring.inUse()) {
      rotation.rotate(brand, undefined, true).catch((error: unknown) => {
        log.warn({ brand, err: error instanceof Error ? error.message : String(error) }, 'keys not looked after');
      });
    }
  }, LOOK_MS);
  look.unref();

  const handler = mountProtocols(parts, ring, applications);
  return {
    handler,
    questions: {
      'keys.rotate': async (body) => {
        const question = rotateShape.safeParse(body);
        if (!question.success) throw new Refusal('request.malformed', 'which brand, and which algorithm?');
        const { brand, alg } = question.data;
        const rotated = await rotation.rotate(brand, alg === undefined ? undefined : [alg]);
        parts.audit.record({
          action: 'key.rotated',
          outcome: { result: 'ok', code: 'ok' },
          actor: { type: 'system' },
          targets: rotated.map((key) => ({ type: 'key', id: key.current })),
          context: { service: 'minter' },
        });
        return { rotated };
      },
    },
    ready: async () => ({
      redis: await state(() => parts.redis.ping()),
      catalog: await state(() => catalog.ping()),
    }),
    close: () => {
      clearInterval(look);
      return Promise.resolve();
    },
  };
}

const state = (look: () => Promise<unknown>): Promise<string> =>
  look().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : 'unavailable'),
  );
