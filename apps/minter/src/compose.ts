import type { RequestListener } from 'node:http';
import { NestFactory } from '@nestjs/core';
import type { QuestionHandlers } from '@passbroker/bus';
import { EndedSessions, ReplayGuard, SignInTransactions } from '@passbroker/sign-in';
import { KeyRing } from './keys/index.js';
import { DOOR, MinterModule, QUESTIONS } from './minter.module.js';
import type { MinterWorld } from './parts.js';

import type { Doors } from './protocols/mount.js';

export type { MinterWorld } from './parts.js';
export { isMinterPath } from './protocols/mount.js';

export interface Minter {
  /** For every path of `isMinterPath`. */
  handler: RequestListener;
  /** What the gateway announces over the bus; the caller connects it. */
  sessionEnded: Doors['sessionEnded'];
  /** What the admin may ask over the bus; the caller connects it. */
  questions: QuestionHandlers;
  ready(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

/** Puts the minter together. It listens nowhere: whoever composes it says where. */
export async function composeMinter(world: MinterWorld): Promise<Minter> {
  const { redis, catalog, now } = world;
  const parts = {
    ...world,
    transactions: new SignInTransactions(redis, now),
    replay: new ReplayGuard(redis, now),
    ended: new EndedSessions(redis, now),
  };
  const context = await NestFactory.createApplicationContext(MinterModule.of(parts), { logger: false });
  const doors = context.get<Doors>(DOOR);
  const ring = context.get(KeyRing);
  catalog.onChange((change) => {
    if (change.kind === 'key') void ring.refresh();
  });
  return {
    handler: doors.handler,
    sessionEnded: (ended) => doors.sessionEnded(ended),
    questions: context.get<QuestionHandlers>(QUESTIONS),
    ready: async () => ({
      redis: await state(() => redis.ping()),
      catalog: await state(() => catalog.ping()),
    }),
    close: () => context.close(),
  };
}

const state = (look: () => Promise<unknown>): Promise<string> =>
  look().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : 'unavailable'),
  );
