/**
 * Counts calls into one usersource, so that what it keeps open is closed after the last of them and not under
 * somebody who is signing in. Whoever calls it later, having opened it before, leaves nothing open either.
 */
export class CallsUnderWay {
  #count = 0;
  #last: (() => void) | undefined;

  async run<T>(call: () => Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await call();
    } finally {
      this.#count -= 1;
      this.#end();
    }
  }

  /** Calls `last` now if nothing is under way, and again whenever a late call has ended. */
  afterwards(last: () => void): void {
    this.#last = last;
    this.#end();
  }

  #end(): void {
    if (this.#count === 0) this.#last?.();
  }
}
