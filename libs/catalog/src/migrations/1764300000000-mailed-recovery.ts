import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Off, until somebody decides that the mailboxes of the admins are as good as the admins. */
export class MailedRecovery1764300000000 implements MigrationInterface {
  readonly name = 'MailedRecovery1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table catalog.brand add column recovery jsonb not null default '{"mailLink":"off"}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table catalog.brand drop column recovery');
  }
}
