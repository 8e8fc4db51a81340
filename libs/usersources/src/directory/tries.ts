import { createHash, randomBytes } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import type { SharedMemory } from '../usersource.js';

export interface Lockout {
  /** Wrong passwords after which the directory locks an account; 0: it never does. */
  threshold: number;
  /** How long it remembers them. */
  windowSec: number;
}

/**
 * Stops before the directory does: whoever could make us send enough wrong passwords would lock anybody out of all
 * that the directory opens. Counted by account, because one has several names, over all replicas and addresses. The
 * last try but one is left to browsers that have signed this name in before, or strangers could still keep its
 * owner out (PWD-005).
 */
export class Tries {
  constructor(
    private readonly memory: SharedMemory,
    private readonly lockout: Lockout,
  ) {}

  /** Takes one of the tries before the password is sent (PWD-009). @throws Refusal password.throttled */
  async take(account: string, knownDevice: boolean): Promise<void> {
    const { threshold, windowSec } = this.lockout;
    if (threshold === 0) return;
    const limit = threshold - 1;
    const allowed = knownDevice || limit < 2 ? limit : limit - 1;
    const epoch = await this.#epoch(account);
    for (let number = 0; number < allowed; number++) {
      if (await this.memory.oncePer(`try:${account}:${epoch}:${number}`, windowSec)) return;
    }
    throw new Refusal('password.throttled', 'one wrong password more could lock this account in the directory');
  }

  /** The password was right: the directory begins to count anew, and so do we. */
  async forgive(account: string): Promise<void> {
    if (this.lockout.threshold === 0) return;
    await this.memory.write(`tries:${account}`, randomBytes(6).toString('base64url'), this.lockout.windowSec);
  }

  async #epoch(account: string): Promise<string> {
    return (await this.memory.read(`tries:${account}`)) ?? '';
  }
}

/** Short, and nobody's name: the shared memory holds no names. */
export const triesOf = (subject: string): string =>
  createHash('sha256').update(subject).digest('base64url').slice(0, 22);
