import { ear, startPostgres } from '../test/postgres.js';
import { newAccount, newUsersource } from '../test/records.js';
import { PostgresAccounts } from './accounts.js';
import { PostgresCatalogWriter } from './catalog-writer.js';

describe('groups that come by a link', () => {
  const { announce, heard } = ear();
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let accounts: PostgresAccounts;
  let writer: PostgresCatalogWriter;
  let usersource: string;

  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.migrate();
    accounts = new PostgresAccounts(await postgres.open('gateway', 10), announce);
    writer = new PostgresCatalogWriter(await postgres.open('admin'), announce);
    usersource = (await writer.usersources.create(newUsersource('corp'))).id;
  });
  afterAll(() => postgres.stop());

  const arrived = (subject: string, groups: string[], own: string[] = []) =>
    accounts.createLinked(newAccount(`${subject}@acme.test`, { groups: [...own, ...groups] }), {
      ...{ usersource, subject, createdBy: 'jit', groups },
    });

  it('are taken away when the upstream no longer gives them, and an admin’s stay', async () => {
    const { id } = await arrived('ann', ['ops', 'dev'], ['granted']);
    await writer.accounts.update(id, { groups: ['granted', 'ops', 'dev', 'by an admin'] });
    const link = { usersource, subject: 'ann', account: id };
    const now = await accounts.syncGroups(link, ['dev', 'qa']);
    expect(now.groups).toEqual(['granted', 'by an admin', 'dev', 'qa']);
    expect(heard.at(-1)).toMatchObject({ kind: 'account', id });
    expect((await accounts.syncGroups(link, [])).groups).toEqual(['granted', 'by an admin']);
  });

  it('write and announce nothing while they are the same', async () => {
    const { id, revision } = await arrived('bob', ['ops', 'dev']);
    heard.length = 0;
    const link = { usersource, subject: 'bob', account: id };
    expect((await accounts.syncGroups(link, ['dev', 'ops'])).revision).toBe(revision);
    expect(heard).toEqual([]);
  });

  it('come back when an admin took one away that the upstream still gives', async () => {
    const { id } = await arrived('cleo', ['ops']);
    await writer.accounts.update(id, { groups: [] });
    expect((await accounts.syncGroups({ usersource, subject: 'cleo', account: id }, ['ops'])).groups).toEqual(['ops']);
  });

  it('are the same in the end however many sign-ins at once bring them', async () => {
    const { id } = await arrived('dora', ['a'], ['own']);
    const link = { usersource, subject: 'dora', account: id };
    await Promise.all(Array.from({ length: 20 }, () => accounts.syncGroups(link, ['b', 'c'])));
    expect((await accounts.byId(id))?.groups).toEqual(['own', 'b', 'c']);
  });

  it('of two usersources are kept apart', async () => {
    const other = (await writer.usersources.create(newUsersource('other'))).id;
    const { id } = await arrived('eve', ['ops']);
    await accounts.addLink({ usersource: other, subject: 'eve', account: id, createdBy: 'owner' });
    await accounts.syncGroups({ usersource: other, subject: 'eve', account: id }, ['desk']);
    expect((await accounts.syncGroups({ usersource, subject: 'eve', account: id }, [])).groups).toEqual(['desk']);
  });

  it('and what describes people are not the minter’s to read', async () => {
    const minter = await postgres.open('minter');
    await expect(minter.query('select mapping, filter from catalog.usersource')).rejects.toThrow('permission denied');
    await expect(minter.query('select sso from catalog.usersource')).resolves.toBeDefined();
  });
});
