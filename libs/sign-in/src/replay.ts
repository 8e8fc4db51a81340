import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Clock, Redis } from '@passbroker/platform';

/**
 * Messages that may be used once. The claim is one atomic `SET NX PX` shared by all replicas, made before
 * any session is written: of 100 parallel posts exactly one gets `true`.
 */
export class ReplayGuard {
  constructor(
    private readonly redis: Redis,
    private readonly now: Clock,
  ) {}

  /** @param until the message itself is refused from then on, so the claim need not be remembered longer. */
  async claim(usersource: string, messageKey: string, until: Date): Promise<boolean> {
    const lifetime = Math.max(1_000, until.getTime() - this.now().getTime());
    return (await this.redis.set(replayKey(usersource, messageKey), '1', 'PX', lifetime, 'NX')) === 'OK';
  }

  /** Gives a claim back, when our own stores failed before anything came of it: the message may be used after all. */
  async release(usersource: string, messageKey: string): Promise<void> {
    await this.redis.del(replayKey(usersource, messageKey));
  }

  /** What became of the first use, readable only by the browser that made it (see `sealFor`). */
  async leaveResult(usersource: string, messageKey: string, binding: string, result: string): Promise<void> {
    const value = sealFor(binding, result);
    await this.redis.set(`${replayKey(usersource, messageKey)}:result`, value, 'EX', KIND_SECONDS);
  }

  /**
   * A double click sends the same message twice and the browser drops the first answer. The same browser,
   * within seconds, is given the result of its own first use again; anybody else learns nothing.
   */
  async ownResult(usersource: string, messageKey: string, binding: string): Promise<string | undefined> {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      const value = await this.redis.get(`${replayKey(usersource, messageKey)}:result`);
      if (value !== null) return openFor(binding, value);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return undefined;
  }
}

const KIND_SECONDS = 10;

const replayKey = (usersource: string, messageKey: string): string =>
  `replay:${usersource}:${createHash('sha256').update(messageKey).digest('base64url')}`;

const keyFor = (binding: string): Buffer =>
  Buffer.from(hkdfSync('sha256', binding, 'passbroker', 'first use of a message', 32));

function sealFor(binding: string, text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', keyFor(binding), iv);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
}

function openFor(binding: string, sealed: string): string | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  try {
    const decipher = createDecipheriv('aes-256-gcm', keyFor(binding), bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAuthTag(bytes.subarray(12, 28));
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}
