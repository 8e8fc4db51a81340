import type { DataSource } from 'typeorm';
import { ear, startPostgres } from '../test/postgres.js';
import { newAccount, newUsersource } from '../test/records.js';
import { PostgresAccounts, PostgresCatalogWriter, PostgresSecondFactors, sqlOf, type Passkey } from './index.js';

/** Policy has nothing against it. */
const stayIn = () => true;
type Postgres = Awaited<ReturnType<typeof startPostgres>>;

const NOW = new Date('2030-01-01T00:00:00Z');
const HOST = 'help.acme.test';

let postgres: Postgres;
let admin: DataSource;
let gateway: DataSource;
let factors: PostgresSecondFactors;
let accounts: PostgresAccounts;
let writer: PostgresCatalogWriter;
const { announce } = ear();

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.migrate();
  admin = await postgres.open('admin');
  gateway = await postgres.open('gateway', 10);
  factors = new PostgresSecondFactors(gateway);
  accounts = new PostgresAccounts(gateway, announce);
  writer = new PostgresCatalogWriter(admin, announce);
});
afterAll(() => postgres.stop());

const person = async (email: string) => (await writer.accounts.create(newAccount(email))).id;
const passkeyOf = (account: string, id: string, more: Partial<Passkey> = {}) => ({
  ...{ id, account, rpId: HOST, publicKey: 'AAAA', counter: 0, transports: ['internal'], synced: false },
  ...{ label: 'Phone', createdAt: NOW, ...more },
});
const wins = async (tries: Promise<boolean>[]) => (await Promise.all(tries)).filter(Boolean).length;

describe('second factors', () => {
  it('take each time step once, of fifty tries at once, and no earlier one', async () => {
    const account = await person('steps@acme.test');
    await factors.setTotp(account, 'sealed', 100, NOW);
    expect(await wins(Array.from({ length: 50 }, () => factors.claimStep(account, 101)))).toBe(1);
    expect(await factors.claimStep(account, 100)).toBe(false);
    expect(await factors.claimStep(account, 102)).toBe(true);
  });

  it('do not let a used code in again by setting the app up anew', async () => {
    const account = await person('again@acme.test');
    await factors.setTotp(account, 'one', 200, NOW);
    await factors.setTotp(account, 'two', 150, NOW);
    expect(await factors.claimStep(account, 200)).toBe(false);
  });

  it('take each recovery code once, of fifty tries at once, and none of an older set', async () => {
    const account = await person('codes@acme.test');
    await factors.replaceRecoveryCodes(account, ['old']);
    await factors.replaceRecoveryCodes(account, ['a', 'b']);
    expect(await wins(Array.from({ length: 50 }, () => factors.claimRecoveryCode(account, 'a', NOW)))).toBe(1);
    expect(await factors.claimRecoveryCode(account, 'old', NOW)).toBe(false);
    expect(await factors.recoveryCodesLeft(account)).toBe(1);
  });

  it('are one person’s: a passkey that somebody has is nobody else’s', async () => {
    const [ann, bob] = [await person('ann@keys.test'), await person('bob@keys.test')];
    expect(await factors.addPasskey(passkeyOf(ann, 'k1'))).toBe(true);
    expect(await factors.addPasskey(passkeyOf(bob, 'k1'))).toBe(false);
    await factors.removePasskey(bob, 'k1');
    expect((await factors.passkey('k1'))?.account).toBe(ann);
  });

  it('count for the host they were made for', async () => {
    const account = await person('host@keys.test');
    await factors.addPasskey(passkeyOf(account, 'k2'));
    expect(await Promise.all([factors.has(account, HOST), factors.has(account, 'other.test')])).toEqual([true, false]);
  });

  it('refuse a passkey whose counter stands still or goes back, unless it never counts', async () => {
    const account = await person('count@keys.test');
    await factors.addPasskey(passkeyOf(account, 'k3', { counter: 5 }));
    await factors.addPasskey(passkeyOf(account, 'k4'));
    expect(await factors.passkeyUsed('k3', 6, NOW)).toBe(true);
    expect(await factors.passkeyUsed('k3', 6, NOW)).toBe(false);
    expect(await factors.passkeyUsed('k4', 0, NOW)).toBe(true);
    expect(await factors.passkeyUsed('k4', 0, NOW)).toBe(true);
  });

  it('leave no recovery code behind when the last one goes', async () => {
    const account = await person('last@acme.test');
    await factors.setTotp(account, 'sealed', 1, NOW);
    await factors.addPasskey(passkeyOf(account, 'k5'));
    await factors.replaceRecoveryCodes(account, ['c']);
    await factors.removeTotp(account);
    expect(await factors.recoveryCodesLeft(account)).toBe(1);
    await factors.removePasskey(account, 'k5');
    expect(await factors.recoveryCodesLeft(account)).toBe(0);
  });

  it('can be taken away by the admin’s role and read by the gateway’s only', async () => {
    const account = await person('reset@acme.test');
    await factors.setTotp(account, 'sealed', 1, NOW);
    await expect(sqlOf(admin)('select sealed from catalog.totp')).rejects.toThrow('permission denied');
    await expect(sqlOf(await postgres.open('minter'))('select account from catalog.totp')).rejects.toThrow('denied');
    await sqlOf(admin)('delete from catalog.totp where account = $1', [account]);
    expect(await factors.totp(account)).toBeUndefined();
  });
});

describe('taking a link away', () => {
  it('is refused when it is the last way in, also to two at once', async () => {
    const [one, two] = [
      await writer.usersources.create(newUsersource('way-one')),
      await writer.usersources.create(newUsersource('way-two')),
    ];
    const account = await person('ways@acme.test');
    for (const { id } of [one, two]) {
      await accounts.addLink({ usersource: id, subject: account, account, createdBy: 'owner' });
    }
    const both = await Promise.all([one, two].map(({ id }) => accounts.removeLink(account, id, stayIn)));
    expect(both.sort()).toEqual(['last_way', 'removed']);
    expect(await accounts.linksOf(account)).toHaveLength(1);
  });

  it('leaves a password as a way in, and an admin one that is proven', async () => {
    const source = await writer.usersources.create(newUsersource('way-three'));
    const user = await person('pwd@acme.test');
    await writer.setPasswordHash(user, '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA');
    await accounts.addLink({ usersource: source.id, subject: 'u', account: user, createdBy: 'owner' });
    expect(await accounts.removeLink(user, source.id, stayIn)).toBe('removed');
    expect(await accounts.removeLink(user, source.id, stayIn)).toBe('missing');

    const agents = await writer.usersources.create(newUsersource('way-agents', { audience: 'agents' }));
    const root = await writer.accounts.create(newAccount('root@acme.test', { audience: 'agents', admin: true }));
    await writer.setPasswordHash(root.id, '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA');
    await accounts.addLink({ usersource: agents.id, subject: 'r', account: root.id, createdBy: 'owner' });
    expect(await accounts.removeLink(root.id, agents.id, stayIn)).toBe('last_way');
    const local = (await writer.usersources.list({ limit: 100 })).data.find(
      ({ type, audience }) => type === 'local' && audience === 'agents',
    );
    await accounts.markProven(local?.id ?? '', local?.settingsVersion ?? 0, NOW);
    expect(await accounts.removeLink(root.id, agents.id, stayIn)).toBe('removed');
  });
});
