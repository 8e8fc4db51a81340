import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { from, type Observable } from 'rxjs';
import { lastValueFrom } from 'rxjs';
import { z } from 'zod';
import type { Clock, ServiceIdentity } from '@passbroker/platform';
import type { Answer } from './answer.js';
import { askOf, type Ask } from './ask.js';
import { isDryRun } from './dry-run.js';
import { Problem } from './problem.js';

export interface KeptAnswer {
  bodyHash: string;
  /** Absent while the first request is still at work. */
  sealed?: string;
}

/** Where answers are kept for a day. */
export interface AnswerStore {
  /** True when the key is now ours; whatever is older than `forgetBefore`, or unanswered since `abandonedBefore`, yields. */
  claim(key: string, route: string, bodyHash: string, times: Times): Promise<true | KeptAnswer>;
  keep(key: string, route: string, status: number, sealed: string): Promise<void>;
  release(key: string, route: string): Promise<void>;
}

export interface Times {
  now: Date;
  forgetBefore: Date;
  abandonedBefore: Date;
}

const DAY_MS = 86_400_000;
/** Longer than any request lives. */
const ABANDONED_MS = 60_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

const answerShape = z.object({
  status: z.number(),
  headers: z.record(z.string(), z.string()).optional(),
  body: z.unknown(),
});

/**
 * A POST that is sent again with the same Idempotency-Key is answered again and done once.
 *
 * An answer can hold a secret that is shown once. So it is kept encrypted under a key that takes both our own
 * secret and the caller's Idempotency-Key, of which only a hash is stored: who reads the table reads nothing.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor<Answer, Answer> {
  readonly #secret: Buffer;

  constructor(
    identity: ServiceIdentity,
    private readonly store: AnswerStore,
    private readonly now: Clock,
  ) {
    this.#secret = identity.derive('idempotency', 32);
  }

  intercept(context: ExecutionContext, next: CallHandler<Answer>): Observable<Answer> {
    const ask = askOf(context);
    const key = ask.headers['idempotency-key'];
    if (ask.method !== 'POST' || key === undefined || isDryRun(ask)) return next.handle();
    if (typeof key !== 'string' || !KEY.test(key)) {
      throw new Problem('request.malformed', 'Idempotency-Key is 1 to 255 visible characters');
    }
    return from(this.#once(ask, key, () => lastValueFrom(next.handle())));
  }

  async #once(ask: Ask, key: string, work: () => Promise<Answer>): Promise<Answer> {
    const name = this.#mac('name', ask.caller.id, key);
    const route = `${ask.method} ${ask.path}`;
    const bodyHash = this.#mac('body', JSON.stringify([ask.query, ask.body]), '');
    const now = this.now();
    const kept = await this.store.claim(name, route, bodyHash, {
      now,
      forgetBefore: new Date(now.getTime() - DAY_MS),
      abandonedBefore: new Date(now.getTime() - ABANDONED_MS),
    });
    if (kept !== true) return this.#again(kept, bodyHash, ask, key);
    try {
      const answer = await work();
      await this.store.keep(name, route, answer.status, this.#seal(answer, ask, key));
      return answer;
    } catch (error) {
      // What failed may be tried again with the same key.
      await this.store.release(name, route);
      throw error;
    }
  }

  #again(kept: KeptAnswer, bodyHash: string, ask: Ask, key: string): Answer {
    if (kept.bodyHash !== bodyHash) throw new Problem('idempotency.mismatch');
    if (kept.sealed === undefined) {
      throw new Problem('idempotency.in_progress', undefined, { headers: { 'retry-after': '1' } });
    }
    const answer = this.#open(kept.sealed, ask, key);
    return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } };
  }

  #mac(purpose: string, first: string, second: string): string {
    return createHmac('sha256', this.#secret).update(`${purpose}\n${first}\n${second}`).digest('base64url');
  }

  #cipherKey(ask: Ask, key: string): Buffer {
    return Buffer.from(hkdfSync('sha256', key, this.#secret, `answer\n${ask.caller.id}\n${ask.path}`, 32));
  }

  #seal(answer: Answer, ask: Ask, key: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#cipherKey(ask, key), nonce);
    const text = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
  }

  #open(sealed: string, ask: Ask, key: string): Answer {
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', this.#cipherKey(ask, key), bytes.subarray(0, 12));
    decipher.setAuthTag(bytes.subarray(12, 28));
    const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    return answerShape.parse(JSON.parse(text));
  }
}
