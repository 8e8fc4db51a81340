import { timingSafeEqual } from 'node:crypto';
import type { CatalogWriter } from '@passbroker/catalog';
import type { Clock, Logger } from '@passbroker/platform';
import type { Caller } from './caller.js';
import { isTokenText, tokenHash } from './token-text.js';

const USE_NOTED_EVERY_MS = 60_000;
const MOST_NOTED = 1_000;

/** Who a bearer token belongs to. Holds the bootstrap token only as a hash. */
export class TokenCheck {
  readonly #bootstrap: Buffer | undefined;
  readonly #noted = new Map<string, number>();

  constructor(
    private readonly parts: {
      tokens: Pick<CatalogWriter, 'apiTokenByHash' | 'tokenUsed'>;
      /** ADMIN_TOKEN: may do everything, for the time before there are other tokens. */
      bootstrap: string | undefined;
      now: Clock;
      log: Logger;
    },
  ) {
    this.#bootstrap = parts.bootstrap === undefined ? undefined : Buffer.from(tokenHash(parts.bootstrap));
  }

  async callerOf(token: string): Promise<Caller | undefined> {
    const hash = tokenHash(token);
    if (this.#bootstrap && timingSafeEqual(Buffer.from(hash), this.#bootstrap))
      return { id: 'bootstrap', scopes: ['*'] };
    if (!isTokenText(token)) return undefined;
    const found = await this.parts.tokens.apiTokenByHash(hash);
    const now = this.parts.now();
    if (!found || (found.expiresAt && found.expiresAt <= now)) return undefined;
    this.#noteUse(found.id, now);
    return { id: found.id, scopes: found.scopes };
  }

  /** At most once a minute per token, and never in the way of the answer. */
  #noteUse(id: string, now: Date): void {
    if (now.getTime() - (this.#noted.get(id) ?? -Infinity) < USE_NOTED_EVERY_MS) return;
    if (this.#noted.size >= MOST_NOTED) this.#noted.clear();
    this.#noted.set(id, now.getTime());
    this.parts.tokens.tokenUsed(id, now).catch((error: unknown) => {
      this.parts.log.warn({ err: error instanceof Error ? error.message : String(error) }, 'last use not noted');
    });
  }
}
