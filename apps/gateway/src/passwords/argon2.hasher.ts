import { availableParallelism } from 'node:os';
import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { Refusal } from '@passbroker/model';
import type { PasswordHasher } from '@passbroker/usersources';

/** OWASP's first choice: argon2id (the package's default), 19 MiB, two passes, one lane. */
const TODAY = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const TODAY_PREFIX = '$argon2id$v=19$m=19456,t=2,p=1$';

/**
 * argon2id in the thread pool: as many at once as there are cores, a short queue, and then an honest "busy"
 * (PWD-011). A queue without end would answer everybody too late, and the health check as well.
 */
export class Argon2Hasher implements PasswordHasher {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private decoy: Promise<string> | undefined;

  constructor(
    private readonly atOnce = availableParallelism(),
    private readonly queue = atOnce * 32,
  ) {}

  verify(encoded: string, password: string): Promise<boolean> {
    // A hash nobody can read is nobody's password.
    return this.inTurn(() => verify(encoded, password).catch(() => false));
  }

  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, TODAY));
  }

  needsRehash(encoded: string): boolean {
    return !encoded.startsWith(TODAY_PREFIX);
  }

  async waste(password: string): Promise<void> {
    this.decoy ??= hash(randomBytes(24), TODAY);
    const decoy = await this.decoy;
    await this.inTurn(() => verify(decoy, password));
  }

  /** Makes the decoy ahead of time: the first unknown name must not take twice as long as the second. */
  async warmUp(): Promise<void> {
    await this.waste('');
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.atOnce) {
      if (this.waiting.length >= this.queue) {
        throw new Refusal('password.busy', `${this.waiting.length} password checks are waiting already`);
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      // The place is handed on, not given back and fought for.
      if (next) next();
      else this.running -= 1;
    }
  }
}
