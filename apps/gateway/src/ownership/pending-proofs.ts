import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Redis } from '@passbroker/platform';

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
  to: z.union([z.object({ transaction: z.string() }), z.object({ returnTo: z.string() })]),
});
export type PendingProof = z.infer<typeof proofShape>;

const SECONDS = 600;
const TRIES = 5;
/** Nothing that reads like something else, nothing that spells. */
const LETTERS = '23456789BCDFGHJKMNPQRSTVWXYZ';
const CODE_LENGTH = 8;

/** One more try is written down before the code is looked at; a right one is used up. 0: not this one, or too many. */
const TRY = `
if redis.call('INCR', KEYS[2]) > tonumber(ARGV[2]) then return 0 end
redis.call('EXPIRE', KEYS[2], ARGV[3])
local kept = redis.call('GET', KEYS[1])
if kept ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1`;

/**
 * An identity that waits for the owner of the account to say that it is theirs. Bound to this browser, this
 * usersource and this subject (LINK-011, LINK-012): nobody else's identity can use up a proof that was given for it.
 */
export class PendingProofs {
  constructor(private readonly redis: Redis) {}

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

  /** A code for the letter; an earlier one of this proof is void. */
  async newCode(id: string): Promise<string> {
    const code = Array.from({ length: CODE_LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('');
    await this.redis.set(`${keyOf(id)}:code`, digest(id, code), 'EX', SECONDS);
    return `${code.slice(0, 4)}-${code.slice(4)}`;
  }

  async isCode(id: string, typed: string): Promise<boolean> {
    const code = typed.toUpperCase().replaceAll(/[\s-]/g, '');
    if (code.length !== CODE_LENGTH) return false;
    const keys = [`${keyOf(id)}:code`, `${keyOf(id)}:tries`];
    return Number(await this.redis.eval(TRY, 2, ...keys, digest(id, code), TRIES, SECONDS)) === 1;
  }
}

const keyOf = (id: string): string => `proof:${id}`;
const isId = (value: string): boolean => /^[A-Za-z0-9_-]{32}$/.test(value);
/** With the proof's own name in it: a code for one identity is none for another. */
const digest = (id: string, code: string): string => createHash('sha256').update(`${id}.${code}`).digest('base64url');

function ours(text: string | null, browser: string): PendingProof | undefined {
  if (text === null) return undefined;
  const proof = proofShape.safeParse(JSON.parse(text)).data;
  if (!proof) return undefined;
  const [one, other] = [Buffer.from(proof.browser), Buffer.from(browser)];
  return one.length === other.length && timingSafeEqual(one, other) ? proof : undefined;
}
