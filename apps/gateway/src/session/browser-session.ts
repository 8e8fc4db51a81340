import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Account, Audience, AudiencePolicy, UsersourceRecord } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import type { Clock, Redis } from '@passbroker/platform';

const sessionShape = z.object({
  /** Public handle: names the session to the minter, opens nothing. */
  id: z.string(),
  brand: z.string(),
  audience: z.enum(['users', 'agents']),
  account: z.string(),
  usersource: z.string(),
  /** Milliseconds since the epoch, all three. */
  authTime: z.number(),
  createdAt: z.number(),
  lastSeen: z.number(),
  methods: z.array(z.string()),
  mfa: z.boolean(),
  /** When a second factor was last shown here. */
  mfaAt: z.number().optional(),
  /** This person has a second factor, and what they came in by is not enough without it. */
  owesFactor: z.boolean().default(false),
  device: z.object({ ip: z.string(), agent: z.string() }).optional(),
  /** The session at the usersource, where its end can be asked for or heard of. */
  upstream: z
    .object({ subject: z.string(), index: z.string().optional(), kept: z.record(z.string(), z.string()) })
    .optional(),
});
export type BrowserSession = z.infer<typeof sessionShape>;

/** Somebody who is signed in here now, as the catalog knows them now. */
export interface SignedIn {
  session: BrowserSession;
  account: Account;
  usersource: UsersourceRecord;
  /** Let in by a recovery link: `usersource` stands for that, and only the admin pages open. */
  recovery?: boolean;
}

export interface NewSession {
  brand: string;
  audience: Audience;
  account: string;
  usersource: string;
  authTime: Date;
  methods: string[];
  mfa?: boolean;
  owesFactor?: boolean;
  device?: { ip: string; agent: string };
  upstream?: BrowserSession['upstream'];
}

/** How stale `lastSeen` may become before a request writes it. */
const TOUCH_MS = 60_000;

const isCookie = (value: string | undefined): value is string =>
  value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value);

/** Hashed: whoever reads Redis cannot sign in with what they find (SESS-006). */
const keyOf = (cookie: string): string => `session:${createHash('sha256').update(cookie).digest('base64url')}`;
const upstreamKey = (usersource: string, index: string): string =>
  `upstream-session:${usersource}:${createHash('sha256').update(index).digest('base64url')}`;
const indexOf = (account: string): string => `sessions-of:${account}`;

/**
 * The session and its place in the account's list, in one step, and out with the one it replaces. Scores are when
 * each ends at the latest. Only over the limit is anything counted: first those that ended by themselves go, then
 * the oldest (ARGV: session, seconds, end, now, limit).
 */
const OPEN = `
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
if KEYS[3] ~= KEYS[1] then
  redis.call('DEL', KEYS[3])
  redis.call('ZREM', KEYS[2], KEYS[3])
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
local left = math.ceil((tonumber(ARGV[3]) - tonumber(ARGV[4])) / 1000)
if redis.call('TTL', KEYS[2]) < left then redis.call('EXPIRE', KEYS[2], left) end
local limit = tonumber(ARGV[5])
if limit > 0 and redis.call('ZCARD', KEYS[2]) > limit then
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if redis.call('EXISTS', member) == 0 then redis.call('ZREM', KEYS[2], member) end
  end
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, redis.call('ZCARD', KEYS[2]) - limit - 1)) do
    redis.call('DEL', member)
    redis.call('ZREM', KEYS[2], member)
  end
end
return 1`;

/** The same session under another name; nothing, when it has ended meanwhile. */
const RENAME = `
if redis.call('DEL', KEYS[1]) == 0 then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
redis.call('ZREM', KEYS[3], KEYS[1])
redis.call('ZADD', KEYS[3], ARGV[3], KEYS[2])
return 1`;

/** More than anybody reads through. */
const MOST_LISTED = 100;
/** To end: a thief is not safe behind a hundred sign-ins of their own. */
const ALL = 0;

/**
 * The only sign-in session there is. One Redis command per request; whether the person, their usersource and
 * their brand may still hold it is asked of the catalog every time, so that disabling any of them bites at once.
 */
export class BrowserSessions {
  constructor(private readonly parts: { redis: Redis; catalog: CatalogReader; now: Clock }) {}

  /** A new id at every sign-in, whatever cookie the browser brought (SESS-001); the old session ends. */
  async open(
    session: NewSession,
    policy: AudiencePolicy,
    old: string | undefined,
  ): Promise<{ cookie: string; session: BrowserSession }> {
    const { authTime, mfa = false, owesFactor = false, ...given } = session;
    const cookie = newCookie();
    const now = this.parts.now().getTime();
    const opened: BrowserSession = {
      ...given,
      id: randomBytes(18).toString('base64url'),
      authTime: authTime.getTime(),
      createdAt: now,
      lastSeen: now,
      mfa,
      ...(mfa && { mfaAt: now }),
      owesFactor,
    };
    const keys = [keyOf(cookie), indexOf(opened.account), keyOf(isCookie(old) ? old : cookie)];
    const end = endOf(opened, policy);
    const limit = policy.sessionsPerAccount ?? 0;
    const seconds = lifetime(opened, policy, now);
    await this.parts.redis.eval(OPEN, 3, ...keys, JSON.stringify(opened), seconds, end, now, limit);
    await this.indexUpstream(opened, Math.ceil((end - now) / 1_000));
    return { cookie, session: opened };
  }

  /** Who this browser is; undefined when nobody, or nobody any more. */
  async find(cookie: string | undefined): Promise<SignedIn | undefined> {
    if (!isCookie(cookie)) return undefined;
    const session = parse(await this.parts.redis.get(keyOf(cookie)));
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
    const keys = [keyOf(cookie), keyOf(next), indexOf(session.account)];
    const values = [JSON.stringify(stepped), lifetime(stepped, policy, now), endOf(stepped, policy)];
    return Number(await this.parts.redis.eval(RENAME, 3, ...keys, ...values)) === 1 ? next : undefined;
  }

  /** The same session under a new name: a copy of the old one is worth nothing. Undefined when it ended meanwhile. */
  async renew(
    cookie: string | undefined,
    session: BrowserSession,
    policy: AudiencePolicy,
  ): Promise<string | undefined> {
    if (!isCookie(cookie)) return undefined;
    const next = newCookie();
    const keys = [keyOf(cookie), keyOf(next), indexOf(session.account)];
    const now = this.parts.now().getTime();
    const values = [JSON.stringify(session), lifetime(session, policy, now), endOf(session, policy)];
    return Number(await this.parts.redis.eval(RENAME, 3, ...keys, ...values)) === 1 ? next : undefined;
  }

  async end(cookie: string | undefined): Promise<boolean> {
    return isCookie(cookie) && (await this.parts.redis.del(keyOf(cookie))) > 0;
  }

  /** The sessions this account has now, the newest first. */
  async of(account: string): Promise<BrowserSession[]> {
    return (await this.kept(account, MOST_LISTED)).map(({ session }) => session);
  }

  /** Ends one of an account's sessions by its public handle. */
  async endOne(account: string, handle: string): Promise<boolean> {
    return (await this.endWhere(account, (session) => session.id === handle)) > 0;
  }

  /** Ends them all, or all but one. */
  endAll(account: string, except?: string): Promise<number> {
    return this.endWhere(account, (session) => session.id !== except);
  }

  /** Ends those that were opened through one usersource, or all of them but one. */
  endThrough(account: string, usersource: string, except?: string): Promise<number> {
    return this.endWhere(account, (session) => session.usersource === usersource && session.id !== except);
  }

  /** Those that stand on one session upstream, or on any of the account's at that usersource. */
  endUpstream(account: string, usersource: string, index: string | undefined): Promise<number> {
    return this.endWhere(
      account,
      (session) => session.usersource === usersource && (index === undefined || session.upstream?.index === index),
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

  private async endWhere(account: string, which: (session: BrowserSession) => boolean): Promise<number> {
    const keys = (await this.kept(account, ALL)).flatMap(({ key, session }) => (which(session) ? [key] : []));
    if (keys.length === 0) return 0;
    await this.parts.redis
      .pipeline()
      .del(...keys)
      .zrem(indexOf(account), ...keys)
      .exec();
    return keys.length;
  }

  private async kept(account: string, most: number): Promise<{ key: string; session: BrowserSession }[]> {
    const { redis, catalog } = this.parts;
    const keys = await redis.zrevrange(indexOf(account), 0, most - 1);
    if (keys.length === 0) return [];
    const texts = await redis.mget(...keys);
    const now = this.parts.now().getTime();
    const found = await Promise.all(
      keys.map(async (key, at) => {
        const session = parse(texts[at] ?? null);
        // The list is a list of keys: what lies behind one is believed only when it is this account's.
        if (session?.account !== account) return undefined;
        const brand = await catalog.brand(session.brand);
        return brand && !isOver(session, brand.audiences[session.audience], now) ? { key, session } : undefined;
      }),
    );
    return found.filter((one) => one !== undefined);
  }
}

const newCookie = (): string => randomBytes(32).toString('base64url');

function isOver(session: BrowserSession, policy: AudiencePolicy, now: number): boolean {
  return now - session.lastSeen >= policy.idleSec * 1_000 || now >= endOf(session, policy);
}

const endOf = (session: BrowserSession, policy: AudiencePolicy): number =>
  session.createdAt + policy.absoluteSec * 1_000;

function lifetime(session: BrowserSession, policy: AudiencePolicy, now: number): number {
  const left = Math.ceil((endOf(session, policy) - now) / 1_000);
  return Math.max(1, Math.min(policy.idleSec, left));
}

function parse(text: string | null): BrowserSession | undefined {
  if (text === null) return undefined;
  try {
    return sessionShape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
