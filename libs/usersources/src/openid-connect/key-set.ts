import { createLocalJWKSet, type JWK, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import type { UsersourceTools } from '../usersource.js';
import { readJson } from './read-json.js';

const FRESH_MS = 3_600_000;
/** A key that upstream has taken back ends here with this, even while its address does not answer. */
const LAST_GOOD_SECONDS = 86_400;
const ASK_AGAIN_SECONDS = 60;
/** Nobody has more; each is tried at a cost (OIDC-RP-025). */
const MAX_KEYS = 100;
const RSA_BITS = { least: 2_048, most: 8_192 };

const text = z.string().max(4_096);
/** Public members only: a set that carries private or symmetric ones has them dropped here. */
const jwk = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: text.optional(),
  use: text.optional(),
  alg: text.optional(),
  key_ops: z.array(text).max(10).optional(),
  crv: text.optional(),
  n: text.optional(),
  e: text.optional(),
  x: text.optional(),
  y: text.optional(),
  /** Entra ID names the tenant a key may sign for. */
  issuer: text.optional(),
});
const jwkSet = z.object({ keys: z.array(z.unknown()) });
const shared = z.object({ at: z.number(), keys: z.array(jwk) });

export type PublicKey = z.infer<typeof jwk>;

export interface KnownKeys {
  at: number;
  keys: PublicKey[];
  get: JWTVerifyGetKey;
}

/**
 * An upstream's signing keys. An unknown key makes us ask once more, at most once a minute over all replicas: so an
 * unannounced roll-over heals by itself and a flood of invented key ids costs upstream one request (OIDC-RP-024).
 */
export class KeySet {
  private known: KnownKeys | undefined;
  private asking: Promise<KnownKeys> | undefined;

  constructor(
    private readonly address: () => Promise<string>,
    private readonly tools: Pick<UsersourceTools, 'fetch' | 'now' | 'memory'>,
  ) {}

  /** @throws Refusal usersource.unreachable, upstream.malformed */
  async current(): Promise<KnownKeys> {
    if (this.known && this.now() - this.known.at < FRESH_MS) return this.known;
    this.asking ??= this.refreshed().finally(() => (this.asking = undefined));
    this.known = await this.asking;
    return this.known;
  }

  /** After a signature that `used` does not explain: newer keys, if there are any to be had now. */
  async newerThan(used: KnownKeys): Promise<KnownKeys | undefined> {
    const { memory } = this.tools;
    const theirs = await this.shared();
    if (theirs && theirs.at > used.at) return (this.known = theirs);
    if (await memory.oncePer('keys', ASK_AGAIN_SECONDS)) return (this.known = await this.ask());
    return this.now() - used.at > ASK_AGAIN_SECONDS * 1_000 ? this.asAnotherReplica(used) : undefined;
  }

  /** Asks the upstream itself, and tells the other replicas. */
  async ask(): Promise<KnownKeys> {
    const known = knownFrom(readKeys(await readJson(this.tools.fetch, await this.address())), this.now());
    const { at, keys } = known;
    await this.tools.memory.write('keys', JSON.stringify({ at, keys }), LAST_GOOD_SECONDS);
    return known;
  }

  private async refreshed(): Promise<KnownKeys> {
    const theirs = await this.shared();
    const last = theirs && this.known ? (theirs.at > this.known.at ? theirs : this.known) : (theirs ?? this.known);
    if (last && this.now() - last.at < FRESH_MS) return last;
    const mayServe = last && this.now() - last.at < LAST_GOOD_SECONDS * 1_000;
    if (mayServe && !(await this.tools.memory.oncePer('keys', ASK_AGAIN_SECONDS))) return last;
    try {
      return await this.ask();
    } catch (error) {
      const down = error instanceof Refusal && error.code === 'usersource.unreachable';
      if (down && mayServe) return last;
      throw error;
    }
  }

  /** Another replica is asking at this moment: nobody is turned away because they came a moment too early. */
  private async asAnotherReplica(used: KnownKeys): Promise<KnownKeys | undefined> {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      const theirs = await this.shared();
      if (theirs && theirs.at > used.at) return (this.known = theirs);
    }
    return undefined;
  }

  private async shared(): Promise<KnownKeys | undefined> {
    const text = await this.tools.memory.read('keys');
    if (text === undefined) return undefined;
    try {
      const { at, keys } = shared.parse(JSON.parse(text));
      return at === this.known?.at ? this.known : knownFrom(keys, at);
    } catch {
      return undefined;
    }
  }

  private now(): number {
    return this.tools.now().getTime();
  }
}

function readKeys(value: unknown): PublicKey[] {
  const parsed = jwkSet.safeParse(value);
  if (!parsed.success) throw new Refusal('upstream.malformed', 'the key set does not fit');
  if (parsed.data.keys.length > MAX_KEYS) throw new Refusal('upstream.malformed', 'more keys than anybody has');
  // Keys of kinds we do not know are somebody else's (RFC 7517 section 5).
  const keys = parsed.data.keys.flatMap((key) => jwk.safeParse(key).data ?? []).filter(isOfUse);
  if (keys.length === 0) throw new Refusal('upstream.malformed', 'the key set has no key to check signatures with');
  return keys;
}

function isOfUse({ kty, use, n, key_ops }: PublicKey): boolean {
  if (use !== undefined && use !== 'sig') return false;
  if (key_ops && !key_ops.includes('verify')) return false;
  if (kty !== 'RSA') return true;
  const bits = Buffer.from(n ?? '', 'base64url').length * 8;
  return bits >= RSA_BITS.least && bits <= RSA_BITS.most;
}

function knownFrom(keys: PublicKey[], at: number): KnownKeys {
  return { at, keys, get: createLocalJWKSet({ keys: keys.map(({ issuer: _, ...key }): JWK => defined(key)) }) };
}

const defined = (key: Record<string, unknown> & { kty: string }): JWK => {
  const entries = Object.entries(key).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(entries), kty: key.kty };
};
