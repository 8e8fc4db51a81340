import type { DataSource } from 'typeorm';
import { ear, startPostgres } from '../test/postgres.js';
import { newAccount, newApplication, newBrand, newUsersource } from '../test/records.js';
import {
  PostgresAccounts,
  PostgresCatalogWriter,
  PostgresTokenKeyStore,
  sqlOf,
  statementCount,
  type StoredTokenKey,
} from './index.js';

type Postgres = Awaited<ReturnType<typeof startPostgres>>;

describe('writing the catalog', () => {
  let postgres: Postgres;
  let admin: DataSource;
  let gateway: DataSource;
  let writer: PostgresCatalogWriter;
  let accounts: PostgresAccounts;
  const { announce, heard } = ear();
  let brand: string;

  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.migrate();
    admin = await postgres.open('admin');
    gateway = await postgres.open('gateway', 10);
    writer = new PostgresCatalogWriter(admin, announce);
    accounts = new PostgresAccounts(gateway, announce);
    brand = (await writer.brands.get('default'))?.id ?? '';
  });

  afterAll(() => postgres.stop());

  const logged = async () =>
    (await sqlOf(admin)('select revision::int, kind, id from catalog.change_log order by revision')).rows;

  describe('by an admin', () => {
    it('answers what it wrote, and announces it after it is logged', async () => {
      const created = await writer.usersources.create(newUsersource('intranet'));
      expect(created).toMatchObject({
        ...newUsersource('intranet'),
        brand,
        revision: 1,
        settingsVersion: 1,
        proven: null,
      });
      expect(created.id).toMatch(/^us_[0-9a-z]{20}$/);
      expect(created.createdAt).toBeInstanceOf(Date);
      expect(await writer.usersources.get('intranet')).toEqual(created);
      expect(await writer.usersources.get(created.id)).toEqual(created);
      expect((await logged()).slice(-2)).toEqual(heard.slice(-2));
      expect(heard.slice(-2)).toMatchObject([
        { kind: 'usersource', id: created.id },
        { kind: 'brand', id: brand },
      ]);
    });

    it('counts settings versions and forgets what was proven with the old ones', async () => {
      const { id } = await writer.usersources.create(newUsersource('proof'));
      const at = new Date('2026-01-02T03:04:05Z');
      await accounts.markProven(id, 1, at);
      await accounts.markProven(id, 1, new Date());
      await accounts.markProven(id, 7, new Date());
      const proven = { at: at.toISOString(), settingsVersion: 1 };
      expect(await writer.usersources.get(id)).toMatchObject({ proven });
      expect(
        await writer.usersources.update(id, {
          label: 'Same settings',
          settings: { apiKey: { sealed: 'x' }, siteKey: 'acme' },
        }),
      ).toMatchObject({ settingsVersion: 1, proven, revision: 2 });
      expect(await writer.usersources.update(id, { settings: { siteKey: 'other' } })).toMatchObject({
        settingsVersion: 2,
        proven: null,
        settings: { siteKey: 'other' },
      });
    });

    it('lets one of two writers who saw the same revision win', async () => {
      const { id } = await writer.applications.create(newApplication('contested'));
      const both = await Promise.allSettled(
        ['one', 'two'].map((name) => writer.applications.update(id, { name }, { ifRevision: 1 })),
      );
      expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
      await expect(writer.applications.update(id, { name: 'three' }, { ifRevision: 1 })).rejects.toMatchObject({
        kind: 'revision',
      });
      await expect(writer.applications.delete(id, { ifRevision: 1 })).rejects.toMatchObject({ kind: 'revision' });
      await writer.applications.delete(id, { ifRevision: 2 });
      await expect(writer.applications.delete(id)).rejects.toMatchObject({ kind: 'missing', field: 'id' });
    });

    it('does everything and nothing in a dry run', async () => {
      const before = [await logged(), heard.length];
      expect(await writer.applications.create(newApplication('dry'), { dryRun: true })).toMatchObject({ slug: 'dry' });
      await expect(writer.usersources.create(newUsersource('intranet'), { dryRun: true })).rejects.toMatchObject({
        kind: 'unique',
      });
      await writer.usersources.delete('intranet', { dryRun: true });
      expect(await writer.applications.get('dry')).toBeUndefined();
      expect(await writer.usersources.get('intranet')).toBeDefined();
      expect([await logged(), heard.length]).toEqual(before);
    });

    it('names the member of a conflict', async () => {
      await expect(writer.usersources.create(newUsersource('intranet'))).rejects.toMatchObject({
        kind: 'unique',
        field: 'slug',
      });
      await expect(writer.usersources.create(newUsersource('x', { brand: 'nope' }))).rejects.toMatchObject({
        kind: 'missing',
        field: 'brand',
      });
      await expect(writer.brands.create(newBrand('thief', { hosts: ['LOCALHOST:3000'] }))).rejects.toMatchObject({
        kind: 'unique',
        field: 'hosts',
      });
      await writer.accounts.create(newAccount('ada@acme.test', { username: 'ada' }));
      await expect(writer.accounts.create(newAccount('ADA@acme.test'))).rejects.toMatchObject({
        kind: 'unique',
        field: 'emails',
      });
      await expect(writer.accounts.create(newAccount('b@acme.test', { username: 'Ada' }))).rejects.toMatchObject({
        kind: 'unique',
        field: 'username',
      });
      await expect(writer.setPasswordHash('acc_nobody', 'hash')).rejects.toMatchObject({ kind: 'missing' });
    });

    it('keeps a brand that is in use, and the default brand always', async () => {
      const { id } = await writer.brands.create(newBrand('busy'));
      await writer.applications.create(newApplication('tenant', { brand: 'busy' }));
      await expect(writer.brands.delete(id)).rejects.toMatchObject({ kind: 'in_use' });
      await writer.applications.delete('tenant');
      await writer.brands.delete(id);
      await expect(writer.brands.delete('default')).rejects.toMatchObject({ kind: 'in_use' });
    });

    it('keeps the host of PUBLIC_URL first among those of the default brand', async () => {
      const updated = await writer.brands.update('default', { hosts: ['help.acme.test', 'localhost:3000'] });
      expect(updated).toMatchObject({ hosts: ['localhost:3000', 'help.acme.test'], origin: 'http://localhost:3000' });
    });

    it('turns one usersource’s SSO on and the other’s off in one step, however many ask', async () => {
      const slugs = ['sso-a', 'sso-b', 'sso-c', 'sso-d'];
      for (const slug of slugs) await writer.usersources.create(newUsersource(slug));
      await writer.usersources.update('sso-a', { sso: 'automatic' });
      await expect(writer.usersources.update('sso-b', { sso: 'background' })).rejects.toMatchObject({
        kind: 'unique',
        field: 'sso',
      });
      expect(await writer.swapSso('sso-b', 'background')).toMatchObject({ sso: 'background' });
      expect(await writer.usersources.get('sso-a')).toMatchObject({ sso: 'none' });
      await Promise.all(Array.from({ length: 12 }, (_, n) => writer.swapSso(slugs[n % 4] ?? '', 'automatic')));
      const { data } = await writer.usersources.list({ limit: 100 }, { sso: 'automatic' });
      expect(data).toHaveLength(1);
      await expect(writer.swapSso('sso-a', 'automatic', { ifRevision: 0 })).rejects.toMatchObject({ kind: 'revision' });
    });

    it('pages forwards and backwards over rows of the same moment', async () => {
      for (let n = 0; n < 7; n += 1)
        await writer.apiTokens.create({ name: `t${n}`, scopes: [], expiresAt: null, hash: `h${n}` });
      await sqlOf(admin)('update catalog.api_token set created_at = now()');
      const all = (await writer.apiTokens.list({ limit: 100 })).data.map((token) => token.id);
      expect(all).toEqual([...all].sort());
      const first = await writer.apiTokens.list({ limit: 3 });
      const second = await writer.apiTokens.list({ limit: 3, after: first.next ?? '' });
      const third = await writer.apiTokens.list({ limit: 3, after: second.next ?? '' });
      expect([first, second, third].flatMap((page) => page.data.map((token) => token.id))).toEqual(all);
      expect([first.previous, third.next]).toEqual([null, null]);
      const back = await writer.apiTokens.list({ limit: 3, before: third.previous ?? '' });
      expect(back).toEqual(second);
      const start = await writer.apiTokens.list({ limit: 3, before: back.previous ?? '' });
      expect(start).toEqual(first);
      await expect(writer.apiTokens.list({ limit: 3, after: 'bm90IGl0' })).rejects.toMatchObject({
        code: 'request.malformed',
      });
      await expect(writer.apiTokens.list({ limit: 0 })).rejects.toMatchObject({ code: 'request.malformed' });
    });

    it('narrows lists, and refuses filters without a value or a meaning', async () => {
      const list = await writer.usersources.list({ limit: 100 }, { brand: 'default', audience: 'agents' });
      expect(list.data.map((usersource) => usersource.slug)).toEqual(['local-agents']);
      expect((await writer.accounts.list({ limit: 9 }, { email: 'Ada@acme.test' })).data).toHaveLength(1);
      for (const where of [
        { brand: '' },
        { brand: undefined },
        { settings: 'x' },
        { constructor: 'x' },
        { enabled: 'maybe' },
      ]) {
        await expect(writer.usersources.list({ limit: 9 }, where)).rejects.toMatchObject({ code: 'request.malformed' });
      }
      await expect(writer.usersources.delete('')).rejects.toMatchObject({ code: 'request.malformed' });
      await expect(writer.keys('')).rejects.toMatchObject({ code: 'request.malformed' });
    });

    it('finds an API token by its hash and remembers its last use', async () => {
      const token = await writer.apiTokenByHash('h3');
      expect(token).toMatchObject({ name: 't3', lastUsedAt: null });
      const at = new Date('2026-03-04T05:06:07Z');
      await writer.tokenUsed(token?.id ?? '', at);
      expect(await writer.apiTokenByHash('h3')).toMatchObject({ lastUsedAt: at });
      expect(await writer.apiTokenByHash('unknown')).toBeUndefined();
    });

    it('knows which admins have which way in', async () => {
      const { id } = await writer.accounts.create(newAccount('root@acme.test', { audience: 'agents', admin: true }));
      const usersource = await writer.usersources.get('intranet');
      await writer.setPasswordHash(id, 'one');
      await writer.setPasswordHash(id, 'two');
      await accounts.addLink({ usersource: usersource?.id ?? '', subject: 'root', account: id, createdBy: 'admin' });
      expect(await writer.admins()).toEqual([{ id, active: true, password: true, links: [usersource?.id] }]);
      expect(await accounts.credential('root@acme.test', 'agents')).toMatchObject({ hash: 'two' });
      await writer.setPasswordHash(id, null);
      await writer.accounts.update(id, { disabled: true });
      expect(await writer.admins()).toMatchObject([{ active: false, password: false }]);
      await writer.usersources.delete('intranet');
      expect(await accounts.linksOf(id)).toEqual([]);
    });
  });

  describe('by the gateway', () => {
    const link = (subject: string) => ({ usersource: usersource.id, subject, createdBy: 'jit' as const });
    let usersource: { id: string };

    beforeAll(async () => {
      usersource = await writer.usersources.create(newUsersource('people'));
    });

    it('makes one account of 20 first sign-ins of one person', async () => {
      const made = await Promise.all(
        Array.from({ length: 20 }, () =>
          accounts.createLinked(newAccount('race@acme.test', { username: 'race' }), link('race')),
        ),
      );
      expect(new Set(made.map((account) => account.id)).size).toBe(1);
      expect((await writer.accounts.list({ limit: 9 }, { username: 'race' })).data).toHaveLength(1);
    });

    it('makes one account of 20 first sign-ins without an address, and leaves no orphans', async () => {
      const nameless = newAccount('x', { emails: [], name: 'Nameless' });
      const made = await Promise.all(
        Array.from({ length: 20 }, () => accounts.createLinked(nameless, link('nameless'))),
      );
      expect(new Set(made.map((account) => account.id)).size).toBe(1);
      expect((await sqlOf(admin)(`select 1 from catalog.account where name = 'Nameless'`)).count).toBe(1);
    });

    it('does not give a second person the address of the first', async () => {
      await expect(accounts.createLinked(newAccount('race@acme.test'), link('other'))).rejects.toMatchObject({
        kind: 'unique',
        field: 'emails',
      });
      expect(await accounts.link(usersource.id, 'other')).toBeUndefined();
    });

    it('links one subject to one account', async () => {
      const one = await accounts.createLinked(newAccount('one@acme.test'), link('one'));
      const two = await accounts.createLinked(newAccount('two@acme.test'), link('two'));
      await accounts.addLink({ ...link('one'), account: one.id });
      await expect(accounts.addLink({ ...link('one'), account: two.id })).rejects.toMatchObject({
        kind: 'unique',
        field: 'subject',
      });
      await expect(accounts.addLink({ ...link('new'), account: 'acc_nobody' })).rejects.toMatchObject({
        kind: 'missing',
        field: 'account',
      });
      expect(await accounts.linksOf(one.id)).toEqual([{ ...link('one'), account: one.id }]);
      const { usersource, subject } = link('one');
      expect(await accounts.byLink(usersource, subject)).toEqual(await accounts.byId(one.id));
      expect(await accounts.byLink(usersource, 'nobody')).toBeUndefined();
    });

    it('answers a password form in one statement, an address before a username, one audience at a time', async () => {
      const { id } = await writer.accounts.create(newAccount('Form@acme.test', { username: 'form' }));
      const squatter = await writer.accounts.create(newAccount('squatter@acme.test', { username: 'form@acme.test' }));
      await writer.setPasswordHash(id, 'theirs');
      await writer.setPasswordHash(squatter.id, 'not theirs');
      const before = statementCount(gateway);
      expect(await accounts.credential('form@ACME.test', 'users')).toMatchObject({ hash: 'theirs', account: { id } });
      expect(await accounts.credential('FORM', 'users')).toMatchObject({ account: { id } });
      expect(await accounts.credential('form', 'agents')).toBeUndefined();
      expect(statementCount(gateway) - before).toBe(3);
      await expect(accounts.credential('', 'users')).rejects.toMatchObject({ code: 'request.malformed' });
      await accounts.replaceHash(id, 'newer');
      expect(await accounts.credential('form', 'users')).toMatchObject({ hash: 'newer' });
      await expect(accounts.replaceHash('acc_nobody', 'x')).rejects.toMatchObject({ kind: 'missing' });
    });

    it('writes of a profile only what differs', async () => {
      const { id } = await accounts.createLinked(newAccount('old@acme.test'), link('profile'));
      const told = heard.length;
      const email = (value: string, verified = true) => ({ email: { value, verified } });
      expect(
        await accounts.updateProfile(id, { name: 'old@acme.test', ...email('OLD@acme.test', false) }),
      ).toMatchObject({ revision: 1 });
      expect(heard).toHaveLength(told);
      expect(await accounts.updateProfile(id, email('unsure@acme.test', false))).toMatchObject({ revision: 1 });
      expect(await accounts.updateProfile(id, email('race@acme.test'))).toMatchObject({ revision: 1 });
      expect(
        await accounts.updateProfile(id, { ...email('new@acme.test'), attributes: { team: 'red' } }),
      ).toMatchObject({
        revision: 2,
        emails: [{ value: 'new@acme.test', verified: true }],
        attributes: { team: 'red' },
      });
      expect(await accounts.byEmail('NEW@acme.test')).toMatchObject({ id });
      expect(await accounts.byEmail('old@acme.test')).toBeUndefined();
      expect(heard.slice(told)).toMatchObject([{ kind: 'account', id }]);
      await expect(accounts.updateProfile(id, { attributes: { team: 'a\0' } })).rejects.toMatchObject({
        code: 'request.malformed',
      });
    });

    it('takes addresses, links and hash away with the account', async () => {
      const account = await accounts.byUsername('RACE');
      await writer.accounts.delete(account?.id ?? '');
      expect(await accounts.link(usersource.id, 'race')).toBeUndefined();
      expect(await accounts.byEmail('race@acme.test')).toBeUndefined();
    });
  });

  describe('by the minter', () => {
    it('keeps token keys, changes them one replica at a time and tells the admin only their public halves', async () => {
      const stores = [await postgres.open('minter'), await postgres.open('minter')].map(
        (dataSource) => new PostgresTokenKeyStore(dataSource, announce),
      );
      const key = (kid: string): StoredTokenKey => ({
        kid,
        brand,
        alg: 'ES256',
        state: 'next',
        publicJwk: { kty: 'EC', kid },
        sealed: 'sealed to the minter',
        createdAt: new Date(),
        activatedAt: null,
        retiredAt: null,
      });
      await Promise.all(
        Array.from({ length: 8 }, () => stores)
          .flat()
          .map((store, n) =>
            store.exclusively(brand, async () => {
              if ((await store.all(brand)).length === 0) await store.add(key(`k${n}`));
            }),
          ),
      );
      const [store] = stores;
      if (!store) throw new Error('no store');
      const [only, ...others] = await store.all(brand);
      expect(others).toEqual([]);
      const kid = only?.kid ?? '';
      const at = new Date('2026-05-06T07:08:09Z');
      await store.setState(kid, 'current', at);
      expect(await store.all(brand)).toMatchObject([{ kid, state: 'current', activatedAt: at, retiredAt: null }]);
      expect(heard.at(-1)).toMatchObject({ kind: 'key', id: brand });
      const [shown] = await writer.keys('default');
      expect(shown).toMatchObject({ kid, state: 'current', publicJwk: { kty: 'EC' } });
      expect(shown).not.toHaveProperty('sealed');
      await store.remove(kid);
      await expect(store.setState(kid, 'retired', at)).rejects.toMatchObject({ kind: 'missing' });
      expect(await writer.keys()).toEqual([]);
    });
  });
});
