import { jest } from '@jest/globals';
import { Browser, describeWith, startMariaDb, startPeoplePostgres, type PeopleServer } from '@passbroker/testing';
import { fillPeople, PASSWORD, settingsFor } from '../../../libs/usersources/test/people-tables.js';
import { startBroker, type Broker } from './world/broker.js';
import { CALLBACK, configure, multipassOf } from './world/people.js';

jest.setTimeout(120_000);

const COLUMNS = 'id, login, hash, email, email_ok, full_name, locked, department';
const byQuery = (where: string) => ({ table: null, query: `select ${COLUMNS} from people where ${where}` });
const BY_TABLE = { table: 'people', query: null };

const SERVERS = [
  {
    dialect: 'postgres',
    start: startPeoplePostgres,
    sleep: 'pg_sleep(20)',
    // A function that writes, and an account that may: only the transaction is left to refuse it.
    grab: `create function grab(t text) returns text language sql as 'delete from memberships returning ''x''';
           grant all on memberships to reader`,
    moreThan: (connections: number) =>
      `do $$ begin if (select count(*) from pg_stat_activity where usename = 'reader') > ${connections}
       then raise exception 'too many'; end if; end $$`,
  },
  {
    dialect: 'mariadb',
    start: startMariaDb,
    sleep: 'sleep(20)',
    grab: `create function grab(t text) returns text deterministic modifies sql data
           begin delete from memberships; return 'x'; end;
           grant all on people.* to reader@'127.0.0.1'; flush privileges`,
    moreThan: (connections: number) =>
      `begin not atomic if (select count(*) from information_schema.processlist where user = 'reader') > ${connections}
       then signal sqlstate '45000'; end if; end`,
  },
] as const;

for (const { dialect, start, sleep, grab, moreThan } of SERVERS) {
  describeWith([dialect, 'openssl'], `a statement on ${dialect} that harms, at the sign-in page`, () => {
    let broker: Broker;
    let server: PeopleServer;
    let usersource: string;
    let places = 0;

    beforeAll(async () => {
      // One gateway: what is bounded is bounded per gateway.
      [broker, server] = await Promise.all([startBroker({ gateways: 1, minters: 1 }), start()]);
      await fillPeople(server);
      await configure(broker, { sso: 'none' });
      const made = await broker.api('POST', '/v1/usersources', {
        ...{ slug: 'people', type: 'database', brand: 'default', audience: 'users', label: 'People' },
        mapping: { groups: 'claims.?groups.orValue([])' },
        ...{ jit: { create: 'on' }, linking: { mode: 'prove', authoritativeDomains: ['corp.test'] } },
        settings: settingsFor(server),
      });
      usersource = String(made['id']);
      // One form, one source: the built-in accounts would have a word too.
      const { data } = await broker.api('GET', '/v1/usersources?limit=100');
      const local = (data as { id: string; type: string; audience: string }[]).find(
        ({ type, audience }) => type === 'local' && audience === 'users',
      );
      await broker.api('PATCH', `/v1/usersources/${local?.id ?? ''}`, { enabled: false });
      await new Promise((resolve) => setTimeout(resolve, 1_200));
    });
    afterAll(async () => {
      await broker.close();
      await server.stop();
    });

    const patch = (more: Record<string, unknown>) =>
      broker.api('PATCH', `/v1/usersources/${usersource}`, { settings: { password: server.password, ...more } });
    const set = async (more: Record<string, unknown>) => {
      await patch(more);
      await new Promise((resolve) => setTimeout(resolve, 1_200));
    };
    /** 200 is in; 422 is a wrong password's answer, 503 that of a database that is away. */
    async function signIn(name = 'ann', password: string = PASSWORD): Promise<number> {
      // Each from a place of its own: they are refused for what they ask, not for how many they are.
      const browser = new Browser(broker.origin, { headers: { 'x-test-client': `203.0.113.${++places}` } });
      const page = await browser.visit('/login');
      return (await browser.submit(page.form('Password'), { 'E-mail or username': name, Password: password })).status;
    }
    async function groupsOfAnn(): Promise<unknown> {
      const { data } = await broker.api('GET', '/v1/accounts?email=ann@corp.test');
      return Reflect.get(Object(Array.isArray(data) ? data[0] : undefined), 'groups');
    }

    it.each([
      ['a second statement', 'query', 'login = :username; drop table people'],
      ['a comment over the rest', 'query', 'login = :username -- and locked = 0'],
      ['a file', 'query', "login = :username into outfile '/tmp/x'"],
    ])('is refused where it is configured: %s (SQL-004)', async (_what, member, where) => {
      await expect(patch(byQuery(where))).rejects.toThrow(new RegExp(`: 422 .*"pointer":"/settings/${member}"`));
      await expect(
        patch({ groupsQuery: `select grp from memberships where person = :subject; delete from people` }),
      ).rejects.toThrow(/: 422 .*"pointer":"\/settings\/groupsQuery"/);
      expect(await signIn()).toBe(200);
    });

    it('writes nothing by a function, even with an account that may (SQL-004)', async () => {
      await server.admin(grab);
      await set(byQuery('login = :username and grab(login) is not null'));
      expect(await signIn()).toBe(503);
      expect(broker.log.join('\n')).toMatch(/the database answers: (25006|ER_\w*READ_ONLY)/);
      await set(byQuery('login = :username'));
      expect(await signIn()).toBe(200);
      // Still there: nothing was taken out of the table.
      expect(await groupsOfAnn()).toEqual(['editors', 'staff']);
      await set(BY_TABLE);
    });

    it('is not run for an empty password, which Oracle takes for none (SQL-013)', async () => {
      expect([await signIn('emil', ''), await signIn('ann', '')]).toEqual([422, 422]);
      // The same where no database is: nobody was asked. With a password somebody is, in vain.
      await set({ port: 1 });
      expect([await signIn('ann', ''), await signIn('ann')]).toEqual([422, 503]);
      await set({ port: server.port });
      expect(await signIn()).toBe(200);
    });

    it('that is slow is ended, in few connections, and holds up nobody who comes another way (SQL-015)', async () => {
      await set(byQuery(`login = :username and (select ${sleep}) is not null`));
      const began = performance.now();
      const took: number[] = [];
      const slow = Promise.all(
        Array.from({ length: 12 }, async () => {
          const status = await signIn();
          took.push(performance.now() - began);
          return status;
        }),
      );
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await server.admin(moreThan(4));
      // So many there are: the question can fail.
      await expect(server.admin(moreThan(0))).rejects.toThrow();
      const other = broker.browser();
      const since = performance.now();
      await other.visit('/sso/start/intranet', { until: (url) => url.port === '4998' });
      expect((await other.visit(`${CALLBACK}?${multipassOf('mia')}`)).status).toBe(200);
      expect(performance.now() - since).toBeLessThan(1_500);
      expect(took).toEqual([]);
      expect(await slow).toEqual(Array<number>(12).fill(503));
      expect(Math.max(...took)).toBeLessThan(9_000);

      await set(BY_TABLE);
      for (const end = Date.now() + 40_000; (await signIn()) !== 200;) {
        if (Date.now() > end) throw new Error('it lets nobody in any more');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    });
  });
}
