import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Accounts } from '@passbroker/catalog';
import type { Clock, Logger, Redis } from '@passbroker/platform';
import type { Visit } from '../http/visit.js';
import type { MailThrottle } from '../local-accounts/mail-throttle.js';
import { mailAddress } from '../mail/letter.js';
import type { PostRoom } from '../mail/post-room.js';
import { mailedLinkLetter } from './recovery.letter.js';

const SECONDS = 300;

const kept = z.object({ account: z.string(), brand: z.string(), until: z.number() });

/**
 * The same link by mail, where the brand says so: for admins whose usersources are broken and who are not near the
 * host. It needs Redis and a mail server; the command on the host needs neither.
 */
export class MailedRecovery {
  constructor(
    private readonly parts: {
      redis: Redis;
      accounts: Pick<Accounts, 'byEmail'>;
      throttle: MailThrottle;
      post: PostRoom;
      now: Clock;
      log: Logger;
    },
  ) {}

  isOffered({ brand }: Visit): boolean {
    return brand.recovery?.mailLink === 'admins';
  }

  /** Answered before anybody is looked up, so that nobody learns who is an admin. Milliseconds to wait, or 0. */
  async ask(visit: Visit, typed: string): Promise<number> {
    const { throttle, post, accounts, log } = this.parts;
    const wait = await throttle.address(visit.ip);
    const email = mailAddress(typed);
    if (wait > 0 || email === undefined) return wait;
    post.later(async () => {
      const account = await accounts.byEmail(email);
      const own = account?.emails.find(({ value }) => value.toLowerCase() === email.toLowerCase());
      if (!account?.admin || account.disabled || !own?.verified) return;
      if (!(await throttle.mailbox(visit.brand.id, 'recovery', own.value))) return;
      const token = await this.issue(visit, account.id);
      log.warn({ account: account.id, ip: visit.ip }, 'a recovery link is mailed');
      const href = `${visit.brand.origin}/recover#${token}`;
      await post.post(visit.brand, mailedLinkLetter(visit, own.value, href));
    });
    return 0;
  }

  /** Whose link it was; gone by this. One from before the switch was turned off is none any more. */
  async use(visit: Visit, token: string): Promise<string | undefined> {
    const text = await this.parts.redis.getdel(keyOf(token));
    const link = text === null ? undefined : kept.parse(JSON.parse(text));
    if (!link || !this.isOffered(visit) || link.brand !== visit.brand.id) return undefined;
    return link.until > this.parts.now().getTime() ? link.account : undefined;
  }

  private async issue(visit: Visit, account: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    const until = this.parts.now().getTime() + SECONDS * 1_000;
    await this.parts.redis.set(keyOf(token), JSON.stringify({ account, brand: visit.brand.id, until }), 'EX', SECONDS);
    return token;
  }
}

const keyOf = (token: string): string => `recovery-link:${createHash('sha256').update(token).digest('base64url')}`;
