import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { IdentityAssertion } from '@passbroker/model';
import type { Redis } from '@passbroker/platform';
import { MailedCodes } from '../mail/mailed-codes.js';
import { destinationShape } from '../sign-in/walks.js';

const millis = z.number().transform((ms) => new Date(ms));

/** What the usersource said, as far as it is needed again. Dates are kept as milliseconds. */
const assertionShape = z.object({
  usersource: z.string(),
  subject: z.string(),
  claims: z.object({
    name: z.string().optional(),
    username: z.string().optional(),
    groups: z.array(z.string()).optional(),
    attributes: z.record(z.string(), z.string()).optional(),
  }),
  said: z.record(z.string(), z.unknown()).optional(),
  session: z
    .object({ index: z.string().optional(), until: millis.optional(), kept: z.record(z.string(), z.string()) })
    .optional(),
  authenticatedAt: millis,
  methods: z.array(z.string()),
  acr: z.string().optional(),
});

const pendingShape = z.object({
  brand: z.string(),
  browser: z.string(),
  /** Id of the record. */
  usersource: z.string(),
  assertion: assertionShape,
  to: destinationShape,
  /** As it was typed last. */
  email: z.string().optional(),
});
export type PendingAddress = z.output<typeof pendingShape>;

const SECONDS = 600;

/**
 * A newcomer without an address, who is asked for one. Bound to this browser, this usersource and this subject, and a
 * code to the very address it was mailed to (LINK-011, LINK-012).
 */
export class PendingAddresses {
  private readonly codes: MailedCodes;

  constructor(private readonly redis: Redis) {
    this.codes = new MailedCodes(redis);
  }

  async leave(pending: Omit<PendingAddress, 'assertion'>, assertion: IdentityAssertion): Promise<string> {
    const id = randomBytes(24).toString('base64url');
    const { usersource, subject, claims, said, session, authenticatedAt, methods, acr } = assertion;
    const kept = { usersource, subject, claims, said, session, authenticatedAt, methods, acr };
    await this.redis.set(keyOf(id), textOf({ ...pending, assertion: kept }), 'EX', SECONDS);
    return id;
  }

  async look(id: string, browser: string): Promise<PendingAddress | undefined> {
    return isId(id) ? ours(await this.redis.get(keyOf(id)), browser) : undefined;
  }

  /** Another address than before: a code that was mailed to that one is none for this. False: it is over. */
  async type(id: string, pending: PendingAddress, email: string): Promise<boolean> {
    // XX: what was taken meanwhile stays taken.
    return (await this.redis.set(keyOf(id), textOf({ ...pending, email }), 'EX', SECONDS, 'XX')) === 'OK';
  }

  /** Of a hundred answers at once one gets it, and only as long as the address is still this one. */
  async take(id: string, browser: string, email: string): Promise<PendingAddress | undefined> {
    if (!(await this.look(id, browser))) return undefined;
    const taken = ours(await this.redis.getdel(keyOf(id)), browser);
    return taken?.email === email ? taken : undefined;
  }

  newCode(id: string, email: string): Promise<string> {
    return this.codes.issue(keyOf(id), `${id} ${email}`);
  }

  isCode(id: string, email: string, typed: string): Promise<boolean> {
    return this.codes.isRight(keyOf(id), `${id} ${email}`, typed);
  }
}

const keyOf = (id: string): string => `address:${id}`;
const isId = (value: string): boolean => /^[A-Za-z0-9_-]{32}$/.test(value);

/** JSON would write a date as text. */
function textOf({ assertion, ...pending }: PendingAddress): string {
  const { authenticatedAt, session, ...said } = assertion;
  const kept = session && { ...session, until: session.until?.getTime() };
  return JSON.stringify({
    ...pending,
    assertion: { ...said, authenticatedAt: authenticatedAt.getTime(), ...(kept && { session: kept }) },
  });
}

function ours(text: string | null, browser: string): PendingAddress | undefined {
  if (text === null) return undefined;
  const pending = pendingShape.safeParse(JSON.parse(text)).data;
  if (!pending) return undefined;
  const [one, other] = [Buffer.from(pending.browser), Buffer.from(browser)];
  return one.length === other.length && timingSafeEqual(one, other) ? pending : undefined;
}
