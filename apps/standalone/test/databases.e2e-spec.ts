import { readFileSync } from 'node:fs';
import {
  Browser,
  describeWith,
  startMariaDb,
  startPeoplePostgres,
  type Page,
  type PeopleServer,
} from '@passbroker/testing';
import { fillPeople, HASHES, PASSWORD, settingsFor } from '../../../libs/usersources/test/people-tables.js';
import { fillPeoplesoft, OPERATOR_PASSWORD } from '../../../libs/usersources/test/peoplesoft-tables.js';
import { startBroker, type Broker } from './world/broker.js';
import { configure, question, redeem, REDIRECT } from './world/people.js';

const isCallback = (url: URL): boolean => url.href.startsWith(REDIRECT);
/** The views as the documents have the DBA make them. */
const VIEWS =
  /```sql\n(create view [\s\S]*?)```/.exec(readFileSync('docs/usersources/peoplesoft-database.md', 'utf8'))?.[1] ?? '';

/** A refusal by an upstream waits for the next of these. */
const BEAT_MS = 400;

const SERVERS = [
  ['postgres', startPeoplePostgres],
  ['mariadb', startMariaDb],
] as const;

for (const [dialect, start] of SERVERS) {
  describeWith([dialect, 'openssl'], `people in ${dialect}, at the sign-in page`, () => {
    let broker: Broker;
    let client: { clientSecret: string };
    let server: PeopleServer;
    let usersource: string;
    let known: string | undefined;
    let places = 0;

    beforeAll(async () => {
      [broker, server] = await Promise.all([startBroker(), start()]);
      await fillPeople(server);
      client = await configure(broker, { sso: 'none' });
      const made = await broker.api('POST', '/v1/usersources', {
        ...{ slug: 'people', type: 'database', brand: 'default', audience: 'users', label: 'People' },
        ...{ jit: { create: 'on' }, linking: { mode: 'prove', authoritativeDomains: ['corp.test'] } },
        settings: { ...settingsFor(server), keepStrongHash: true },
      });
      usersource = String(made['id']);
      // One form, one source: the built-in accounts would have a word too.
      const { data } = await broker.api('GET', '/v1/usersources?limit=100');
      const local = (data as { id: string; type: string; audience: string }[]).find(
        ({ type, audience }) => type === 'local' && audience === 'users',
      );
      await broker.api('PATCH', `/v1/usersources/${local?.id ?? ''}`, { enabled: false });
      await new Promise((resolve) => setTimeout(resolve, 1_200));
    }, 180_000);
    afterAll(async () => {
      await broker.close();
      await server.stop();
    });

    async function typed(browser: Browser, name: string, password: string, path: string): Promise<Page> {
      const page = await browser.visit(path, { until: isCallback });
      return browser.submit(
        page.form('Password'),
        { 'E-mail or username': name, Password: password },
        { until: isCallback },
      );
    }
    /** How often it was refused so, once what was audited has arrived. */
    const refusals = async (code: string): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const { data } = await broker.api('GET', `/v1/audit-events?code=${code}&limit=100`);
      return (data as unknown[]).length;
    };

    it('signs somebody in to an application', async () => {
      const asked = question(broker);
      const end = await typed(broker.browser(), 'ann', PASSWORD, asked.url);
      if (!end.location) throw new Error(end.text);
      const { body } = await redeem(broker, client.clientSecret, end.location, asked);
      const claims = JSON.parse(
        Buffer.from(String(body['id_token']).split('.')[1] ?? '', 'base64url').toString('utf8'),
      ) as Record<string, unknown>;
      expect(claims).toMatchObject({ email: 'ann@corp.test', name: 'Ann Ähm', amr: ['pwd'] });
    }, 30_000);

    it.each([
      ['a wrong password', 'ann', 'wrong', 'password.wrong'],
      ['a name nobody has', 'nobody', PASSWORD, 'password.unknown_name'],
      ['a name that only a collation knows (SQL-007)', 'ADMIN', PASSWORD, 'password.unknown_name'],
      ['an injection (SQL-003)', "ann' or '1'='1", PASSWORD, 'password.unknown_name'],
      ['a locked row with the right password (PWD-008)', 'cid', PASSWORD, 'account.disabled'],
      ['a hash of unknown kind', 'dora', PASSWORD, 'password.unsupported_hash'],
      ['a hash that asks for 4 GB (SQL-011)', 'dear', PASSWORD, 'password.unsupported_hash'],
    ])(
      'refuses %s, in the words and with the status of every wrong password (PWD-001)',
      async (_what, name, password, code) => {
        known ??= (await typed(broker.browser(), 'fay', 'x', '/login')).text;
        const before = await refusals(code);
        const page = await typed(broker.browser(), name, password, '/login');
        expect(page.status).toBe(422);
        const words = (text: string) => text.replace(/[A-Z0-9]{8}/g, '');
        expect(words(page.text)).toBe(words(known));
        expect(await refusals(code)).toBe(before + 1);
      },
      30_000,
    );

    it('refuses two people whose names differ in case only, and lets each other one in', async () => {
      expect((await typed(broker.browser(), 'Gus', PASSWORD, '/login')).status).toBe(422);
      const page = await typed(broker.browser(), 'josé', PASSWORD, '/login');
      expect([page.status, page.url.pathname]).toEqual([200, '/']);
    }, 30_000);

    it('refuses on the beat, whichever byte of a weak hash is another one (SQL-008)', async () => {
      const [mark, encoded = ''] = HASHES.ssha.split('}');
      const kept = async (spoilt?: number) => {
        const bytes = Buffer.from(encoded, 'base64');
        if (spoilt !== undefined) bytes[spoilt] = (bytes[spoilt] ?? 0) ^ 1;
        await server.admin(`update people set hash = '${mark}}${bytes.toString('base64')}' where login = 'admin'`);
      };
      const timed = async () => {
        // Each from a place of its own: they are refused for what they type, not for how many they are.
        const headers = { 'x-test-client': `203.0.113.${++places}` };
        const browser = new Browser(broker.origin, { headers });
        const form = (await browser.visit('/login')).form('Password');
        const began = performance.now();
        const { status } = await browser.submit(form, { 'E-mail or username': 'admin', Password: PASSWORD });
        return { status, beats: Math.floor((performance.now() - began) / BEAT_MS) };
      };
      const [FIRST, LAST] = [0, 19];
      const soonest: Record<number, number> = {};
      for (const spoilt of [FIRST, LAST, LAST, FIRST, FIRST, LAST]) {
        await kept(spoilt);
        const { status, beats } = await timed();
        expect(status).toBe(422);
        soonest[spoilt] = Math.min(soonest[spoilt] ?? Infinity, beats);
      }
      // The digest itself is compared in constant time; here the answer waits, whatever it took.
      expect(soonest).toEqual({ [FIRST]: 1, [LAST]: 1 });
      await kept();
      expect((await timed()).status).toBe(200);
      await server.admin(`update people set hash = '${HASHES.bcrypt}' where login = 'admin'`);
    }, 60_000);

    it('lives on hashes of our own once the table is emptied of weak ones', async () => {
      const bob = async (password: string) => (await typed(broker.browser(), 'bob', password, '/login')).status;
      // The second time there is a link to keep it with.
      expect([await bob(PASSWORD), await bob(PASSWORD)]).toEqual([200, 200]);
      await server.admin("update people set hash = null where login in ('bob', 'Fay')");
      expect([await bob(PASSWORD), await bob('wrong')]).toEqual([200, 422]);
      await server.admin(`update people set hash = '${HASHES.bcrypt}' where login = 'Fay'`);
    }, 30_000);

    it('asks PeopleSoft’s operators next, on the same form, for a name that nobody has in the first table (SQL-012)', async () => {
      await fillPeoplesoft(server, VIEWS);
      const { dialect: kind, host, port, database, user, password, ca, tlsServerName } = settingsFor(server);
      await broker.api('POST', '/v1/usersources', {
        ...{ slug: 'psft', type: 'peoplesoft-database', brand: 'default', audience: 'users', label: 'PeopleSoft' },
        ...{ jit: { create: 'on' }, linking: { mode: 'prove', authoritativeDomains: ['corp.test'] } },
        settings: {
          ...{ dialect: kind, host, port, database, user, password, ca, tlsServerName },
          ...{ passwordCheck: 'unsalted-sha1', databaseName: 'HRPRD' },
        },
      });
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      expect((await typed(broker.browser(), 'jdoe', OPERATOR_PASSWORD, '/login')).url.pathname).toBe('/');
      for (const [name, word] of [
        ['jdoe', 'wrong'],
        ['LOCKED', OPERATOR_PASSWORD],
        ['SALTED', OPERATOR_PASSWORD],
        ['WAITING', OPERATOR_PASSWORD],
      ] as const) {
        expect((await typed(broker.browser(), name, word, '/login')).status).toBe(422);
      }
      const { data } = await broker.api('GET', '/v1/accounts?limit=100');
      expect(data).toContainEqual(expect.objectContaining({ name: 'Jane Doe' }));
    }, 60_000);

    it('tells neither log nor audit nor API a password or a hash', async () => {
      const { data } = await broker.api('GET', '/v1/usersources?limit=100');
      const told = `${broker.log.join('\n')}${JSON.stringify(data)}`;
      for (const secret of [PASSWORD, server.password, ...Object.values(HASHES)]) {
        expect(secret).not.toBe('');
        expect(told).not.toContain(secret);
      }
    });

    it('says "not now" while the database is away, and nothing of it (SQL-016 the same)', async () => {
      const set = async (more: Record<string, unknown>) => {
        await broker.api('PATCH', `/v1/usersources/${usersource}`, {
          settings: { password: server.password, ...more },
        });
        await new Promise((resolve) => setTimeout(resolve, 1_200));
      };
      await set({ ca: server.tls.otherCa });
      const page = await typed(broker.browser(), 'ann', PASSWORD, '/login');
      expect(page.status).toBe(503);
      expect(page.text).not.toMatch(/certificate|postgres|mariadb|127\.0\.0\.1/i);
      await set({ ca: server.tls.ca });
      expect((await typed(broker.browser(), 'Fay', PASSWORD, '/login')).url.pathname).toBe('/');
    }, 60_000);
  });
}
