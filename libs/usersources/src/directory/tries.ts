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
 * that the directory opens. Counted over all replicas and addresses, in two books. One is by name as typed, whether
 * or not somebody has it, and says openly that it is full. The other is by account, because an account has several
 * names; when that is full, people see a wrong password, or two names of one account would give each other away.
 *
 * Where there is room for it, the last try is left to browsers that have signed this name in before, or strangers
 * could keep its owner out (PWD-005).
 */
export class Tries {
  constructor(
    private readonly memory: SharedMemory,
    private readonly lockout: Lockout,
  ) {}

  /** @throws Refusal password.throttled */
  async takeForName(name: string, knownDevice: boolean): Promise<void> {
    if (await this.#take(bookOf('name', name), knownDevice)) return;
    throw new Refusal('password.throttled', 'the directory would lock an account after a few tries more');
  }

  /** Before the password is sent (PWD-009). @throws Refusal password.wrong */
  async takeForAccount(subject: string, knownDevice: boolean): Promise<void> {
    if (await this.#take(bookOf('account', subject), knownDevice)) return;
    throw new Refusal('password.wrong', 'not asked: one wrong password more could lock the account in the directory');
  }

  /** The password was right: the directory begins to count anew, and so do we. */
  async forgive(name: string, subject: string): Promise<void> {
    if (this.lockout.threshold === 0) return;
    for (const book of [bookOf('name', name), bookOf('account', subject)]) {
      await this.memory.write(book, randomBytes(6).toString('base64url'), this.lockout.windowSec);
    }
  }

  async #take(book: string, knownDevice: boolean): Promise<boolean> {
    const { threshold, windowSec } = this.lockout;
    if (threshold === 0) return true;
    const limit = threshold - 1;
    const allowed = knownDevice || limit < 3 ? limit : limit - 1;
    const page = (await this.memory.read(book)) ?? '';
    for (let number = 0; number < allowed; number++) {
      if (await this.memory.oncePer(`${book}:${page}:${number}`, windowSec)) return true;
    }
    return false;
  }
}

/** Short, and nobody's name: the shared memory holds no names. */
function bookOf(kind: 'name' | 'account', whose: string): string {
  const folded = whose.normalize('NFC').toLowerCase();
  return `tries:${kind}:${createHash('sha256').update(folded).digest('base64url').slice(0, 22)}`;
}
