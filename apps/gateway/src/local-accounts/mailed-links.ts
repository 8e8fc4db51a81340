import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import type { Clock, Redis } from '@passbroker/platform';
import type { Visit } from '../http/visit.js';

/** What a link in a letter is for, and for how long. */
const SECONDS = { register: 86_400, lost_password: 1_800 } as const;
export type Purpose = keyof typeof SECONDS;

const linkShape = z.object({
  brand: z.string(),
  /** Where the letter went: who opens the link reads that mailbox. */
  email: z.string(),
  account: z.string().optional(),
  /** Print of the password this link was to replace: once that is another, the link is worth nothing. */
  replaces: z.string().optional(),
  /** The browser that asked, and where it was going: only there the walk goes on. */
  browser: z.string(),
  returnTo: z.string().optional(),
  until: z.number(),
});
export type MailedLink = z.infer<typeof linkShape>;

/**
 * Links in letters. The link is 256 bits of chance and opens one step of one purpose on one brand, once; Redis holds
 * only its digest. Looking at it uses nothing up, for mail scanners look at every link; a post of its page does.
 */
export class MailedLinks {
  constructor(private readonly parts: { redis: Redis; now: Clock }) {}

  async issue(purpose: Purpose, link: Omit<MailedLink, 'until'>): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const until = this.parts.now().getTime() + SECONDS[purpose] * 1_000;
    await this.parts.redis.set(keyOf(purpose, token), JSON.stringify({ ...link, until }), 'EX', SECONDS[purpose]);
    return token;
  }

  /** @throws Refusal mailed_link.spent */
  async look(purpose: Purpose, token: string, visit: Visit): Promise<MailedLink> {
    return this.standing(await this.parts.redis.get(keyOf(purpose, token)), visit);
  }

  /**
   * Of a hundred posts at once one takes it.
   * @throws Refusal mailed_link.spent
   */
  async take(purpose: Purpose, token: string, visit: Visit): Promise<MailedLink> {
    return this.standing(await this.parts.redis.getdel(keyOf(purpose, token)), visit);
  }

  private standing(text: string | null, visit: Visit): MailedLink {
    const link = text === null ? undefined : linkShape.parse(JSON.parse(text));
    if (!link) throw spent('no such link');
    if (link.brand !== visit.brand.id) throw spent('a link of another brand');
    if (link.until <= this.parts.now().getTime()) throw spent('a link that is too old');
    return link;
  }
}

export const spent = (detail: string): Refusal => new Refusal('mailed_link.spent', detail);

export const printOf = (hash: string): string => createHash('sha256').update(hash).digest('base64url');

const keyOf = (purpose: Purpose, token: string): string =>
  `mailed-link:${purpose}:${createHash('sha256').update(token).digest('base64url')}`;
