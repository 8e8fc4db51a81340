import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Redis } from '@passbroker/platform';
import { upstreamShape } from '../session/session-record.js';
import { destinationShape } from './walks.js';

const pendingShape = z.object({
  brand: z.string(),
  browser: z.string(),
  account: z.string(),
  usersource: z.string(),
  authTime: z.number(),
  methods: z.array(z.string()),
  goTo: z.string(),
  acr: z.string().optional(),
  upstream: upstreamShape.optional(),
  /** Somebody else was expected; what of it is to be said, and where they were going. */
  expected: z.object({ hint: z.string(), email: z.string(), to: destinationShape }).optional(),
});
export type PendingSwitch = z.infer<typeof pendingShape>;

const SECONDS = 300;
const keyOf = (id: string): string => `switch:${id}`;

/**
 * Somebody is signed in here, and an unasked-for link proved somebody else; or the upstream had another person's
 * session than the one that was asked for. Whoever sits at this browser says whether that is meant: else a link in a
 * mail could sign them in as its sender without a word, and a shared computer as who sat there before.
 */
export class PendingSwitches {
  constructor(private readonly redis: Redis) {}

  async leave(pending: PendingSwitch): Promise<string> {
    const id = randomBytes(24).toString('base64url');
    await this.redis.set(keyOf(id), JSON.stringify(pending), 'EX', SECONDS);
    return id;
  }

  async look(id: string, browser: string): Promise<PendingSwitch | undefined> {
    return ours(await this.redis.get(keyOf(id)), browser);
  }

  async take(id: string, browser: string): Promise<PendingSwitch | undefined> {
    return ours(await this.redis.getdel(keyOf(id)), browser);
  }
}

export const isSwitchId = (value: string): boolean => /^[A-Za-z0-9_-]{32}$/.test(value);

function ours(text: string | null, browser: string): PendingSwitch | undefined {
  if (text === null) return undefined;
  const pending = pendingShape.safeParse(JSON.parse(text)).data;
  return pending?.browser === browser ? pending : undefined;
}
