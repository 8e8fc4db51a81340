import { Refusal } from '@passbroker/model';
import type { Clock, Redis } from '@passbroker/platform';

/** What a pass stands on: the session it was made in, and how that began. */
export interface PassOrigin {
  account: string;
  usersource: string;
  /** Public handle of the gateway's session. */
  session: string;
  /** Milliseconds since the epoch. */
  since: number;
  /** The application asked to work on while the person is away (`offline_access`): signing out leaves it alone. */
  lasting: boolean;
}

/** Longer than any pass can live: a grant of the minter's lives 30 days, whatever is refreshed. */
const REMEMBERED_SECONDS = 31 * 24 * 3_600;

/**
 * By how much clocks of two machines may differ, so that who signs in right after a cut is not cut off. Sessions that
 * are alive at a cut are named one by one: what they gave out a second before does not slip through here.
 */
const CLOCKS_MS = 5_000;

const keyOf = (account: string): string => `ended-sessions:${account}`;

/**
 * Which sessions were ended on purpose, so that what they gave out ends with them. The gateway writes it before it
 * deletes a session; the minter asks at every use of a pass, by one command, so that no message about it can be lost.
 * A session that is over because nobody used it is not in here: its passes live on as long as they say.
 *
 * One sorted set an account, by when, in milliseconds:
 *   `out <session>` signed out · `end <session>` revoked · `all` and `via <usersource>` whatever began before ·
 *   `but <session>` the session that such a cut was made in, and which stays
 */
export class EndedSessions {
  constructor(
    private readonly redis: Redis,
    private readonly now: Clock,
  ) {}

  /** The person left: passes end that were not given for their absence. */
  signedOut(account: string, sessions: readonly string[]): Promise<void> {
    return this.note(
      account,
      sessions.map((session) => `out ${session}`),
    );
  }

  /** Somebody wants them ended: all that they gave out ends. */
  revoked(account: string, sessions: readonly string[]): Promise<void> {
    return this.note(
      account,
      sessions.map((session) => `end ${session}`),
    );
  }

  /** All that began before now, in sessions that are long forgotten too. */
  allRevoked(account: string, sessions: readonly string[], except: string | undefined): Promise<void> {
    return this.note(account, cut('all', sessions, except));
  }

  /** The same, of what was opened through one usersource. */
  allRevokedThrough(
    account: string,
    usersource: string,
    sessions: readonly string[],
    except: string | undefined,
  ): Promise<void> {
    return this.note(account, cut(`via ${usersource}`, sessions, except));
  }

  /** Whether a pass ended with the session it came of. */
  async endedWith({ account, usersource, session, since, lasting }: PassOrigin): Promise<boolean> {
    const asked = [`end ${session}`, `out ${session}`, 'all', `via ${usersource}`, `but ${session}`];
    const scores = await this.redis.zmscore(keyOf(account), ...asked);
    const [end = 0, out = 0, all = 0, via = 0, but = 0] = scores.map(Number);
    if (end > 0 || (out > 0 && !lasting)) return true;
    return Math.max(all, via) - CLOCKS_MS > Math.max(since, but);
  }

  private async note(account: string, members: readonly string[]): Promise<void> {
    if (members.length === 0) return;
    const now = this.now().getTime();
    const results = await this.redis
      .multi()
      .zadd(keyOf(account), ...members.flatMap((member) => [now, member]))
      .zremrangebyscore(keyOf(account), '-inf', now - REMEMBERED_SECONDS * 1_000)
      .expire(keyOf(account), REMEMBERED_SECONDS)
      .exec();
    // What is not written down is not ended: better the person is told to try again.
    if (!results || results.some(([error]) => error !== null)) {
      throw new Refusal('service.unavailable', 'the end of a session was not written down');
    }
  }
}

const cut = (which: string, sessions: readonly string[], except: string | undefined): string[] => [
  which,
  ...sessions.map((session) => `end ${session}`),
  ...(except === undefined ? [] : [`but ${except}`]),
];
