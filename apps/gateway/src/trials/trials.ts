import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Redis } from '@passbroker/platform';

/** Long enough to open a window and sign in upstream, second factor and all. */
export const TRIAL_SECONDS = 600;

export const trialShape = z.object({ usersource: z.string(), settingsVersion: z.number().int() });
export type Trial = z.infer<typeof trialShape>;

/** Round trips that an admin has asked for, until somebody opens their window. Each is opened once. */
export class Trials {
  constructor(private readonly redis: Redis) {}

  async issue(trial: Trial): Promise<string> {
    const ticket = randomBytes(24).toString('base64url');
    await this.redis.set(keyOf(ticket), JSON.stringify(trial), 'EX', TRIAL_SECONDS);
    return ticket;
  }

  /** Undefined when there is none, or somebody opened it before. */
  async take(ticket: string): Promise<Trial | undefined> {
    if (!/^[\w-]{32}$/.test(ticket)) return undefined;
    const text = await this.redis.getdel(keyOf(ticket));
    return text === null ? undefined : trialShape.parse(JSON.parse(text));
  }
}

/** Whoever reads Redis finds no ticket there. */
const keyOf = (ticket: string): string => `trial:${createHash('sha256').update(ticket).digest('base64url')}`;
