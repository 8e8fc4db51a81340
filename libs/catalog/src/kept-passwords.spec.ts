import type { DataSource } from 'typeorm';
import { ear, startPostgres } from '../test/postgres.js';
import { newAccount, newUsersource } from '../test/records.js';
import { PostgresAccounts, PostgresCatalogWriter, PostgresKeptPasswords, sqlOf } from './index.js';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let admin: DataSource;
let gateway: DataSource;

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.migrate();
  admin = await postgres.open('admin');
  gateway = await postgres.open('gateway');
});
afterAll(() => postgres.stop());

describe('kept passwords', () => {
  it('are kept for who has a link, replaced, and gone with it', async () => {
    const { announce } = ear();
    const writer = new PostgresCatalogWriter(admin, announce);
    const accounts = new PostgresAccounts(gateway, announce);
    const passwords = new PostgresKeptPasswords(gateway);
    const brand = (await writer.brands.get('default'))?.id ?? '';
    const [one, other] = [
      await writer.usersources.create(newUsersource('one', { brand })),
      await writer.usersources.create(newUsersource('other', { brand })),
    ];
    await passwords.keep(one.id, '42', 'too early');
    expect(await passwords.find(one.id, '42')).toBeUndefined();

    const account = await accounts.createLinked(newAccount('ann@acme.test'), {
      ...{ usersource: one.id, subject: '42', createdBy: 'jit', groups: [] },
    });
    await passwords.keep(one.id, '42', 'first');
    await passwords.keep(one.id, '42', 'second');
    expect(await passwords.find(one.id, '42')).toBe('second');
    expect(await passwords.find(one.id, '43')).toBeUndefined();
    expect(await passwords.find(other.id, '42')).toBeUndefined();

    await writer.accounts.delete(account.id);
    expect(await passwords.find(one.id, '42')).toBeUndefined();
  });

  it('are no business of the admin API', async () => {
    await expect(sqlOf(admin)('select hash from catalog.kept_password')).rejects.toMatchObject({ code: '42501' });
    expect((await sqlOf(gateway)('select hash from catalog.kept_password')).rows).toEqual([]);
  });
});
