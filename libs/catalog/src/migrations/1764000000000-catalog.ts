import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Constraints are named `<table>__<member>`: the part after the two underscores is the member of the admin API's
 * JSON that a violation is reported on. Times have milliseconds, as a JavaScript Date does, for cursors compare them.
 */
const STAMPS = `created_at timestamptz(3) not null default now(), updated_at timestamptz(3) not null default now()`;
/** An id is never a slug, so that "id or slug" names at most one row. */
const SLUG = (table: string) =>
  `slug text not null constraint ${table}__slug unique constraint ${table}__slug_form check (slug <> '' and slug !~ '^(br|us|app|acc|tok)_')`;

const TABLES = [
  `create table catalog.brand (
     id text primary key,
     ${SLUG('brand')},
     name text not null,
     enabled boolean not null,
     is_default boolean not null default false,
     origin text check ((origin is not null) = is_default),
     guest_access boolean not null,
     registration text not null,
     audiences jsonb not null,
     bypass jsonb not null,
     looks jsonb not null,
     revision integer not null default 1,
     ${STAMPS})`,
  `create unique index brand__is_default on catalog.brand (is_default) where is_default`,
  `create index brand_page on catalog.brand (created_at, id)`,
  `create table catalog.brand_host (
     host text constraint brand_host__hosts primary key check (host = lower(host) and host <> ''),
     brand text not null constraint brand_host__brand references catalog.brand (id) on delete cascade,
     position integer not null)`,
  `create index brand_host_of on catalog.brand_host (brand)`,
  `create table catalog.usersource (
     id text primary key,
     ${SLUG('usersource')},
     type text not null,
     brand text not null constraint usersource__brand references catalog.brand (id),
     audience text not null,
     label text not null,
     enabled boolean not null,
     sso text not null,
     display text not null,
     "order" integer not null,
     hintable boolean not null,
     forward_passive boolean not null,
     slo boolean not null,
     domains jsonb not null,
     networks jsonb not null,
     jit jsonb not null,
     linking jsonb not null,
     settings jsonb not null,
     settings_version integer not null default 1,
     proven jsonb,
     revision integer not null default 1,
     ${STAMPS})`,
  // Invariant I1 where no race gets past it: at most one enabled usersource with SSO per brand and audience.
  `create unique index usersource__sso on catalog.usersource (brand, audience) where enabled and sso <> 'none'`,
  `create index usersource_of on catalog.usersource (brand, "order", id)`,
  `create index usersource_page on catalog.usersource (created_at, id)`,
  `create table catalog.application (
     id text primary key,
     ${SLUG('application')},
     protocol text not null,
     brand text not null constraint application__brand references catalog.brand (id),
     audience text not null,
     name text not null,
     enabled boolean not null,
     settings jsonb not null,
     revision integer not null default 1,
     ${STAMPS})`,
  `create index application_of on catalog.application (brand)`,
  `create index application_page on catalog.application (created_at, id)`,
  `create table catalog.account (
     id text primary key,
     audience text not null,
     admin boolean not null default false,
     username text check (username <> ''),
     name text not null,
     groups jsonb not null default '[]',
     attributes jsonb not null default '{}',
     disabled boolean not null default false,
     revision integer not null default 1,
     ${STAMPS})`,
  `create unique index account__username on catalog.account (lower(username))`,
  `create index account_admins on catalog.account (id) where admin`,
  `create index account_page on catalog.account (created_at, id)`,
  `create table catalog.account_email (
     account text not null constraint account_email__account references catalog.account (id) on delete cascade,
     position integer not null,
     value text not null check (value <> ''),
     verified boolean not null,
     primary key (account, position))`,
  `create unique index account_email__emails on catalog.account_email (lower(value))`,
  `create table catalog.credential (
     account text primary key constraint credential__account references catalog.account (id) on delete cascade,
     hash text not null)`,
  `create table catalog.link (
     usersource text not null constraint link__usersource references catalog.usersource (id) on delete cascade,
     subject text not null check (subject <> ''),
     account text not null constraint link__account references catalog.account (id) on delete cascade,
     created_by text not null,
     at timestamptz(3) not null default now(),
     constraint link__subject primary key (usersource, subject))`,
  `create index link_of on catalog.link (account)`,
  `create table catalog.api_token (
     id text primary key,
     name text not null,
     scopes jsonb not null,
     hash text not null constraint api_token__hash unique,
     expires_at timestamptz(3),
     last_used_at timestamptz(3),
     revision integer not null default 1,
     ${STAMPS})`,
  `create index api_token_page on catalog.api_token (created_at, id)`,
  `create table catalog.service_key (
     service text primary key,
     signing jsonb not null,
     sealing jsonb not null,
     at timestamptz(3) not null default now())`,
  `create table catalog.change_log (
     revision bigserial primary key,
     kind text not null,
     id text not null,
     at timestamptz(3) not null default now())`,
  `create index change_log_at on catalog.change_log (at)`,
  `create table catalog.audit_event (
     id text primary key,
     at timestamptz(3) not null,
     action text not null,
     result text not null,
     code text not null,
     reference text,
     actor jsonb,
     targets jsonb not null,
     context jsonb not null,
     detail text)`,
  `create index audit_event_page on catalog.audit_event (at, id)`,
  `create index audit_event_reference on catalog.audit_event (reference) where reference is not null`,
  `create table catalog.idempotency_key (
     key text not null,
     route text not null,
     body_hash text not null,
     status integer,
     response jsonb,
     at timestamptz(3) not null default now(),
     primary key (key, route))`,
  `create index idempotency_key_at on catalog.idempotency_key (at)`,
  `create table keys.token_key (
     kid text primary key,
     brand text not null constraint token_key__brand references catalog.brand (id) on delete cascade,
     alg text not null,
     state text not null,
     public_jwk jsonb not null,
     sealed text not null,
     created_at timestamptz(3) not null,
     activated_at timestamptz(3),
     retired_at timestamptz(3))`,
  `create index token_key_of on keys.token_key (brand)`,
];

/** The audit cannot be rewritten, not even by the login that owns the tables. */
const AUDIT_IS_APPEND_ONLY = [
  `create function catalog.audit_is_append_only() returns trigger language plpgsql as
     $$ begin raise exception 'the audit is append-only' using errcode = 'insufficient_privilege'; end $$`,
  `create trigger append_only before update or delete or truncate on catalog.audit_event
     for each statement execute function catalog.audit_is_append_only()`,
];

/** Runs as the owner, so that no service needs DELETE on the log. The newest row stays, for readers compare with it. */
const PRUNE = [
  `create function catalog.prune_change_log() returns void language sql security definer set search_path = pg_catalog as
     $$ delete from catalog.change_log
        where revision < (select max(revision) from catalog.change_log)
          and (at < now() - interval '7 days' or revision <= (select max(revision) - 100000 from catalog.change_log)) $$`,
  `revoke execute on function catalog.prune_change_log() from public`,
];

/** Everything of a usersource but its settings, which hold what is sealed to the gateway. */
const USERSOURCE_WITHOUT_SETTINGS = `id, slug, type, brand, audience, label, enabled, sso, display, "order", hintable,
  forward_passive, slo, domains, networks, jit, linking, settings_version, proven, revision, created_at, updated_at`;

/** A service writes its own public keys and no other's: who could replace another's would be told its secrets. */
const OWN_SERVICE_KEY = ['gateway', 'minter', 'admin'].flatMap((service) => [
  `create policy insert_own_${service} on catalog.service_key for insert to passbroker_${service} with check (service = '${service}')`,
  `create policy update_own_${service} on catalog.service_key for update to passbroker_${service} using (service = '${service}') with check (service = '${service}')`,
]);

const EVERYBODY = 'passbroker_gateway, passbroker_minter, passbroker_admin';

const GRANTS = [
  `grant usage on schema catalog to ${EVERYBODY}`,
  `grant select, insert on catalog.change_log to ${EVERYBODY}`,
  `grant usage on sequence catalog.change_log_revision_seq to ${EVERYBODY}`,
  `grant execute on function catalog.prune_change_log() to ${EVERYBODY}`,
  `grant select, insert, update on catalog.service_key to ${EVERYBODY}`,
  `alter table catalog.service_key enable row level security`,
  `create policy read_all on catalog.service_key for select to ${EVERYBODY} using (true)`,
  ...OWN_SERVICE_KEY,

  `grant select on catalog.brand, catalog.brand_host, catalog.usersource, catalog.application to passbroker_gateway`,
  `grant update (proven) on catalog.usersource to passbroker_gateway`,
  `grant select, insert, update, delete on catalog.account, catalog.account_email, catalog.credential, catalog.link
     to passbroker_gateway`,

  `grant select on catalog.brand, catalog.brand_host, catalog.application, catalog.account, catalog.account_email
     to passbroker_minter`,
  `grant select (${USERSOURCE_WITHOUT_SETTINGS}) on catalog.usersource to passbroker_minter`,
  `grant usage on schema keys to passbroker_minter, passbroker_admin`,
  `grant select, insert, update, delete on keys.token_key to passbroker_minter`,

  `grant select, insert, update, delete on catalog.brand, catalog.brand_host, catalog.usersource, catalog.application,
     catalog.account, catalog.account_email, catalog.link, catalog.api_token, catalog.idempotency_key
     to passbroker_admin`,
  `grant insert, update, delete on catalog.credential to passbroker_admin`,
  `grant select (account) on catalog.credential to passbroker_admin`,
  `grant select, insert on catalog.audit_event to passbroker_admin`,
  `grant select (kid, brand, alg, state, public_jwk, created_at, activated_at, retired_at) on keys.token_key
     to passbroker_admin`,
];

export class Catalog1764000000000 implements MigrationInterface {
  readonly name = 'Catalog1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...AUDIT_IS_APPEND_ONLY, ...PRUNE, ...GRANTS]) await runner.query(statement);
  }

  /** An empty catalog is a new database; there is nothing before it to go back to. */
  async down(): Promise<void> {
    throw new Error('the first migration has no way back: drop the database');
  }
}
