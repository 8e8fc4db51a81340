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
});
export type BrowserSession = z.infer<typeof sessionShape>;

/** Somebody who is signed in here now, as the catalog knows them now. */
export interface SignedIn {
  session: BrowserSession;
  account: Account;
  usersource: UsersourceRecord;
}

export interface NewSession {
  brand: string;
  audience: Audience;
  account: string;
  usersource: string;
  authTime: Date;
  methods: string[];
}

/** How stale `lastSeen` may become before a request writes it. */
const TOUCH_MS = 60_000;

const isCookie = (value: string | undefined): value is string =>
  value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value);

/** Hashed: whoever reads Redis cannot sign in with what they find (SESS-006). */
const keyOf = (cookie: string): string => `session:${createHash('sha256').update(cookie).digest('base64url')}`;

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
    const cookie = randomBytes(32).toString('base64url');
    const now = this.parts.now().getTime();
    const opened: BrowserSession = {
      ...session,
      id: randomBytes(18).toString('base64url'),
      authTime: session.authTime.getTime(),
      createdAt: now,
      lastSeen: now,
      mfa: false,
    };
    const seconds = lifetime(opened, policy, now);
    const ending = this.end(old);
    // The failure of either fails the sign-in; that of the second must not go unheard when the first failed, too.
    ending.catch(() => undefined);
    await this.parts.redis.set(keyOf(cookie), JSON.stringify(opened), 'EX', seconds);
    await ending;
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
    if (now - session.lastSeen >= policy.idleSec * 1_000 || now - session.createdAt >= policy.absoluteSec * 1_000) {
      return undefined;
    }
    if (now - session.lastSeen >= Math.min(TOUCH_MS, policy.idleSec * 250)) {
      session.lastSeen = now;
      // XX: a session that was ended meanwhile stays ended.
      await this.parts.redis.set(keyOf(cookie), JSON.stringify(session), 'EX', lifetime(session, policy, now), 'XX');
    }
    return { session, account, usersource };
  }

  async end(cookie: string | undefined): Promise<boolean> {
    return isCookie(cookie) && (await this.parts.redis.del(keyOf(cookie))) > 0;
  }
}

function lifetime(session: BrowserSession, policy: AudiencePolicy, now: number): number {
  const left = Math.ceil((session.createdAt - now) / 1_000) + policy.absoluteSec;
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
