import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { UsersourceRecord } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import type { Clock, Redis } from '@passbroker/platform';
import { RECOVERY_COOKIE } from '../http/cookies.js';
import type { Visit } from '../http/visit.js';
import type { SignedIn } from '../session/browser-session.js';

const SECONDS = 15 * 60;

const recordShape = z.object({ id: z.string(), brand: z.string(), account: z.string(), at: z.number() });

/**
 * The session that a recovery link opens. It lives apart from sign-in sessions, under a cookie of its own, so that
 * only the door to the admin pages ever looks for it: no other page can take it for a sign-in by mistake.
 */
export class RecoverySessions {
  constructor(private readonly parts: { redis: Redis; catalog: CatalogReader; now: Clock }) {}

  async open(visit: Visit, account: string): Promise<void> {
    const cookie = randomBytes(32).toString('base64url');
    const record = {
      id: randomBytes(18).toString('base64url'),
      brand: visit.brand.id,
      account,
      at: this.parts.now().getTime(),
    };
    await this.parts.redis.set(keyOf(cookie), JSON.stringify(record), 'EX', SECONDS);
    visit.cookies.set(RECOVERY_COOKIE, cookie, SECONDS);
  }

  /** Whom it let in, for as long as they are an admin. */
  async find(visit: Visit): Promise<SignedIn | undefined> {
    const cookie = visit.cookies.get(RECOVERY_COOKIE);
    if (cookie === undefined || !/^[A-Za-z0-9_-]{43}$/.test(cookie)) return undefined;
    const text = await this.parts.redis.get(keyOf(cookie));
    if (text === null) return undefined;
    const { id, brand, account: named, at } = recordShape.parse(JSON.parse(text));
    const account = await this.parts.catalog.account(named);
    if (!account?.admin || account.disabled || brand !== visit.brand.id) return undefined;
    return {
      recovery: true,
      account,
      usersource: LINK(brand),
      session: {
        ...{ id, brand, audience: 'agents', account: named, usersource: LINK(brand).id },
        // It is too short to fall idle.
        ...{ authTime: at, createdAt: at, lastSeen: this.parts.now().getTime() },
        ...{ methods: ['recovery'], mfa: false, owesFactor: false },
      },
    };
  }

  async end(visit: Visit): Promise<void> {
    const cookie = visit.cookies.get(RECOVERY_COOKIE);
    if (cookie === undefined) return;
    await this.parts.redis.del(keyOf(cookie));
    visit.cookies.clear(RECOVERY_COOKIE);
  }
}

const keyOf = (cookie: string): string => `recovery:${createHash('sha256').update(cookie).digest('base64url')}`;

/** Stands where the usersource of a sign-in stands. No catalog has it, so nothing can be begun with it. */
const LINK = (brand: string): UsersourceRecord => ({
  ...{ id: 'recovery', slug: 'recovery', type: 'recovery', brand, audience: 'agents', label: '', enabled: true },
  ...{ sso: 'none', display: 'hidden', order: 0, hintable: false, forwardPassive: false, slo: false },
  ...{ domains: [], networks: [], jit: { create: 'off', grant: [] }, settings: {}, settingsVersion: 1, revision: 1 },
  ...{ linking: { mode: 'never', authoritativeDomains: [] }, proven: null },
  ...{ mapping: { attributes: {} }, filter: null, sync: 'create' },
});
