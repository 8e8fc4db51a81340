import { inspect } from 'node:util';
import type { DataSource } from 'typeorm';
import { ServiceIdentity } from '@passbroker/platform';
import { describeWith, startEmbeddedPostgresForTest, startRealPostgres } from '@passbroker/testing';
import { PUBLIC_URL, silent, startPostgres } from '../test/postgres.js';
import { ensureDefaultBrand, migrate, openDatabase, PostgresAccounts, publishServiceKeys, sqlOf } from './index.js';

type Postgres = Awaited<ReturnType<typeof startPostgres>>;

const KEY = `insert into keys.token_key (kid, brand, alg, state, public_jwk, sealed, created_at)
  select 'k1', id, 'ES256', 'current', '{}', 'SEALED', now() from catalog.brand`;
const EVENT = `insert into catalog.audit_event (id, at, action, result, code, targets, context)
  values ('e1', now(), 'a.b', 'ok', 'ok', '[]', '{}')`;

const suite = (start: typeof startRealPostgres) => () => {
  let postgres: Postgres;
  let owner: DataSource;
  const roles = new Map<string, DataSource>();

  beforeAll(async () => {
    postgres = await startPostgres(start);
    // Replicas that start together, twice over.
    await Promise.all([postgres.migrate(), postgres.migrate(), postgres.migrate()]);
    await postgres.migrate();
    owner = await postgres.open('owner');
    for (const service of ['gateway', 'minter', 'admin'] as const) roles.set(service, await postgres.open(service, 2));
    const sql = sqlOf(owner);
    await sql(KEY);
    await sql(EVENT);
    await sql(`insert into catalog.account (id, audience, name) values ('acc_1', 'users', 'Ada')`);
    await sql(`insert into catalog.credential (account, hash) values ('acc_1', 'HASH')`);
  });

  afterAll(() => postgres.stop());

  const as = (role: string, statement: string) => {
    const dataSource = roles.get(role);
    if (!dataSource) throw new Error(`no role ${role}`);
    return sqlOf(dataSource)(statement);
  };

  it('holds one default brand with a local usersource for each audience, however many replicas migrated it', async () => {
    const { rows } = await sqlOf(owner)(
      `select b.slug, b.origin, u.slug as usersource, u.audience, u.display, u."order"
       from catalog.brand b join catalog.usersource u on u.brand = b.id order by u.slug desc`,
    );
    expect(rows).toEqual(
      ['users', 'agents'].map((audience) => ({
        slug: 'default',
        origin: PUBLIC_URL,
        usersource: `local-${audience}`,
        audience,
        display: 'form',
        order: 10,
      })),
    );
  });

  it.each([
    ['gateway', 'select settings from catalog.usersource'],
    ['gateway', 'select * from catalog.brand'],
    ['gateway', 'select * from catalog.application'],
    ['gateway', 'select hash from catalog.credential'],
    ['gateway', 'delete from catalog.account where false'],
    ['gateway', 'update catalog.usersource set proven = null where false'],
    ['gateway', `insert into catalog.change_log (kind, id) values ('account', 'x')`],
    ['minter', 'select * from catalog.application'],
    ['minter', 'select slug, label, settings_version from catalog.usersource'],
    ['minter', 'select * from catalog.account, catalog.account_email, catalog.service_key'],
    ['minter', 'select sealed from keys.token_key'],
    ['minter', 'update keys.token_key set state = state'],
    ['minter', `insert into catalog.change_log (kind, id) values ('key', 'x')`],
    ['admin', 'update catalog.brand set name = name'],
    ['admin', 'select account from catalog.credential'],
    [
      'admin',
      `insert into catalog.credential (account, hash) values ('acc_1', 'NEW') on conflict (account) do update set hash = 'NEW'`,
    ],
    ['admin', 'select kid, public_jwk from keys.token_key'],
    ['admin', 'select * from catalog.audit_event'],
    ['admin', EVENT.replace("'e1'", "'e2'")],
    ['admin', 'select catalog.prune_change_log()'],
    ['admin', 'select catalog.prune_audit_events(30, 10)'],
  ])('lets the %s %s', async (role, statement) => {
    await expect(as(role, statement)).resolves.toBeDefined();
  });

  it.each([
    ['gateway', 'select kid from keys.token_key'],
    ['gateway', 'select * from catalog.audit_event'],
    ['gateway', 'select catalog.prune_audit_events(30, 10)'],
    ['gateway', 'select * from catalog.api_token'],
    ['gateway', 'update catalog.brand set enabled = true'],
    ['gateway', `update catalog.usersource set settings = '{}'`],
    ['gateway', 'update catalog.application set enabled = true'],
    ['gateway', 'delete from catalog.change_log'],
    ['gateway', 'create table catalog.mine (id int)'],
    ['minter', 'select settings from catalog.usersource'],
    ['minter', 'select * from catalog.usersource'],
    ['minter', 'select hash from catalog.credential'],
    ['minter', 'update catalog.account set admin = true'],
    ['minter', 'select * from catalog.link'],
    ['admin', 'select hash from catalog.credential'],
    ['admin', `update catalog.credential set hash = hash || ''`],
    ['admin', `select 1 from catalog.credential where hash like 'H%'`],
    [
      'admin',
      `insert into catalog.credential (account, hash) values ('acc_1', 'X') on conflict (account) do update set hash = 'Y' returning hash`,
    ],
    ['admin', 'select sealed from keys.token_key'],
    ['admin', 'select * from keys.token_key'],
    ['admin', 'delete from keys.token_key'],
    ['admin', 'update catalog.audit_event set detail = null'],
    ['admin', 'delete from catalog.audit_event'],
    ['admin', 'truncate catalog.audit_event'],
  ])('does not let the %s %s', async (role, statement) => {
    await expect(as(role, statement)).rejects.toMatchObject({ code: '42501' });
  });

  it.each([
    'update catalog.audit_event set detail = null',
    'delete from catalog.audit_event',
    'truncate catalog.audit_event',
    `do $$ begin perform set_config('passbroker.pruning_audit', 'on', true); delete from catalog.audit_event; end $$`,
  ])('does not even let the owner %s', async (statement) => {
    await expect(sqlOf(owner)(statement)).rejects.toMatchObject({ code: '42501' });
  });

  it('lets a service publish its own keys and no other service replace them', async () => {
    const gateway = roles.get('gateway');
    if (!gateway) throw new Error('no gateway');
    const { publicKeys } = new ServiceIdentity('gateway', 'g'.repeat(32));
    await publishServiceKeys(gateway, publicKeys);
    await publishServiceKeys(gateway, publicKeys);
    const forged = new ServiceIdentity('minter', 'm'.repeat(32)).publicKeys;
    await expect(publishServiceKeys(gateway, forged)).rejects.toMatchObject({ code: '42501' });
    expect((await as('minter', 'select service from catalog.service_key')).rows).toEqual([{ service: 'gateway' }]);
    const told = await as('admin', `select count(*)::int as n from catalog.change_log where kind = 'service_key'`);
    expect(told.rows).toEqual([{ n: 1 }]);
  });

  it('says nothing of hashes or addresses in the error of a refused statement', async () => {
    const gateway = roles.get('gateway');
    if (!gateway) throw new Error('no gateway');
    const failed: unknown = await sqlOf(gateway)('insert into catalog.credential (account, hash) values ($1, $2)', [
      'acc_1',
      'PLANTED-HASH',
    ]).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Error);
    expect(inspect(failed, { depth: 9 })).not.toContain('PLANTED');
    await expect(new PostgresAccounts(gateway, () => undefined).byEmail('a\0b')).rejects.toMatchObject({
      code: 'request.malformed',
    });
  });

  it('takes the host of a new PUBLIC_URL and keeps the hosts an admin added', async () => {
    const sql = sqlOf(owner);
    await sql(
      `insert into catalog.brand_host (host, brand, position) select 'help.acme.test', id, 1 from catalog.brand`,
    );
    await ensureDefaultBrand(owner, 'https://login.acme.test/');
    await ensureDefaultBrand(owner, 'https://login.acme.test/');
    const { rows } = await sql('select host from catalog.brand_host order by position');
    expect(rows).toEqual([{ host: 'login.acme.test' }, { host: 'help.acme.test' }]);
    expect((await sql('select origin, revision from catalog.brand')).rows).toEqual([
      { origin: 'https://login.acme.test', revision: 2 },
    ]);
  });

  it('tells an operator what to run when the login may not make or take a role', async () => {
    await sqlOf(owner)(`create role plain login password 'plain'`);
    await sqlOf(owner)('grant create on database passbroker to plain');
    const url = new URL(postgres.url);
    url.username = 'plain';
    url.password = 'plain';
    await expect(migrate({ url: url.href, publicUrl: PUBLIC_URL, log: silent })).rejects.toThrow(
      'run "GRANT passbroker_gateway TO <login>" as a superuser',
    );
    await expect(openDatabase({ url: url.href, service: 'gateway', log: silent })).rejects.toThrow(/permission denied/);
  });
};

describe('a migrated database', suite(startEmbeddedPostgresForTest));
describeWith('postgres', 'a migrated database on the installed Postgres', suite(startRealPostgres));
