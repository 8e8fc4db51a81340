import type { DataSource } from 'typeorm';
import { ear, startPostgres } from '../test/postgres.js';
import { newAccount, newUsersource } from '../test/records.js';
import {
  PostgresAccounts,
  PostgresCatalogWriter,
  PostgresPendingChanges,
  PostgresRecoveryLinks,
  sqlOf,
  StatementFailed,
  transaction,
  WAYS_IN_LOCK,
  WriteConflict,
  type WaysIn,
} from './index.js';

/** Policy has nothing against it. */
const stayIn = () => true;
type Postgres = Awaited<ReturnType<typeof startPostgres>>;

const NOW = new Date('2030-01-01T00:00:00Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

let postgres: Postgres;
let admin: DataSource;
let gateway: DataSource;
let writer: PostgresCatalogWriter;
const { announce, heard } = ear();

beforeAll(async () => {
  postgres = await startPostgres();
  await postgres.migrate();
  admin = await postgres.open('admin', 10);
  gateway = await postgres.open('gateway', 10);
  writer = new PostgresCatalogWriter(admin, announce);
});
afterAll(() => postgres.stop());

describe('a recovery link', () => {
  it('is used once, of fifty tries at once, and only in time', async () => {
    const { id } = await writer.accounts.create(newAccount('root@acme.test'));
    const host = new PostgresRecoveryLinks(admin);
    const links = new PostgresRecoveryLinks(gateway);
    await host.leave(id, 'replaced', later(300));
    await host.leave(id, 'token', later(300));
    expect(await links.use('replaced', NOW)).toBeUndefined();
    const tries = await Promise.all(Array.from({ length: 50 }, () => links.use('token', NOW)));
    expect(tries.filter((account) => account === id)).toHaveLength(1);
    await host.leave(id, 'late', later(300));
    expect(await links.use('late', later(300))).toBeUndefined();
    expect(await links.use('late', NOW)).toBeUndefined();
  });

  it('is made by nobody who serves people, and read by nobody who makes it', async () => {
    await expect(new PostgresRecoveryLinks(gateway).leave('acc_x', 'forged', later(300))).rejects.toThrow(
      StatementFailed,
    );
    await expect(sqlOf(admin)('select hash from catalog.recovery_link')).rejects.toThrow(StatementFailed);
    await expect(new PostgresRecoveryLinks(admin).leave('acc_nobody', 'token', later(300))).rejects.toThrow(
      WriteConflict,
    );
  });
});

describe('a change that waits for its confirmation', () => {
  const begin = (changes: PostgresPendingChanges, before: Parameters<typeof changes.begin>[0]['before']) =>
    changes.begin({ at: NOW, until: later(600), actor: 'tok_1', ways: ['staff'], before });

  it('is confirmed by a session that began after it, and stays', async () => {
    const changes = new PostgresPendingChanges(admin, announce);
    const gate = new PostgresPendingChanges(gateway, announce);
    const change = await begin(changes, { other: { members: { enabled: true } } });
    await expect(begin(changes, {})).rejects.toThrow(WriteConflict);
    const times = { since: later(30), now: later(30) };
    expect(await gate.confirm('staff', 'acc_root', { ...times, since: later(-1) })).toBeUndefined();
    expect(await gate.confirm('other', 'acc_root', times)).toBeUndefined();
    expect(await gate.confirm('staff', 'acc_root', { since: later(30), now: later(600) })).toBeUndefined();
    expect(await gate.confirm('staff', 'acc_root', times)).toBe(change.id);
    expect(await changes.rollBack(later(900))).toBeUndefined();
    expect(await changes.get(change.id)).toMatchObject({ state: 'confirmed', decidedBy: 'acc_root' });
  });

  it('brings back members, settings and what was proven, by one of ten replicas', async () => {
    const changes = new PostgresPendingChanges(admin, announce);
    const made = await writer.usersources.create(
      newUsersource('staff', { audience: 'agents', settings: { siteKey: 'old', more: 1 } }),
    );
    await new PostgresAccounts(gateway, announce).markProven(made.id, 1, NOW);
    await begin(changes, {
      staff: { members: { sso: 'none', settings: made.settings }, provenAt: NOW.toISOString() },
    });
    await writer.usersources.update(made.id, { sso: 'automatic', settings: { siteKey: 'new' }, label: 'Kept' });
    expect(await changes.rollBack(later(599))).toBeUndefined();
    heard.length = 0;
    const done = await Promise.all(Array.from({ length: 10 }, () => changes.rollBack(later(600))));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(await writer.usersources.get('staff')).toMatchObject({
      ...{ sso: 'none', settings: { siteKey: 'old', more: 1 }, label: 'Kept', settingsVersion: 3 },
      proven: { at: NOW.toISOString(), settingsVersion: 3 },
    });
    expect(heard.map(({ id }) => id)).toEqual([made.id]);
  });

  it('gives SSO back unless somebody else has it by then', async () => {
    const changes = new PostgresPendingChanges(admin, announce);
    for (const slug of ['first', 'second']) {
      await writer.usersources.create(newUsersource(slug, { sso: slug === 'second' ? 'background' : 'none' }));
    }
    const before = { first: { members: { sso: 'automatic' as const, label: 'Back' } } };
    await begin(changes, { ...before, gone: { members: { enabled: true } } });
    await changes.rollBack(later(600));
    expect(await writer.usersources.get('first')).toMatchObject({ sso: 'none', label: 'Back' });
    await begin(changes, { ...before, second: { members: { sso: 'none' } } });
    await changes.rollBack(later(600));
    expect(await writer.usersources.get('first')).toMatchObject({ sso: 'automatic' });
  });

  it('is no secret store for the gateway', async () => {
    await expect(sqlOf(gateway)('select before from catalog.pending_change')).rejects.toThrow(StatementFailed);
    await expect(sqlOf(gateway)('delete from catalog.pending_change')).rejects.toThrow(StatementFailed);
  });
});

describe('a link', () => {
  it('takes the place of another subject of its usersource when that is wanted, and of no other', async () => {
    const accounts = new PostgresAccounts(gateway, announce);
    const [here, there] = [
      await writer.usersources.create(newUsersource('here')),
      await writer.usersources.create(newUsersource('there')),
    ];
    const account = (await writer.accounts.create(newAccount('moved@acme.test'))).id;
    const link = { account, createdBy: 'prove' } as const;
    await accounts.addLink({ ...link, usersource: here.id, subject: 'old' });
    await accounts.addLink({ ...link, usersource: there.id, subject: 'old' });
    await accounts.addLink({ ...link, usersource: here.id, subject: 'second' });
    await accounts.addLink({ ...link, usersource: here.id, subject: 'new' }, { replacing: true });
    const left = await accounts.linksOf(account);
    expect(left.map(({ usersource, subject }) => [usersource, subject]).sort()).toEqual(
      [
        [here.id, 'new'],
        [there.id, 'old'],
      ].sort(),
    );
  });

  it('of an admin is not taken away while a change waits that may take the other way along when it is taken back', async () => {
    const [changes, accounts] = [new PostgresPendingChanges(admin, announce), new PostgresAccounts(gateway, announce)];
    const agents = { audience: 'agents', enabled: true } as const;
    const ways = [
      await writer.usersources.create(newUsersource('old-way', agents)),
      await writer.usersources.create(newUsersource('new-way', agents)),
    ];
    const root = await writer.accounts.create({ ...newAccount('two-ways@acme.test'), audience: 'agents', admin: true });
    const gus = await writer.accounts.create({ ...newAccount('gus@acme.test'), audience: 'agents' });
    for (const { id, settingsVersion } of ways) {
      await accounts.markProven(id, settingsVersion, NOW);
      await accounts.addLink({ account: root.id, usersource: id, subject: 'root', createdBy: 'admin' });
      await accounts.addLink({ account: gus.id, usersource: id, subject: 'gus', createdBy: 'admin' });
    }
    const [old, other] = ways.map(({ id }) => id);
    const change = await changes.begin({
      ...{ at: NOW, until: later(600), actor: 'tok_1', ways: ['new-way'] },
      before: { 'new-way': { members: { enabled: false } } },
    });
    expect(await accounts.removeLink(root.id, old ?? '', stayIn)).toBe('last_way');
    // Who is no admin locks out nobody but themselves, and they have another way.
    expect(await accounts.removeLink(gus.id, old ?? '', stayIn)).toBe('removed');
    await changes.withdraw(change.id, NOW);
    expect(await accounts.removeLink(root.id, old ?? '', stayIn)).toBe('removed');
    expect(await accounts.removeLink(root.id, other ?? '', stayIn)).toBe('last_way');
  });

  it('of an admin stays where policy says that it hides the other way, and policy is told of all', async () => {
    const accounts = new PostgresAccounts(gateway, announce);
    const agents = { audience: 'agents', enabled: true } as const;
    const shown = await writer.usersources.create(newUsersource('shown', agents));
    const hidden = await writer.usersources.create(newUsersource('hidden', agents));
    const root = await writer.accounts.create({ ...newAccount('hidden@acme.test'), audience: 'agents', admin: true });
    for (const { id } of [shown, hidden]) {
      await accounts.addLink({ usersource: id, subject: 'hidden', account: root.id, createdBy: 'admin' });
      await accounts.markProven(id, 1, NOW);
    }
    const asked: unknown[] = [];
    const no = (now: WaysIn, then: WaysIn) => {
      const linksOf = ({ admins }: WaysIn) => admins.find(({ id }) => id === root.id)?.links.length;
      const found = now.usersources.find(({ id }) => id === hidden.id);
      asked.push([linksOf(now), linksOf(then), found?.proven?.settingsVersion, now.brands.map(({ slug }) => slug)]);
      return false;
    };
    expect(await accounts.removeLink(root.id, shown.id, no)).toBe('last_way');
    expect(asked).toEqual([[2, 1, 1, ['default']]]);
    expect(await accounts.linksOf(root.id)).toHaveLength(2);
    expect(await accounts.removeLink(root.id, shown.id, stayIn)).toBe('removed');
  });

  it('is taken away in turn with the changes of the admin API', async () => {
    const accounts = new PostgresAccounts(gateway, announce);
    let gone = false;
    const removing = transaction(admin, async (sql) => {
      await sql('select pg_advisory_xact_lock($1)', [WAYS_IN_LOCK]);
      const removed = accounts.removeLink('acc_nobody', 'us_nothing', stayIn).then(() => (gone = true));
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(gone).toBe(false);
      return { removed };
    });
    await (
      await removing
    ).removed;
    expect(gone).toBe(true);
  });
});
