import type { AuditTrail, Questions } from '@passbroker/bus';
import {
  PostgresPendingChanges,
  type Announce,
  type CatalogReader,
  type CatalogWriter,
  type PendingChanges,
} from '@passbroker/catalog';
import type { Clock, Logger, ServiceIdentity } from '@passbroker/platform';
import type { DataSource } from 'typeorm';
import { PostgresAuditEvents } from './audit-events/audit-events.postgres.js';
import type { TxtRecords } from './domains/txt-records.js';
import type { AuditEvents } from './audit-events/audit-events.js';
import { PostgresAnswerStore } from './http/answer-store.postgres.js';
import type { AnswerStore } from './http/idempotency.js';
import { PostgresTurns, type Turns } from './records/turns.js';
import type { ReadHealth } from './usersources/usersource.kind.js';
import type { SettingsType } from './records/settings-desk.js';

/** What the admin API keeps in Postgres besides the catalog. */
export interface AdminStores {
  auditEvents: AuditEvents;
  answers: AnswerStore;
  turns: Turns;
  changes: PendingChanges;
}

export const postgresStores = (dataSource: DataSource, announce: Announce): AdminStores => ({
  auditEvents: new PostgresAuditEvents(dataSource),
  answers: new PostgresAnswerStore(dataSource),
  turns: new PostgresTurns(dataSource),
  changes: new PostgresPendingChanges(dataSource, announce),
});

/** Everything the world gives the admin API. Tests give two replicas one Postgres, and a clock. */
export interface AdminParts {
  now: Clock;
  log: Logger;
  identity: ServiceIdentity;
  catalog: Pick<CatalogReader, 'serviceKeys' | 'ping'>;
  writer: CatalogWriter;
  stores: AdminStores;
  audit: Pick<AuditTrail, 'record'>;
  questions: Pick<Questions, 'ask'>;
  /** Left out: nothing is known of any usersource. */
  health?: ReadHealth;
  /** Left out: the resolvers of the machine. */
  txtRecords?: TxtRecords;
  /** ADMIN_TOKEN, when there is one. */
  bootstrapToken: string | undefined;
  /** Whether an address is a proxy of ours, whose forwarded headers are believed. */
  trusted: (address: string | undefined) => boolean;
  /** Of Redis, for /health/ready. */
  ping?: () => Promise<unknown>;
  /** Left out: the real types. Tests bring their own. */
  usersourceTypes?: (type: string) => SettingsType | undefined;
  protocolTypes?: (protocol: string) => SettingsType | undefined;
}
