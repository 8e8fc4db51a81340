import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Audit events may grow old enough to go. Nobody is granted DELETE: the only way is this function, which runs as the
 * owner, one replica at a time, and spares whatever is younger than 30 days whoever asks. A trigger on each row says
 * the same to the owner.
 */
const UP = [
  'drop trigger append_only on catalog.audit_event',
  `create trigger append_only before update or truncate on catalog.audit_event
     for each statement execute function catalog.audit_is_append_only()`,
  `create function catalog.audit_event_stays() returns trigger language plpgsql as
     $$ begin
          if old.at < now() - interval '30 days' and current_setting('passbroker.pruning_audit', true) = 'on' then
            return old;
          end if;
          raise exception 'the audit is append-only' using errcode = 'insufficient_privilege';
        end $$`,
  `create trigger stays before delete on catalog.audit_event
     for each row execute function catalog.audit_event_stays()`,
  `create function catalog.prune_audit_events(kept_days integer, most integer) returns integer
     language plpgsql security definer set search_path = pg_catalog as
     $$ declare gone integer;
        begin
          if kept_days is null or kept_days < 30 then
            raise exception 'audit events are kept for 30 days at least' using errcode = 'invalid_parameter_value';
          end if;
          if not pg_try_advisory_xact_lock(7277428) then return 0; end if;
          perform set_config('passbroker.pruning_audit', 'on', true);
          delete from catalog.audit_event where id in (
            select id from catalog.audit_event where at < now() - make_interval(days => kept_days) order by at, id limit most);
          get diagnostics gone = row_count;
          perform set_config('passbroker.pruning_audit', 'off', true);
          return gone;
        end $$`,
  'revoke execute on function catalog.prune_audit_events(integer, integer) from public',
  'grant execute on function catalog.prune_audit_events(integer, integer) to passbroker_admin',
];

const DOWN = [
  'drop function catalog.prune_audit_events(integer, integer)',
  'drop trigger stays on catalog.audit_event',
  'drop function catalog.audit_event_stays()',
  'drop trigger append_only on catalog.audit_event',
  `create trigger append_only before update or delete or truncate on catalog.audit_event
     for each statement execute function catalog.audit_is_append_only()`,
];

export class AuditRetention1764450000000 implements MigrationInterface {
  readonly name = 'AuditRetention1764450000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await runner.query(statement);
  }
}
