import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Redis } from '@passbroker/platform';

const pendingShape = z.object({
  brand: z.string(),
  browser: z.string(),
  account: z.string(),
  usersource: z.string(),
  authTime: z.number(),
  methods: z.array(z.string()),
  goTo: z.string(),
});
export type PendingSwitch = z.infer<typeof pendingShape>;

const SECONDS = 300;
const keyOf = (id: string): string => `switch:${id}`;

/**
 * Somebody is signed in here, and an unasked-for link proved somebody else. Whoever sits at this browser says
 * whether that is meant: else a link in a mail could sign them in as its sender without a word.
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
