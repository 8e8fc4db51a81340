import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Redis } from '@passbroker/platform';

const pendingShape = z.object({
  browser: z.string(),
  /** The owner's session when they began: another person's, or a later one, may not finish. */
  account: z.string(),
  session: z.string(),
  usersource: z.string(),
  subject: z.string(),
  email: z.string().nullable(),
  /** As the usersource calls them, for the question. */
  name: z.string(),
});
export type PendingLink = z.infer<typeof pendingShape>;

const SECONDS = 300;
const keyOf = (id: string): string => `link:${id}`;
const isId = (value: string): boolean => /^[A-Za-z0-9_-]{32}$/.test(value);

/**
 * An identity was proved for somebody who wants to link it. Some usersources bring no state back, so the owner is
 * shown whose it is and asked: else a message slipped in by an attacker would link the attacker's (LINK-010). Good
 * once, for this browser, this session and this very subject (LINK-011, LINK-012).
 */
export class PendingLinks {
  constructor(private readonly redis: Redis) {}

  async leave(pending: PendingLink): Promise<string> {
    const id = randomBytes(24).toString('base64url');
    await this.redis.set(keyOf(id), JSON.stringify(pending), 'EX', SECONDS);
    return id;
  }

  async look(id: string, browser: string): Promise<PendingLink | undefined> {
    return isId(id) ? ours(await this.redis.get(keyOf(id)), browser) : undefined;
  }

  async take(id: string, browser: string): Promise<PendingLink | undefined> {
    return isId(id) ? ours(await this.redis.getdel(keyOf(id)), browser) : undefined;
  }
}

function ours(text: string | null, browser: string): PendingLink | undefined {
  if (text === null) return undefined;
  const pending = pendingShape.safeParse(JSON.parse(text)).data;
  return pending?.browser === browser ? pending : undefined;
}
