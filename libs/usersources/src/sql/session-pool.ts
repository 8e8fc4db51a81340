import { Refusal } from '@passbroker/model';
import { LIMITS, type Limits, type OpenSession, type Session } from './session.js';

interface Kept {
  session: Session;
  born: number;
  idleSince: number;
}

interface Waiter {
  go: (kept: Kept | undefined) => void;
  late: NodeJS.Timeout;
}

/**
 * A few connections of one usersource's own: a slow database uses up these and nobody else's (SQL-015). A session that
 * failed or was late is closed, never given to the next person.
 */
export class SessionPool {
  private readonly idle: Kept[] = [];
  private readonly waiting: Waiter[] = [];
  private taken = 0;
  private closed = false;
  private sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly open: OpenSession,
    private readonly limits: Limits = LIMITS,
  ) {}

  /** @throws Refusal usersource.busy when none is free in time; whatever `open` and `work` throw */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const kept = await this.take();
    let usable = false;
    try {
      const result = await inTime(work(kept.session), this.limits.answerMs, 'the database did not answer in time');
      usable = true;
      return result;
    } finally {
      this.giveBack(kept, usable);
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.sweep);
    for (const { session } of this.idle.splice(0)) session.close();
    for (const { go, late } of this.waiting.splice(0)) {
      clearTimeout(late);
      go(undefined);
    }
  }

  private async take(): Promise<Kept> {
    const fresh = this.freshest();
    if (fresh) return fresh;
    if (this.taken < this.limits.connections) {
      this.taken += 1;
      return this.connect();
    }
    if (this.waiting.length >= this.limits.waiting) throw busy(this.taken);
    return new Promise<Kept>((resolve, reject) => {
      const waiter: Waiter = {
        go: (kept) => {
          if (kept) resolve(kept);
          else if (this.closed) reject(busy(this.taken));
          else this.connect().then(resolve, reject);
        },
        late: setTimeout(() => {
          this.waiting.splice(this.waiting.indexOf(waiter), 1);
          reject(busy(this.taken));
        }, this.limits.waitMs),
      };
      this.waiting.push(waiter);
    });
  }

  private freshest(): Kept | undefined {
    for (let kept = this.idle.pop(); kept; kept = this.idle.pop()) {
      const now = performance.now();
      if (now - kept.idleSince < this.limits.idleMs && now - kept.born < this.limits.ageMs) {
        this.taken += 1;
        return kept;
      }
      kept.session.close();
    }
    return undefined;
  }

  /** The place is taken already; it is given on if nobody could connect. */
  private async connect(): Promise<Kept> {
    const opening = this.open();
    try {
      const session = await inTime(opening, this.limits.connectMs + 1_000, 'the database did not let us in in time');
      const kept = { session, born: performance.now(), idleSince: 0 };
      session.onLost(() => {
        const index = this.idle.indexOf(kept);
        if (index >= 0) this.idle.splice(index, 1);
      });
      return kept;
    } catch (error) {
      void opening.then(
        (session) => session.close(),
        () => undefined,
      );
      this.release(undefined);
      throw error;
    }
  }

  private giveBack(kept: Kept, usable: boolean): void {
    if (usable && !this.closed) {
      kept.idleSince = performance.now();
      this.release(kept);
    } else {
      kept.session.close();
      this.release(undefined);
    }
  }

  private release(kept: Kept | undefined): void {
    const next = this.waiting.shift();
    if (next) {
      clearTimeout(next.late);
      next.go(kept);
      return;
    }
    this.taken -= 1;
    if (!kept) return;
    this.idle.push(kept);
    // Nobody tells a usersource that it is no longer needed: its connections end by themselves.
    this.sweep ??= setTimeout(() => this.closeStale(), this.limits.idleMs).unref();
  }

  private closeStale(): void {
    this.sweep = undefined;
    const now = performance.now();
    const stale = this.idle.filter(({ idleSince }) => now - idleSince >= this.limits.idleMs);
    for (const kept of stale) {
      this.idle.splice(this.idle.indexOf(kept), 1);
      kept.session.close();
    }
    if (this.idle.length > 0) this.sweep = setTimeout(() => this.closeStale(), this.limits.idleMs).unref();
  }
}

const busy = (taken: number): Refusal =>
  new Refusal('usersource.busy', `all ${taken} connections to the database are busy`);

async function inTime<T>(work: Promise<T>, ms: number, late: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Refusal('usersource.unreachable', late)), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
