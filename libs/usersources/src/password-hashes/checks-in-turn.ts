import { availableParallelism } from 'node:os';
import { Refusal } from '@passbroker/model';

/**
 * Checks of passwords, as many at once as there are cores, a short queue, and then an honest "busy" (PWD-011): a
 * stranger's wrong names cost a check each as well.
 */
export class ChecksInTurn {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce = availableParallelism(),
    private readonly queue = atOnce * 32,
  ) {}

  /** @throws Refusal password.busy */
  async run<T>(check: () => Promise<T>): Promise<T> {
    if (this.running < this.atOnce) this.running += 1;
    else {
      if (this.waiting.length >= this.queue) {
        throw new Refusal('password.busy', `${this.waiting.length} password checks are waiting already`);
      }
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    try {
      return await check();
    } finally {
      const next = this.waiting.shift();
      // The place is handed on, not given back and fought for.
      if (next) next();
      else this.running -= 1;
    }
  }
}
