import { Refusal } from '@passbroker/model';
import { RedisScript, type Clock, type Redis } from '@passbroker/platform';

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

/** Also read by the gateway's own scripts, in the step that opens or renames a session. */
export const endedSessionsKey = (account: string): string => `ended-sessions:${account}`;

/**
 * When an account's sessions were last cut off, by Redis's own clock, which is one for all gateways: a password that
 * was looked at before a cut opens no session after it. Fields: `all`, `via <usersource>`.
 */
export const sessionCutsKey = (account: string): string => `session-cuts:${account}`;

/** Longer than any password takes to be looked at. */
const CUT_SECONDS = 3_600;

/** ARGV: now, the oldest to keep, for how many seconds, which cut or nothing, its seconds, and the members. */
const NOTE = new RedisScript(`
for index = 6, #ARGV do redis.call('ZADD', KEYS[1], ARGV[1], ARGV[index]) end
if ARGV[4] ~= '' then
  local time = redis.call('TIME')
  redis.call('HSET', KEYS[2], ARGV[4], time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return 1`);

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

  /**
   * All that began before now, in sessions that are long forgotten too. Written before the living ones are listed:
   * what is opened meanwhile either is in the list or sees the cut.
   */
  allRevoked(account: string, except: string | undefined): Promise<void> {
    return this.cut(account, 'all', except);
  }

  /** The same, of what was opened through one usersource. */
  allRevokedThrough(account: string, usersource: string, except: string | undefined): Promise<void> {
    return this.cut(account, `via ${usersource}`, except);
  }

  /** Whether a pass ended with the session it came of. */
  async endedWith({ account, usersource, session, since, lasting }: PassOrigin): Promise<boolean> {
    const asked = [`end ${session}`, `out ${session}`, 'all', `via ${usersource}`, `but ${session}`];
    const scores = await this.redis.zmscore(endedSessionsKey(account), ...asked);
    const [end = 0, out = 0, all = 0, via = 0, but = 0] = scores.map(Number);
    if (end > 0 || (out > 0 && !lasting)) return true;
    return Math.max(all, via) - CLOCKS_MS > Math.max(since, but);
  }

  private cut(account: string, which: string, except: string | undefined): Promise<void> {
    return this.note(account, [which, ...(except === undefined ? [] : [`but ${except}`])], which);
  }

  private async note(account: string, members: readonly string[], which = ''): Promise<void> {
    if (members.length === 0) return;
    const now = this.now().getTime();
    const values = [now, now - REMEMBERED_SECONDS * 1_000, REMEMBERED_SECONDS, which, CUT_SECONDS, ...members];
    try {
      await NOTE.run(this.redis, [endedSessionsKey(account), sessionCutsKey(account)], values);
    } catch (cause) {
      // What is not written down is not ended: better the person is told to try again.
      throw new Refusal('service.unavailable', 'the end of a session was not written down', { cause });
    }
  }
}
