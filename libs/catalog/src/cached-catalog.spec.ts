import type { DataSource } from 'typeorm';
import { ear, silent, startPostgres, until } from '../test/postgres.js';
import { silentProxy } from '../test/silent-proxy.js';
import { newAccount, newApplication, newBrand, newUsersource } from '../test/records.js';
import {
  CachedCatalog,
  openDatabase,
  PostgresAccounts,
  PostgresCatalogWriter,
  sqlOf,
  statementCount,
} from './index.js';

type Postgres = Awaited<ReturnType<typeof startPostgres>>;

describe('the cached catalog', () => {
  let postgres: Postgres;
  let gateway: DataSource;
  let admin: DataSource;
  let writer: PostgresCatalogWriter;
  const { announce, heard } = ear();
  const catalogs: CachedCatalog[] = [];

  const open = (
    options: { dataSource?: DataSource; service?: 'gateway' | 'minter'; everyMs?: number; clock?: () => Date } = {},
  ) => {
    const catalog = new CachedCatalog({ dataSource: gateway, service: 'gateway', log: silent, ...options });
    catalogs.push(catalog);
    return catalog;
  };
  const lastHeard = () => {
    const change = heard.at(-1);
    if (!change) throw new Error('no news');
    return change;
  };
  /** Statements that `work` needs. */
  const cost = async (work: () => Promise<unknown>) => {
    const before = statementCount(gateway);
    await work();
    return statementCount(gateway) - before;
  };
  /** Its first look at the log is over, so that counts are the test's own. */
  const quiet = async (capacityClock?: () => Date) => {
    const catalog = open({ everyMs: 3_600_000, ...(capacityClock ? { clock: capacityClock } : {}) });
    await catalog.ping();
    await catalog.close();
    return catalog;
  };

  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.migrate();
    gateway = await postgres.open('gateway');
    admin = await postgres.open('admin');
    writer = new PostgresCatalogWriter(admin, announce);
  });

  afterEach(async () => {
    await Promise.all(catalogs.splice(0).map((catalog) => catalog.close()));
  });
  afterAll(() => postgres.stop());

  it('finds a brand by any of its hosts, in any case, and gives it an origin', async () => {
    const catalog = await quiet();
    const brand = await writer.brands.create(newBrand('acme', { hosts: ['Help.Acme.test', 'other.acme.test:8080'] }));
    expect(await catalog.brandByHost('OTHER.acme.test:8080')).toMatchObject({
      id: brand.id,
      origin: 'http://help.acme.test',
    });
    expect(await catalog.brandByHost('unknown.test')).toBeUndefined();
    expect((await catalog.defaultBrand()).origin).toBe('http://localhost:3000');
    expect(await catalog.brand(brand.id)).toMatchObject({ slug: 'acme' });
  });

  it('asks once for what many ask at the same time, and not again', async () => {
    const catalog = await quiet();
    const { id } = await writer.applications.create(newApplication('once'));
    expect(await cost(() => Promise.all(Array.from({ length: 50 }, () => catalog.application(id))))).toBe(1);
    expect(await cost(() => catalog.application(id))).toBe(0);
  });

  it('needs as many statements with 2,000 rows as with one', async () => {
    const brand = await writer.brands.create(newBrand('crowded'));
    const one = await writer.usersources.create(newUsersource('first', { brand: brand.id }));
    const walk = async () => {
      const catalog = await quiet();
      return cost(async () => {
        await catalog.brandByHost('crowded.example.test');
        await catalog.usersourceBySlug('first');
        await catalog.usersource(one.id);
        await catalog.usersourcesOf(brand.id);
        await catalog.applicationBySlug('once');
      });
    };
    const before = await walk();
    const sql = sqlOf(await postgres.open('owner'));
    await sql(
      `insert into catalog.usersource select (json_populate_record(u, json_build_object('id', 'us_' || n, 'slug', 'many-' || n))).*
       from catalog.usersource u, generate_series(1, 2000) n where u.slug = 'first'`,
    );
    await sql(
      `insert into catalog.application select (json_populate_record(a, json_build_object('id', 'app_' || n, 'slug', 'app-' || n))).*
       from catalog.application a, generate_series(1, 2000) n where a.slug = 'once'`,
    );
    expect(await walk()).toBe(before);
    expect(before).toBe(5);
    const catalog = await quiet();
    expect(await catalog.usersourcesOf(brand.id)).toHaveLength(2_001);
    expect(await catalog.usersourcesOf(brand.id)).toBe(await catalog.usersourcesOf(brand.id));
    await sql(`delete from catalog.usersource where slug like 'many-%'`);
  });

  it('forgets exactly what news tell of', async () => {
    const catalog = await quiet();
    const kept = await writer.applications.create(newApplication('kept'));
    const edited = await writer.applications.create(newApplication('edited'));
    await catalog.application(kept.id);
    await catalog.applicationBySlug('edited');
    const told: string[] = [];
    catalog.onChange((change) => told.push(change.id));
    await writer.applications.update(edited.id, { enabled: false });
    catalog.heard(lastHeard());
    expect(told).toEqual([edited.id]);
    expect(await cost(() => catalog.application(kept.id))).toBe(0);
    expect(await catalog.applicationBySlug('edited')).toMatchObject({ enabled: false });
  });

  it('renews the list of a brand when a usersource comes, changes and goes, and no other list', async () => {
    const catalog = await quiet();
    const [acme, other] = [await writer.brands.get('acme'), await writer.brands.get('crowded')];
    if (!acme || !other) throw new Error('no brands');
    const otherList = await catalog.usersourcesOf(other.id);
    expect(await catalog.usersourcesOf(acme.id)).toEqual([]);
    const seen = async (write: () => Promise<unknown>) => {
      const from = heard.length;
      await write();
      heard.slice(from).forEach((change) => catalog.heard(change));
      return (await catalog.usersourcesOf(acme.id)).map((usersource) => usersource.label);
    };
    expect(await seen(() => writer.usersources.create(newUsersource('sso', { brand: 'acme' })))).toEqual(['sso']);
    expect(await seen(() => writer.usersources.update('sso', { label: 'Intranet' }))).toEqual(['Intranet']);
    expect(await seen(() => writer.usersources.delete('sso'))).toEqual([]);
    expect(await catalog.usersourcesOf(other.id)).toBe(otherList);
  });

  describe('whom a usersource knows', () => {
    const linked = async (subject: string) => {
      const accounts = new PostgresAccounts(gateway, announce);
      const { id: usersource } = (await writer.usersources.get('first')) ?? { id: '' };
      const account = await accounts.createLinked(newAccount(`${subject.slice(-9)}@acme.test`), {
        usersource,
        subject,
        createdBy: 'jit',
      });
      return { accounts, usersource, subject, account };
    };

    it('is asked of the database once, however long the subject is', async () => {
      const catalog = await quiet();
      for (const subject of ['S-1-5-21', `${'long-'.repeat(200)}subject-1`, `${'long-'.repeat(200)}subject-2`]) {
        const { usersource, account } = await linked(subject);
        expect(await catalog.accountByLink(usersource, subject)).toMatchObject(account);
        expect(await cost(() => catalog.accountByLink(usersource, subject))).toBe(0);
        expect(await catalog.accountByLink(usersource, `${subject} `)).toBeUndefined();
        expect(await catalog.accountByLink('us_another', subject)).toBeUndefined();
      }
    });

    it('is nobody any more when the link is removed, and somebody else when it is made anew', async () => {
      const catalog = await quiet();
      const { accounts, usersource, subject, account } = await linked('moved');
      const other = await writer.accounts.create(newAccount('other-owner@acme.test'));
      await writer.setPasswordHash(account.id, 'another way in');
      await writer.usersources.create(newUsersource('built-in', { brand: 'crowded', type: 'local' }));
      await catalog.accountByLink(usersource, subject);
      const told = heard.length;
      expect(await accounts.removeLink(account.id, usersource, () => true)).toBe('removed');
      heard.slice(told).forEach((change) => catalog.heard(change));
      expect(await catalog.accountByLink(usersource, subject)).toBeUndefined();
      const before = heard.length;
      await accounts.addLink({ usersource, subject, account: other.id, createdBy: 'owner' });
      heard.slice(before).forEach((change) => catalog.heard(change));
      expect(await catalog.accountByLink(usersource, subject)).toMatchObject({ id: other.id });
    });

    it('is disabled at once, and by lost news within 1.2 seconds', async () => {
      const catalog = open();
      const { usersource, subject, account } = await linked('disabled');
      await until(async () => (await catalog.accountByLink(usersource, subject)) !== undefined);
      await writer.accounts.update(account.id, { disabled: true });
      const ms = await until(async () => (await catalog.accountByLink(usersource, subject))?.disabled === true);
      expect(ms).toBeLessThan(1_200);
    });
  });

  it('hears of a change within 1.2 seconds when its news are lost', async () => {
    const catalog = open();
    const account = await writer.accounts.create(newAccount('lost@acme.test'));
    await until(async () => (await catalog.account(account.id)) !== undefined);
    const told: string[] = [];
    catalog.onChange((change) => told.push(change.kind));
    await writer.accounts.update(account.id, { disabled: true });
    const ms = await until(async () => (await catalog.account(account.id))?.disabled === true);
    expect(ms).toBeLessThan(1_200);
    await until(() => told.includes('account'));
  });

  it('tells its listeners once of what both the bus and the log say', async () => {
    const catalog = open({ everyMs: 50 });
    const marker = await writer.applications.create(newApplication('marker'));
    const told: string[] = [];
    catalog.onChange((change) => told.push(`${change.id} ${change.revision}`));
    await writer.applications.update(marker.id, { name: 'heard' });
    const change = lastHeard();
    catalog.heard(change);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(told.filter((one) => one === `${change.id} ${change.revision}`)).toHaveLength(1);
  });

  it('finds a change that was committed after a later one', async () => {
    const catalog = open({ everyMs: 50 });
    const told: string[] = [];
    catalog.onChange((change) => told.push(change.id));
    const slow = await writer.applications.create(newApplication('slow'));
    await until(() => told.includes(slow.id));
    await catalog.application(slow.id);
    const runner = (await postgres.open('owner')).createQueryRunner();
    await runner.query('begin');
    await runner.query(`insert into catalog.change_log (kind, id) values ('application', $1)`, [slow.id]);
    await runner.query(`update catalog.application set name = 'late' where id = $1`, [slow.id]);
    told.length = 0;
    const quick = await writer.applications.create(newApplication('quick'));
    await until(() => told.includes(quick.id));
    expect(told).not.toContain(slow.id);
    await runner.query('commit');
    await runner.release();
    await until(async () => (await catalog.application(slow.id))?.name === 'late', 1_200);
  });

  it('lets nobody look up nothing', async () => {
    const catalog = open({ everyMs: 3_600_000 });
    for (const look of [
      () => catalog.brandByHost(''),
      () => catalog.brand(''),
      () => catalog.usersourceBySlug(''),
      () => catalog.application(''),
      () => catalog.account(String()),
      () => catalog.account('a\0'),
    ]) {
      await expect(look()).rejects.toMatchObject({ code: 'request.malformed' });
    }
  });

  it('shows the minter usersources without their settings', async () => {
    const minter = await postgres.open('minter');
    const catalog = open({ dataSource: minter, service: 'minter' });
    expect(await catalog.usersourceBySlug('first')).toMatchObject({ slug: 'first', settings: {} });
    expect(await catalog.usersourceBySlug('local-users')).toMatchObject({ type: 'local' });
  });

  it('asks again after a second for what was not there', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const catalog = await quiet(() => new Date(now));
    expect(await cost(() => catalog.applicationBySlug('nobody'))).toBe(1);
    expect(await cost(() => catalog.applicationBySlug('nobody'))).toBe(0);
    now += 1_001;
    expect(await cost(() => catalog.applicationBySlug('nobody'))).toBe(1);
  });

  it('goes on when a network fell silent, and does not wait for its dead connections afterwards', async () => {
    const road = await silentProxy(postgres.url);
    const dataSource = await openDatabase({ url: road.url, service: 'gateway', poolSize: 2, log: silent });
    const catalog = open({ dataSource, everyMs: 3_600_000 });
    await catalog.close();
    const brand = await catalog.defaultBrand();
    road.fallSilent();
    catalog.heard({ revision: 9_999_998, kind: 'brand', id: brand.id });
    const began = Date.now();
    expect(await catalog.defaultBrand()).toBe(brand);
    expect(Date.now() - began).toBeLessThan(4_000);
    expect(await catalog.defaultBrand()).toBe(brand);
    expect(Date.now() - began).toBeLessThan(4_000);
    road.speak();
    await Promise.all([catalog.ping(), catalog.ping()]);
    await dataSource.destroy();
    await road.close();
  });

  // Last: it takes the server away.
  it('serves the last good values while Postgres is away', async () => {
    const catalog = open({ everyMs: 100 });
    const brand = await catalog.defaultBrand();
    const application = await catalog.applicationBySlug('kept');
    const list = await catalog.usersourcesOf(brand.id);
    await postgres.takeAway();
    expect(await catalog.applicationBySlug('kept')).toBe(application);
    // News of a change that cannot be read.
    catalog.heard({ revision: 9_999_999, kind: 'brand', id: brand.id });
    expect(await catalog.defaultBrand()).toBe(brand);
    expect(await catalog.usersourcesOf(brand.id)).toBe(list);
    await expect(catalog.applicationBySlug('never-seen')).rejects.toMatchObject({ code: 'service.unavailable' });
    await expect(catalog.ping()).rejects.toMatchObject({ code: 'service.unavailable' });
  });
});
