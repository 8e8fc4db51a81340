import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  // One link per admin: a new one takes the old one's place.
  `create table catalog.recovery_link (
     account text primary key constraint recovery_link__account references catalog.account (id) on delete cascade,
     hash text not null constraint recovery_link__hash unique,
     expires_at timestamptz(3) not null)`,
  // `ways` and `before` go by the slugs of usersources. `before` may hold settings, whose secrets are sealed.
  `create table catalog.pending_change (
     id text primary key,
     at timestamptz(3) not null,
     until timestamptz(3) not null,
     actor text not null,
     ways jsonb not null,
     before jsonb not null,
     state text not null default 'waiting'
       check (state in ('waiting', 'confirmed', 'withdrawn', 'rolled_back')),
     decided_at timestamptz(3),
     decided_by text)`,
  // Two at once could be rolled back in the wrong order.
  `create unique index pending_change__waiting on catalog.pending_change (state) where state = 'waiting'`,
  `create index pending_change_page on catalog.pending_change (at)`,
];

/** The command on the host makes links with the admin's rights; the gateway can use one up and make none. */
const GRANTS = [
  `grant insert, update (hash, expires_at) on catalog.recovery_link to passbroker_admin`,
  `grant select (account) on catalog.recovery_link to passbroker_admin`,
  `grant select, delete on catalog.recovery_link to passbroker_gateway`,
  `grant select, insert, update, delete on catalog.pending_change to passbroker_admin`,
  `grant select (id, at, until, ways, state), update (state, decided_at, decided_by) on catalog.pending_change
     to passbroker_gateway`,
];

export class NeverLockedOut1764200000000 implements MigrationInterface {
  readonly name = 'NeverLockedOut1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...GRANTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table catalog.pending_change, catalog.recovery_link');
  }
}
