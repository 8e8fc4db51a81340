import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type SignInOutcome, type SignInTransaction } from '@passbroker/model';
import {
  openFrame,
  sealFrame,
  type CheckSignature,
  type Clock,
  type Redis,
  type ServiceIdentity,
} from '@passbroker/platform';
import { sameBrowser } from './browser.js';

/** How long a person may take from the application's question to our answer. */
export const WALK_SECONDS = 15 * 60;
/** How long an outcome waits to be collected: two redirects. */
const COLLECT_SECONDS = 60;

const key = (id: string): string => `sign-in:${id}`;

export const isTransactionId = (value: string): boolean => /^[A-Za-z0-9_-]{16,64}$/.test(value);

const transactionShape = z.object({
  id: z.string(),
  brand: z.string(),
  application: z.string(),
  audience: z.enum(['users', 'agents']),
  ask: z.object({
    forceFresh: z.boolean(),
    silent: z.boolean(),
    selectAccount: z.boolean().optional(),
    maxAge: z.number().optional(),
    loginHint: z.string().optional(),
    usersourceHint: z.string().optional(),
    acr: z.array(z.string()).optional(),
    uiLocales: z.array(z.string()).optional(),
  }),
  returnTo: z.string().startsWith('/'),
  browser: z.string(),
  openedAt: z.number(),
});

const recordShape = z.object({ transaction: transactionShape, outcome: z.string().optional() });

const outcomeShape: z.ZodType<SignInOutcome> = z.discriminatedUnion('admitted', [
  z.object({
    admitted: z.literal(true),
    account: z.string(),
    usersource: z.string(),
    audience: z.enum(['users', 'agents']),
    session: z.string(),
    authTime: z.number(),
    methods: z.array(z.string()),
    acr: z.string().optional(),
  }),
  z.object({
    admitted: z.literal(false),
    code: z.custom<Extract<SignInOutcome, { admitted: false }>['code']>((value) => typeof value === 'string'),
    reference: z.string(),
    error: z.enum(['access_denied', 'login_required', 'interaction_required', 'temporarily_unavailable']),
  }),
]);

const sealedShape = z.object({ transaction: z.string(), browser: z.string(), outcome: outcomeShape });

/**
 * The table at which gateway and minter meet: one Redis record per walk, one command per step.
 *
 *   minter  open ──► [ question ] ──► gateway  read … complete ──► [ question + sealed outcome ] ──► minter  collect (GETDEL)
 *
 * The outcome is signed by the gateway together with the transaction and the browser it is for, so that
 * neither a forged record nor one moved between walks is worth anything to the minter.
 */
export class SignInTransactions {
  constructor(
    private readonly redis: Redis,
    private readonly now: Clock,
  ) {}

  /** Opens a walk. `id` may be given when the protocol already has an unguessable one for it. */
  async open(walk: Omit<SignInTransaction, 'id' | 'openedAt'>, id?: string): Promise<SignInTransaction> {
    const transaction = { ...walk, id: id ?? randomBytes(24).toString('base64url'), openedAt: this.now().getTime() };
    await this.redis.set(key(transaction.id), JSON.stringify({ transaction }), 'EX', WALK_SECONDS);
    return transaction;
  }

  /** @throws Refusal transaction.expired, transaction.other_browser */
  async read(id: string, binding: string | undefined): Promise<SignInTransaction> {
    const record = isTransactionId(id) ? parseRecord(await this.redis.get(key(id))) : undefined;
    if (!record) throw new Refusal('transaction.expired', 'no such sign-in is under way');
    if (!sameBrowser(binding, record.transaction.browser)) {
      throw new Refusal('transaction.other_browser', 'this sign-in was begun in another browser');
    }
    return record.transaction;
  }

  /** Leaves the outcome, sealed, where the minter collects it. @throws Refusal transaction.expired */
  async complete(identity: ServiceIdentity, transaction: SignInTransaction, outcome: SignInOutcome): Promise<void> {
    const deadline = new Date(this.now().getTime() + COLLECT_SECONDS * 1_000);
    const body = { transaction: transaction.id, browser: transaction.browser, outcome };
    const sealed = sealFrame(identity, 'sign-in-outcome', body, deadline);
    const record = JSON.stringify({ transaction, outcome: sealed });
    // XX: a walk that was collected meanwhile is not opened again.
    const written = await this.redis.set(key(transaction.id), record, 'EX', COLLECT_SECONDS, 'XX');
    if (written !== 'OK') throw new Refusal('transaction.expired', 'the sign-in was collected or ran out of time');
  }

  /**
   * Takes the outcome off the table: at most once, and only for the browser that began.
   * @throws Refusal transaction.expired, transaction.not_completed, transaction.other_browser, transaction.seal_broken
   */
  async collect(
    id: string,
    binding: string | undefined,
    check: CheckSignature,
  ): Promise<{ transaction: SignInTransaction; outcome: SignInOutcome }> {
    const record = isTransactionId(id) ? parseRecord(await this.redis.getdel(key(id))) : undefined;
    if (!record) throw new Refusal('transaction.expired', 'no such sign-in, or its outcome was already collected');
    const { transaction } = record;
    if (!sameBrowser(binding, transaction.browser)) {
      throw new Refusal('transaction.other_browser', 'the outcome was asked for by another browser');
    }
    if (record.outcome === undefined) throw new Refusal('transaction.not_completed', 'the sign-in has no outcome yet');
    const sealed = sealedShape.safeParse(this.openSeal(record.outcome, check));
    if (!sealed.success || sealed.data.transaction !== id || sealed.data.browser !== transaction.browser) {
      throw new Refusal('transaction.seal_broken', 'the sealed outcome belongs to another walk');
    }
    return { transaction, outcome: sealed.data.outcome };
  }

  private openSeal(sealed: string, check: CheckSignature): unknown {
    try {
      return openFrame(sealed, 'sign-in-outcome', 'gateway', check, this.now()).body;
    } catch (cause) {
      if (cause instanceof Refusal && cause.code === 'bus.late') {
        throw new Refusal('transaction.expired', 'the outcome was collected too late', { cause });
      }
      throw new Refusal('transaction.seal_broken', 'the outcome is not sealed by the gateway', { cause });
    }
  }
}

function parseRecord(text: string | null): z.infer<typeof recordShape> | undefined {
  if (text === null) return undefined;
  try {
    return recordShape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
