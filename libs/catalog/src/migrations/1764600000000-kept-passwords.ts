import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Goes with the link it belongs to, and so with the account and with the usersource. Only the gateway reads it. */
export class KeptPasswords1764600000000 implements MigrationInterface {
  readonly name = 'KeptPasswords1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `create table catalog.kept_password (
         usersource text not null,
         subject text not null,
         hash text not null,
         kept_at timestamptz(3) not null default now(),
         primary key (usersource, subject),
         constraint kept_password__link foreign key (usersource, subject)
           references catalog.link (usersource, subject) on delete cascade)`,
    );
    await runner.query('grant select, insert, update, delete on catalog.kept_password to passbroker_gateway');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table catalog.kept_password');
  }
}
