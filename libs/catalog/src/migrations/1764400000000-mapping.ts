import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The minter needs to know none of it and may read none of it; `groups` are those that a link has given its account. */
export class Mapping1764400000000 implements MigrationInterface {
  readonly name = 'Mapping1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table catalog.usersource
         add column mapping jsonb not null default '{"attributes":{}}',
         add column filter text,
         add column sync text not null default 'every' constraint usersource__sync check (sync in ('create', 'every'))`,
    );
    await runner.query(`alter table catalog.link add column groups jsonb not null default '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table catalog.usersource drop column mapping, drop column filter, drop column sync');
    await runner.query('alter table catalog.link drop column groups');
  }
}
