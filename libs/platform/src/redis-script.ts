import { hash } from 'node:crypto';
import type { Redis } from './redis.js';

/** A step that Redis takes whole or not at all. Sent by its digest: the text goes over once per Redis, not per call. */
export class RedisScript {
  private readonly sha: string;

  constructor(private readonly text: string) {
    this.sha = hash('sha1', text);
  }

  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[] = []): Promise<unknown> {
    try {
      return await redis.evalsha(this.sha, keys.length, ...keys, ...args);
    } catch (error) {
      // A Redis that was started again, or taken over by its replica, has not heard of it.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return redis.eval(this.text, keys.length, ...keys, ...args);
    }
  }
}
