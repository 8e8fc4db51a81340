import type { AuditTrail } from '@passbroker/bus';
import type { Logger } from '@passbroker/platform';
import type { AuditEvents } from './audit-events.js';

/** Small enough that no statement holds the table for long. */
const BATCH = 5_000;
/** One look deletes no more; the next one, an hour later, goes on. */
const MOST_BATCHES = 200;

/** Lets audit events go when they are old enough. Whichever replica comes first does it. */
export class AuditRetention {
  constructor(
    private readonly parts: {
      events: Pick<AuditEvents, 'prune'>;
      /** How long events are kept; undefined: for ever. */
      days: number | undefined;
      audit: Pick<AuditTrail, 'record'>;
      log: Logger;
    },
  ) {}

  /** Call it now and then. */
  async run(): Promise<number> {
    const { events, days, audit, log } = this.parts;
    if (days === undefined) return 0;
    let gone = 0;
    for (let batch = 0; batch < MOST_BATCHES; batch += 1) {
      const deleted = await events.prune(days, BATCH);
      gone += deleted;
      if (deleted < BATCH) break;
    }
    if (gone === 0) return 0;
    log.info({ events: gone, days }, 'old audit events deleted');
    // That something is missing stands where it is missing.
    audit.record({
      action: 'audit_events.deleted',
      outcome: { result: 'ok', code: 'ok' },
      actor: { type: 'system' },
      targets: [],
      context: { service: 'admin' },
      detail: `${gone} events older than ${days} days`,
    });
    return gone;
  }
}
