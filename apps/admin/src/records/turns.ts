import type { DataSource } from 'typeorm';
import { transaction, WAYS_IN_LOCK } from '@passbroker/catalog';

/** Takes turns: what is decided from the whole configuration must still be true when it is written. */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * One change at a time over all replicas. Two changes, each of which leaves the admins one way in, must not pass
 * each other and leave none. In this process they queue first, so that those who wait never hold the connections
 * that the one at work needs.
 */
export class PostgresTurns implements Turns {
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {}

  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(() => this.#locked(work));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  #locked<T>(work: () => Promise<T>): Promise<T> {
    // A transaction's lock: it ends with the connection, however that ends.
    return transaction(
      this.dataSource,
      async (sql) => {
        await sql('select pg_advisory_xact_lock($1)', [WAYS_IN_LOCK]);
        return work();
      },
      { commit: false },
    );
  }
}
