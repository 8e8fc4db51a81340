import { randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Redis } from '@passbroker/platform';
import { MailedCodes } from '../mail/mailed-codes.js';
import { destinationShape } from '../sign-in/walks.js';

const proofShape = z.object({
  brand: z.string(),
  browser: z.string(),
  usersource: z.string(),
  subject: z.string(),
  /** As the usersource calls them, for the question. */
  name: z.string(),
  email: z.string(),
  account: z.string(),
  override: z.boolean(),
  /** Milliseconds: only a session that began after this proves anything. */
  at: z.number(),
  authTime: z.number(),
  methods: z.array(z.string()),
  acr: z.string().optional(),
  to: destinationShape,
});
export type PendingProof = z.infer<typeof proofShape>;

const SECONDS = 600;

/**
 * An identity that waits for the owner of the account to say that it is theirs. Bound to this browser, this
 * usersource and this subject (LINK-011, LINK-012): nobody else's identity can use up a proof that was given for it.
 */
export class PendingProofs {
  private readonly codes: MailedCodes;

  constructor(private readonly redis: Redis) {
    this.codes = new MailedCodes(redis);
  }

  async leave(proof: PendingProof): Promise<string> {
    const id = randomBytes(24).toString('base64url');
    await this.redis.set(keyOf(id), JSON.stringify(proof), 'EX', SECONDS);
    return id;
  }

  async look(id: string, browser: string): Promise<PendingProof | undefined> {
    return isId(id) ? ours(await this.redis.get(keyOf(id)), browser) : undefined;
  }

  /** Of a hundred answers at once one gets it. Another browser's answer uses up nothing. */
  async take(id: string, browser: string): Promise<PendingProof | undefined> {
    if (!(await this.look(id, browser))) return undefined;
    return ours(await this.redis.getdel(keyOf(id)), browser);
  }

  /** A code for the letter; an earlier one of this proof is void. With its name in it, it is none for another. */
  newCode(id: string): Promise<string> {
    return this.codes.issue(keyOf(id), id);
  }

  isCode(id: string, typed: string): Promise<boolean> {
    return this.codes.isRight(keyOf(id), id, typed);
  }
}

const keyOf = (id: string): string => `proof:${id}`;
const isId = (value: string): boolean => /^[A-Za-z0-9_-]{32}$/.test(value);

function ours(text: string | null, browser: string): PendingProof | undefined {
  if (text === null) return undefined;
  const proof = proofShape.safeParse(JSON.parse(text)).data;
  if (!proof) return undefined;
  const [one, other] = [Buffer.from(proof.browser), Buffer.from(browser)];
  return one.length === other.length && timingSafeEqual(one, other) ? proof : undefined;
}
