import { createHash, randomBytes } from 'node:crypto';
import { Refusal, type AudiencePolicy } from '@passbroker/model';
import type { EndedAnnouncements, EndedSession } from '@passbroker/bus';
import type { CatalogReader } from '@passbroker/catalog';
import type { Clock, Redis } from '@passbroker/platform';
import { endedSessionsKey, sessionCutsKey, type EndedSessions } from '@passbroker/sign-in';
import {
  endOf,
  isOver,
  lifetime,
  readSession,
  type BrowserSession,
  type NewSession,
  type SignedIn,
} from './session-record.js';
import { OPEN, RENAME } from './session-scripts.js';

export type { BrowserSession, NewSession, SignedIn } from './session-record.js';

/** How stale `lastSeen` may become before a request writes it. */
const TOUCH_MS = 60_000;

const isCookie = (value: string | undefined): value is string =>
  value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value);

/** Hashed: whoever reads Redis cannot sign in with what they find (SESS-006). */
const keyOf = (cookie: string): string => `session:${createHash('sha256').update(cookie).digest('base64url')}`;
const upstreamKey = (usersource: string, index: string): string =>
  `upstream-session:${usersource}:${createHash('sha256').update(index).digest('base64url')}`;
const indexOf = (account: string): string => `sessions-of:${account}`;

/** More than anybody reads through. */
const MOST_LISTED = 100;
/** To end: a thief is not safe behind a hundred sign-ins of their own. */
const ALL = 0;

/**
 * The only sign-in session there is. One Redis command per request; whether the person, their usersource and
 * their brand may still hold it is asked of the catalog every time, so that disabling any of them bites at once.
 * What ends here on purpose is written down first, so that the minter's passes end with it.
 */
export class BrowserSessions {
  constructor(
    private readonly parts: {
      redis: Redis;
      catalog: CatalogReader;
      ended: EndedSessions;
      /** Applications hear of what ends here without the browser going by the minter. */
      announcements: EndedAnnouncements;
      now: Clock;
    },
  ) {}

  /**
   * A new cookie at every sign-in, whatever the browser brought (SESS-001); the old session ends. For the same person
   * it goes on under its public handle, so that applications keep what it gave them; another person's ends.
   * @throws Refusal password.wrong when the account's sessions were all ended after `checkedAt`
   */
  async open(
    session: NewSession,
    policy: AudiencePolicy,
    old: string | undefined,
  ): Promise<{ cookie: string; session: BrowserSession }> {
    const { authTime, mfa = false, owesFactor = false, checkedAt = 0, ...given } = session;
    const cookie = newCookie();
    const now = this.parts.now().getTime();
    const before = isCookie(old) ? readSession(await this.parts.redis.get(keyOf(old))) : undefined;
    const goesOn = before?.account === given.account && before.brand === given.brand;
    if (before && !goesOn) {
      await this.parts.ended.signedOut(before.account, [before.id]);
      await this.announce([before]);
    }
    const opened: BrowserSession = {
      ...given,
      id: goesOn ? before.id : randomBytes(18).toString('base64url'),
      authTime: authTime.getTime(),
      createdAt: now,
      lastSeen: now,
      mfa,
      ...(mfa && { mfaAt: now }),
      owesFactor,
    };
    const { account, usersource } = opened;
    const keys = [keyOf(cookie), indexOf(account), keyOf(isCookie(old) ? old : cookie), sessionCutsKey(account)];
    const end = endOf(opened, policy);
    const limit = policy.sessionsPerAccount ?? 0;
    const seconds = lifetime(opened, policy, now);
    const values = [JSON.stringify(opened), seconds, end, now, limit, checkedAt, usersource];
    const answer = await OPEN.run(this.parts.redis, keys, values);
    if (answer === 0) throw new Refusal('password.wrong', 'all sessions were ended while this one was being opened');
    await this.tooMany(account, answer);
    await this.indexUpstream(opened, Math.ceil((end - now) / 1_000));
    return { cookie, session: opened };
  }

  /** Who this browser is; undefined when nobody, or nobody any more. */
  async find(cookie: string | undefined): Promise<SignedIn | undefined> {
    if (!isCookie(cookie)) return undefined;
    const session = readSession(await this.parts.redis.get(keyOf(cookie)));
    if (!session) return undefined;
    const [account, usersource, brand] = await Promise.all([
      this.parts.catalog.account(session.account),
      this.parts.catalog.usersource(session.usersource),
      this.parts.catalog.brand(session.brand),
    ]);
    if (!account || account.disabled || account.audience !== session.audience) return undefined;
    if (!usersource?.enabled || usersource.audience !== session.audience || !brand?.enabled) return undefined;
    const policy = brand.audiences[session.audience];
    const now = this.parts.now().getTime();
    // Redis counts too, but by its own clock and from the last time anybody wrote.
    if (isOver(session, policy, now)) return undefined;
    if (now - session.lastSeen >= Math.min(TOUCH_MS, policy.idleSec * 250)) {
      session.lastSeen = now;
      // XX: a session that was ended meanwhile stays ended.
      await this.parts.redis.set(keyOf(cookie), JSON.stringify(session), 'EX', lifetime(session, policy, now), 'XX');
    }
    return { session, account, usersource };
  }

  /** A second factor was shown: the session goes on under a new id (SESS-001). Undefined when it ended meanwhile. */
  async stepUp(
    cookie: string | undefined,
    session: BrowserSession,
    policy: AudiencePolicy,
    methods: readonly string[],
  ): Promise<string | undefined> {
    if (!isCookie(cookie)) return undefined;
    const now = this.parts.now().getTime();
    const stepped: BrowserSession = {
      ...session,
      methods: [...new Set([...session.methods, ...methods])],
      lastSeen: now,
      mfa: true,
      mfaAt: now,
      owesFactor: false,
    };
    const next = newCookie();
    const keys = [keyOf(cookie), keyOf(next), indexOf(session.account), endedSessionsKey(session.account)];
    const values = [JSON.stringify(stepped), lifetime(stepped, policy, now), endOf(stepped, policy), session.id];
    return Number(await RENAME.run(this.parts.redis, keys, values)) === 1 ? next : undefined;
  }

  /** The same session under a new name: a copy of the old one is worth nothing. Undefined when it ended meanwhile. */
  async renew(
    cookie: string | undefined,
    session: BrowserSession,
    policy: AudiencePolicy,
  ): Promise<string | undefined> {
    if (!isCookie(cookie)) return undefined;
    const next = newCookie();
    const keys = [keyOf(cookie), keyOf(next), indexOf(session.account), endedSessionsKey(session.account)];
    const now = this.parts.now().getTime();
    const values = [JSON.stringify(session), lifetime(session, policy, now), endOf(session, policy), session.id];
    return Number(await RENAME.run(this.parts.redis, keys, values)) === 1 ? next : undefined;
  }

  /** Signing out in this browser. */
  async end(cookie: string | undefined): Promise<boolean> {
    if (!isCookie(cookie)) return false;
    const session = readSession(await this.parts.redis.get(keyOf(cookie)));
    if (session) await this.parts.ended.signedOut(session.account, [session.id]);
    return (await this.parts.redis.del(keyOf(cookie))) > 0;
  }

  /** The sessions this account has now, the newest first. */
  async of(account: string): Promise<BrowserSession[]> {
    return (await this.kept(account, MOST_LISTED)).map(({ session }) => session);
  }

  /** All of them, in no order. */
  async all(account: string): Promise<BrowserSession[]> {
    return (await this.kept(account, ALL)).map(({ session }) => session);
  }

  /** Ends one of an account's sessions by its public handle. */
  async endOne(account: string, handle: string): Promise<boolean> {
    const note = (handles: string[]) => this.parts.ended.revoked(account, handles);
    return (await this.endWhere(account, (session) => session.id === handle, note)) > 0;
  }

  /** Ends them all, or all but one, and whatever earlier ones left behind. */
  async endAll(account: string, except?: string): Promise<number> {
    await this.parts.ended.allRevoked(account, except);
    const note = (handles: string[]) => this.parts.ended.revoked(account, handles);
    return this.endWhere(account, (session) => session.id !== except, note);
  }

  /** The same, of those that were opened through one usersource. */
  async endThrough(account: string, usersource: string, except?: string): Promise<number> {
    await this.parts.ended.allRevokedThrough(account, usersource, except);
    const note = (handles: string[]) => this.parts.ended.revoked(account, handles);
    return this.endWhere(account, (session) => session.usersource === usersource && session.id !== except, note);
  }

  /**
   * Those that stand on one session upstream, or on any of the account's at that usersource. That is a sign-out:
   * applications that work on without the person do so (OpenID Connect Back-Channel Logout 1.0, section 2.7).
   */
  endUpstream(account: string, usersource: string, index: string | undefined): Promise<number> {
    return this.endWhere(
      account,
      (session) => session.usersource === usersource && (index === undefined || session.upstream?.index === index),
      (handles) => this.parts.ended.signedOut(account, handles),
    );
  }

  /** Whose session stands on one upstream: some upstreams name the session that ended and not the person. */
  async accountAt(usersource: string, index: string): Promise<string | undefined> {
    return (await this.parts.redis.get(upstreamKey(usersource, index))) ?? undefined;
  }

  private async indexUpstream({ usersource, upstream, account }: BrowserSession, seconds: number): Promise<void> {
    if (upstream?.index === undefined) return;
    await this.parts.redis.set(upstreamKey(usersource, upstream.index), account, 'EX', Math.max(1, seconds));
  }

  /**
   * Written down first: of a crash in between nothing comes but a session that is to be ended once more. Looked for
   * once more after that: one that took a new name meanwhile is found under it, and takes none any more.
   */
  private async endWhere(
    account: string,
    which: (session: BrowserSession) => boolean,
    note: (handles: string[]) => Promise<void>,
  ): Promise<number> {
    const find = async () => (await this.kept(account, ALL)).filter(({ session }) => which(session));
    const found = await find();
    if (found.length === 0) return 0;
    await note(found.map(({ session }) => session.id));
    const handles = new Set(found.map(({ session }) => session.id));
    const renamed = (await find()).filter(({ session }) => handles.has(session.id));
    const keys = [...new Set([...found, ...renamed].map(({ key }) => key))];
    const announcement = this.parts.announcements.entry(found.map(({ session }) => announced(session)));
    const results = await this.parts.redis
      .multi()
      .del(...keys)
      .zrem(indexOf(account), ...keys)
      .xadd(...announcement)
      .exec();
    if (!results || results.some(([error]) => error !== null)) {
      throw new Refusal('service.unavailable', 'sessions are written down as ended, and still there');
    }
    return handles.size;
  }

  /** Those for which the policy has no room any more are signed out. */
  private async tooMany(account: string, gone: unknown): Promise<void> {
    if (!Array.isArray(gone) || gone.length === 0) return;
    const sessions = gone
      .map((text: unknown) => readSession(typeof text === 'string' ? text : null))
      .filter((session) => session?.account === account)
      .filter((session) => session !== undefined);
    await this.parts.ended.signedOut(
      account,
      sessions.map(({ id }) => id),
    );
    await this.announce(sessions);
  }

  private async announce(sessions: readonly BrowserSession[]): Promise<void> {
    if (sessions.length === 0) return;
    await this.parts.redis.xadd(...this.parts.announcements.entry(sessions.map(announced)));
  }

  private async kept(account: string, most: number): Promise<{ key: string; session: BrowserSession }[]> {
    const { redis, catalog } = this.parts;
    const keys = await redis.zrevrange(indexOf(account), 0, most - 1);
    if (keys.length === 0) return [];
    const texts = await redis.mget(...keys);
    const now = this.parts.now().getTime();
    const found = await Promise.all(
      keys.map(async (key, at) => {
        const session = readSession(texts[at] ?? null);
        // The list is a list of keys: what lies behind one is believed only when it is this account's.
        if (session?.account !== account) return undefined;
        const brand = await catalog.brand(session.brand);
        return brand && !isOver(session, brand.audiences[session.audience], now) ? { key, session } : undefined;
      }),
    );
    return found.filter((one) => one !== undefined);
  }
}

const announced = ({ brand, account, id }: BrowserSession): EndedSession => ({ brand, account, session: id });
const newCookie = (): string => randomBytes(32).toString('base64url');
