import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Nobody can register one of these, so nobody can be robbed of one, and no record outside could prove anything
 * (RFC 2606, 6761, 6762, 8375; .internal by ICANN's word of 2024): they are whoever's network it is.
 */
const NOBODYS = String.raw`(^|\.)(test|example|invalid|localhost|local|internal|home\.arpa|example\.(com|net|org))$`;

const STATEMENTS = [
  `create table catalog.domain (
     id text primary key,
     name text not null constraint domain__name unique check (name = lower(name) and name <> ''),
     token text not null,
     verified_at timestamptz(3),
     revision integer not null default 1,
     created_at timestamptz(3) not null default now(),
     updated_at timestamptz(3) not null default now())`,
  `create index domain_page on catalog.domain (created_at, id)`,
  // Exact: who owns acme.test was not asked about shop.acme.test (I8).
  `create function catalog.is_own_domain(asked text) returns boolean language sql stable as
     $$ select lower(asked) ~ '${NOBODYS}'
          or exists (select from catalog.domain d where d.name = lower(asked) and d.verified_at is not null) $$`,
  `grant select, insert, update, delete on catalog.domain to passbroker_admin`,
  `grant select (name, verified_at) on catalog.domain to passbroker_gateway`,
];

/** Mail domains, and which of them were shown to be the operator's own. */
export class Domains1764700000000 implements MigrationInterface {
  readonly name = 'Domains1764700000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function catalog.is_own_domain(text)');
    await runner.query('drop table catalog.domain');
  }
}
