import { ear, startPostgres } from '../test/postgres.js';
import { newAccount, newUsersource } from '../test/records.js';
import { PostgresAccounts } from './accounts.js';
import { PostgresCatalogWriter } from './catalog-writer.js';

describe('seats of a usersource', () => {
  const { announce } = ear();
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

  const comes = (name: string, seatCap: number | null, createdBy: 'jit' | 'prove' = 'jit') =>
    accounts.createLinked(newAccount(`${name}@acme.test`), { usersource, subject: name, createdBy }, { seatCap });

  it('are taken by exactly as many of thirty newcomers at once as there are', async () => {
    const all = await Promise.allSettled(Array.from({ length: 30 }, (_, at) => comes(`crowd-${at}`, 3)));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const reasons = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(reasons).toEqual(Array(27).fill(expect.objectContaining({ code: 'not_admitted', detail: 'seats.none' })));
    expect(await accounts.seatsTaken(usersource)).toBe(3);
  });

  it('are free again when somebody is disabled or gone, and are not taken by who had an account before', async () => {
    await expect(comes('late', 3)).rejects.toMatchObject({ code: 'not_admitted' });
    const [one, two] = (await writer.accounts.list({ limit: 10 })).data;
    await writer.accounts.update(one?.id ?? '', { disabled: true });
    await comes('in-their-place', 3);
    await writer.accounts.delete(two?.id ?? '');
    await comes('and-theirs', 3);
    await comes('proven', null, 'prove');
    expect(await accounts.seatsTaken(usersource)).toBe(3);
  });

  it('are no matter where nobody set a limit', async () => {
    await comes('any', null);
    expect(await accounts.seatsTaken(usersource)).toBe(4);
  });
});
