import type { MigrationInterface, QueryRunner } from 'typeorm';

const OF_ACCOUNT = (table: string) =>
  `text not null constraint ${table}__account references catalog.account (id) on delete cascade`;

const TABLES = [
  // `last_step` is the time step of the last code that was taken: each code counts once, on all replicas.
  `create table catalog.totp (
     account ${OF_ACCOUNT('totp')} primary key,
     sealed text not null,
     last_step bigint not null,
     created_at timestamptz(3) not null)`,
  `create table catalog.passkey (
     id text primary key,
     account ${OF_ACCOUNT('passkey')},
     rp_id text not null,
     public_key text not null,
     counter bigint not null,
     transports jsonb not null,
     synced boolean not null,
     label text not null,
     created_at timestamptz(3) not null,
     last_used_at timestamptz(3))`,
  `create index passkey_of on catalog.passkey (account)`,
  `create table catalog.recovery_code (
     account ${OF_ACCOUNT('recovery_code')},
     hash text not null,
     used_at timestamptz(3),
     primary key (account, hash))`,
];

/** Only the gateway reads them. An admin can take them away, for somebody who lost their phone, and see none. */
const GRANTS = [
  `grant select, insert, update, delete on catalog.totp, catalog.passkey, catalog.recovery_code to passbroker_gateway`,
  ...['totp', 'passkey', 'recovery_code'].flatMap((table) => [
    `grant delete on catalog.${table} to passbroker_admin`,
    `grant select (account) on catalog.${table} to passbroker_admin`,
  ]),
];

export class SecondFactors1764100000000 implements MigrationInterface {
  readonly name = 'SecondFactors1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...GRANTS]) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table catalog.recovery_code, catalog.passkey, catalog.totp');
  }
}
