import { isDeepStrictEqual } from 'node:util';
import type { AuditTrail } from '@passbroker/bus';
import {
  WriteConflict,
  type CatalogWriter,
  type NewPendingChange,
  type PendingChange,
  type PendingChanges,
} from '@passbroker/catalog';
import type { Clock, Logger } from '@passbroker/platform';
import { Problem } from '../http/problem.js';
import type { Turns } from '../records/turns.js';

/** How long a risky change is live before somebody must have shown that they still get in. */
const CONFIRM_MS = 10 * 60_000;

interface Parts {
  changes: PendingChanges;
  usersources: CatalogWriter['usersources'];
  turns: Turns;
  now: Clock;
  audit: Pick<AuditTrail, 'record'>;
  log: Logger;
}

/**
 * Commit-confirm. A change that may lock the admins out is live at once, and is taken back by whichever admin
 * process is alive, unless an admin has signed in the new way by then. Everything here but `sweep` runs in a turn.
 */
export class ChangesDesk {
  constructor(private readonly parts: Parts) {}

  /** What a change that needs it would have to be confirmed by, and until when. */
  deadline(): { at: Date; until: Date } {
    const at = this.parts.now();
    return { at, until: new Date(at.getTime() + CONFIRM_MS) };
  }

  /** The one that waits now. One whose time is over is taken back first, one that was undone by hand is over. */
  async waiting(): Promise<PendingChange | undefined> {
    const { changes, now } = this.parts;
    const found = await changes.waiting();
    if (!found) return undefined;
    if (found.until <= now()) {
      await this.#rollBack();
      return undefined;
    }
    if (!(await this.#isUndone(found))) return found;
    await changes.withdraw(found.id, now());
    return undefined;
  }

  /** @throws Problem confirmation.pending */
  async mustBeFree(): Promise<void> {
    const found = await this.waiting();
    if (found) throw pending(found);
  }

  /** @throws Problem confirmation.pending, when the waiting change could not be taken back without this usersource */
  async mustNotNeed(usersource: string): Promise<void> {
    const found = await this.waiting();
    const was = found && Object.hasOwn(found.before, usersource) ? found.before[usersource] : undefined;
    if (found && was && !mayGo(was)) throw pending(found);
  }

  /** Before the change itself is written: should the process die in between, there is nothing to take back. */
  async begin(change: NewPendingChange): Promise<PendingChange> {
    try {
      return await this.parts.changes.begin(change);
    } catch (error) {
      if (error instanceof WriteConflict) throw new Problem('confirmation.pending');
      throw error;
    }
  }

  withdraw(id: string): Promise<void> {
    return this.parts.changes.withdraw(id, this.parts.now());
  }

  /** Now and then: takes back what nobody confirmed. */
  async sweep(): Promise<void> {
    const due = await this.parts.changes.waiting();
    if (!due || due.until > this.parts.now()) return;
    await this.parts.turns.take(() => this.#rollBack());
  }

  async #rollBack(): Promise<void> {
    const { changes, now, audit, log } = this.parts;
    const done = await changes.rollBack(now());
    if (!done) return;
    const usersources = Object.keys(done.before);
    log.warn({ change: done.id, usersources, actor: done.actor }, 'a change was not confirmed and is taken back');
    audit.record({
      action: 'change.rolled_back',
      outcome: { result: 'failed', code: 'confirmation.missing' },
      actor: { type: 'system' },
      targets: [{ type: 'change', id: done.id }, ...usersources.map((id) => ({ type: 'usersource', id }))],
      context: { service: 'admin' },
      detail: `no admin signed in through ${done.ways.join(' or ')} by ${done.until.toISOString()}`,
    });
  }

  async #isUndone({ before }: PendingChange): Promise<boolean> {
    const states = await Promise.all(
      Object.entries(before).map(async ([slug, was]) => {
        const record = await this.parts.usersources.get(slug);
        if (!record) return mayGo(was);
        return Object.entries(was.members).every(([name, value]) =>
          isDeepStrictEqual(Reflect.get(record, name), value),
        );
      }),
    );
    return states.every(Boolean);
  }
}

/** What was off is not missed when it is gone. */
const mayGo = ({ members }: PendingChange['before'][string]): boolean => members.enabled === false;

const pending = ({ id, until, ways }: PendingChange): Problem =>
  new Problem(
    'confirmation.pending',
    `${id} waits until ${until.toISOString()} for an admin to sign in through ${ways.join(' or ')}`,
  );
