import { createHash } from 'node:crypto';
import type { Clock, Redis } from '@passbroker/platform';
import { openUnder, sealUnder } from './sealed-under.js';

/**
 * Messages that may be used once. The claim is one atomic `SET NX PX` shared by all replicas, made before
 * any session is written: of 100 parallel posts exactly one gets `true`.
 */
export class ReplayGuard {
  constructor(
    private readonly redis: Redis,
    private readonly now: Clock,
  ) {}

  /** @param until the message itself is refused from then on, so the claim need not be remembered longer. */
  async claim(usersource: string, messageKey: string, until: Date): Promise<boolean> {
    const lifetime = Math.max(1_000, until.getTime() - this.now().getTime());
    return (await this.redis.set(replayKey(usersource, messageKey), '1', 'PX', lifetime, 'NX')) === 'OK';
  }

  /** Gives a claim back, when our own stores failed before anything came of it: the message may be used after all. */
  async release(usersource: string, messageKey: string): Promise<void> {
    await this.redis.del(replayKey(usersource, messageKey));
  }

  /** What became of the first use, readable only by the browser that made it (see `sealUnder`). */
  async leaveResult(usersource: string, messageKey: string, binding: string, result: string): Promise<void> {
    const value = sealUnder(binding, result);
    await this.redis.set(`${replayKey(usersource, messageKey)}:result`, value, 'EX', KIND_SECONDS);
  }

  /**
   * A double click sends the same message twice and the browser drops the first answer. The same browser,
   * within seconds, is given the result of its own first use again; anybody else learns nothing.
   */
  async ownResult(usersource: string, messageKey: string, binding: string): Promise<string | undefined> {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const value = await this.redis.get(`${replayKey(usersource, messageKey)}:result`);
      if (value !== null) return openUnder(binding, value);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }
}

const KIND_SECONDS = 10;

const replayKey = (usersource: string, messageKey: string): string =>
  `replay:${usersource}:${createHash('sha256').update(messageKey).digest('base64url')}`;
