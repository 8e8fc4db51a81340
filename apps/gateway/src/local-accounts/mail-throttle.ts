import { createHmac } from 'node:crypto';
import type { Redis } from '@passbroker/platform';

const WINDOW_SECONDS = 3_600;
/** Letters one mailbox gets from us in an hour, whoever asks for them: enough to lose two of them. */
const PER_MAILBOX = 3;
/** Asked for from one address in an hour: an office behind one address forgets less than this. */
const PER_ADDRESS = 30;

/** Counted before anything is done, in one step (PWD-009). Only what is let through is counted on. */
const COUNT = `
local tries = redis.call('INCR', KEYS[1])
if tries == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
if tries <= tonumber(ARGV[1]) then return 0 end
return redis.call('PTTL', KEYS[1])`;

/** Nobody's mailbox is flooded through us, and nobody works through a list of addresses. */
export class MailThrottle {
  constructor(private readonly parts: { redis: Redis; key: Buffer }) {}

  /** Milliseconds this address has to wait. */
  async address(ip: string): Promise<number> {
    return this.count(`mail:address:${ip}`, PER_ADDRESS);
  }

  /** Whether this mailbox may be written to once more. Nobody is told when not: it would tell who is written to. */
  async mailbox(brand: string, purpose: string, email: string): Promise<boolean> {
    const name = createHmac('sha256', this.parts.key).update(`${brand}\0${purpose}\0${email.toLowerCase()}`);
    return (await this.count(`mail:box:${name.digest('base64url').slice(0, 22)}`, PER_MAILBOX)) === 0;
  }

  private async count(key: string, limit: number): Promise<number> {
    return Math.max(0, Number(await this.parts.redis.eval(COUNT, 1, key, limit, WINDOW_SECONDS)));
  }
}
