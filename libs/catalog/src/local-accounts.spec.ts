import { ear, startPostgres } from '../test/postgres.js';
import { newAccount } from '../test/records.js';
import { PostgresAccounts } from './accounts.js';
import { PostgresCatalogWriter } from './catalog-writer.js';
import { PostgresLocalAccounts } from './local-accounts.js';

describe('built-in accounts', () => {
  const { announce, heard } = ear();
  let postgres: Awaited<ReturnType<typeof startPostgres>>;
  let local: PostgresLocalAccounts;
  let accounts: PostgresAccounts;
  let writer: PostgresCatalogWriter;

  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.migrate();
    // As the gateway's own role: what it may not do, it cannot do here either.
    const gateway = await postgres.open('gateway', 10);
    local = new PostgresLocalAccounts(gateway, announce);
    accounts = new PostgresAccounts(gateway, announce);
    writer = new PostgresCatalogWriter(await postgres.open('admin'), announce);
  });
  afterAll(() => postgres.stop());

  it('are registered with a verified address and a password, and announced', async () => {
    const ann = await local.register({ name: 'Ann', email: 'Ann@acme.test' }, 'HASH');
    expect(ann).toMatchObject({
      audience: 'users',
      admin: false,
      name: 'Ann',
      emails: [{ value: 'Ann@acme.test', verified: true }],
    });
    expect(await accounts.credential('ann@ACME.test', 'users')).toEqual({ account: ann, hash: 'HASH' });
    expect(heard.at(-1)).toMatchObject({ kind: 'account', id: ann?.id });
  });

  it('are never a second one for an address, also when twenty register it at once', async () => {
    const each = Array.from({ length: 20 }, (_, one) =>
      local.register({ name: `Bob ${one}`, email: one % 2 ? 'bob@acme.test' : 'BOB@acme.test' }, 'HASH'),
    );
    expect((await Promise.all(each)).filter((account) => account !== undefined)).toHaveLength(1);
  });

  it('do not take an address that is somebody’s username', async () => {
    await writer.accounts.create({ ...newAccount('cleo'), username: 'cleo@acme.test', emails: [] });
    expect(await local.register({ name: 'Not Cleo', email: 'Cleo@acme.test' }, 'HASH')).toBeUndefined();
  });

  it('change a password that still is the one it was, once, and say whose address that proves', async () => {
    const { id } = await writer.accounts.create({
      ...newAccount('dora'),
      emails: [{ value: 'dora@acme.test', verified: false }],
    });
    await writer.setPasswordHash(id, 'OLD');
    expect(await local.changePassword(id, { from: 'OTHER', to: 'NEW' })).toBe(false);
    const won = await Promise.all(
      Array.from({ length: 10 }, (_, one) =>
        local.changePassword(id, { from: 'OLD', to: `NEW ${one}`, proves: 'Dora@acme.test' }),
      ),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await local.hashOf(id)).toBe(`NEW ${won.indexOf(true)}`);
    expect(await accounts.byId(id)).toMatchObject({
      emails: [{ value: 'dora@acme.test', verified: true }],
      revision: 2,
    });
  });

  it('without a password have none to change', async () => {
    const { id } = await writer.accounts.create(newAccount('eve'));
    expect(await local.hashOf(id)).toBeUndefined();
    expect(await local.changePassword(id, { from: 'OLD', to: 'NEW' })).toBe(false);
  });
});
