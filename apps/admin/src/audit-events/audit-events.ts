import type { AuditEvent } from '@passbroker/model';
import type { Page, PageAsk } from '@passbroker/catalog';

export interface AuditFilter {
  action?: string;
  result?: AuditEvent['outcome']['result'];
  code?: string;
  reference?: string;
  since?: Date;
  until?: Date;
}

/** The audit at rest. Newest first: who looks, looks for what just happened. */
export interface AuditEvents {
  /** Idempotent by id, for the stream delivers at least once. */
  store(events: readonly AuditEvent[]): Promise<void>;
  list(page: PageAsk, filter: AuditFilter): Promise<Page<AuditEvent>>;
  get(id: string): Promise<AuditEvent | undefined>;
  /** Deletes events older than `days`, 30 at least, and no more than `most`. Answers how many; one replica at a time. */
  prune(days: number, most: number): Promise<number>;
}
