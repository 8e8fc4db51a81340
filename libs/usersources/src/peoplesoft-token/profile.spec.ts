import { readFileSync } from 'node:fs';
import { describeWith, startMariaDb, startPeoplePostgres, type PeopleServer } from '@passbroker/testing';
import { fillPeoplesoft } from '../../test/peoplesoft-tables.js';
import { issueToken, written } from '../../test/ps-token.js';
import { toolsFor } from '../../test/tools.js';
import { openUsersource } from '../registry.js';

const NOW = new Date('2030-01-01T10:30:00Z');
const PASSWORD = 'glib-otter-vexes-9-quiet-lanterns';
/** The views as the documents have the DBA make them: what is written there is what is tested. */
const DDL =
  /```sql\n(create view [\s\S]*?)```/.exec(readFileSync('docs/usersources/peoplesoft-database.md', 'utf8'))?.[1] ?? '';
const NO_HASHES = `create view PB_NO_HASHES as
  select OPRID, USERIDALIAS, OPRDEFNDESC, EMPLID, EMAILID, OPRCLASS, ACCTLOCK, LASTPSWDCHANGE from PSOPRDEFN;`;

const SERVERS = [
  ['postgres', startPeoplePostgres],
  ['mariadb', startMariaDb],
] as const;

for (const [name, start] of SERVERS) {
  describeWith([name, 'openssl'], `a PeopleSoft token, and the operators in ${name}`, () => {
    let server: PeopleServer;

    beforeAll(async () => {
      server = await start();
      await fillPeoplesoft(server, DDL + NO_HASHES);
    }, 120_000);
    afterAll(() => server.stop());

    function open(more: Record<string, unknown> = {}, profile: Record<string, unknown> = {}) {
      const settings = {
        ...{ mode: 'mac', trustedNodes: [{ name: 'PSFT_HR' }], nodePasswords: `PSFT_HR=${PASSWORD}` },
        profile: {
          ...{ dialect: server.dialect, host: server.host, port: server.port, database: server.database },
          ...{ user: server.user, ca: server.tls.ca, tlsServerName: server.serverName, ...profile },
        },
        profilePassword: server.password,
        ...more,
      };
      const usersource = openUsersource(
        'peoplesoft-token',
        settings,
        toolsFor('hr', () => NOW),
      );
      const bring = async (userId: string) => {
        const cookie = issueToken({ userId, node: 'PSFT_HR', password: PASSWORD, issued: written(NOW) });
        const { carry } = await usersource.begin('t', { forceFresh: false, silent: false });
        const reply = { method: 'GET' as const, rawQuery: '', fields: {}, remoteAddress: '192.0.2.1' };
        return usersource.finish({ ...reply, cookies: { PS_TOKEN: [cookie] } }, carry);
      };
      return { usersource, bring };
    }

    it('says of whoever it names what PeopleSoft’s tables say', async () => {
      expect(await open().bring('JDOE')).toMatchObject({
        subject: 'JDOE@PSFT_HR',
        claims: {
          ...{ username: 'JDOE', name: 'Jane Doe', email: 'jane@corp.test', emailVerified: false },
          ...{ groups: ['Employee', 'HR Admin'], attributes: { oprid: 'JDOE', emplid: 'KU0007' } },
        },
        said: { userId: 'JDOE', node: 'PSFT_HR', roles: ['Employee', 'HR Admin'], emplid: 'KU0007' },
        methods: [],
      });
      expect((await open().bring('RROE')).claims).toMatchObject({ username: 'RROE', name: 'Richard Roe' });
    });

    it.each([
      ['whom PeopleSoft has locked (SQL-012)', 'LOCKED', 'account.disabled'],
      ['whose password has expired', 'EXPIRED', 'account.disabled'],
      ['who is there no more, though the signature is right (KRB-013)', 'GONE', 'upstream.refused'],
      ['who is there in other letters only (SQL-007, SQL-012)', 'jdoe', 'upstream.refused'],
      ['who is there without an accent only (SQL-007)', 'JDÖE', 'upstream.refused'],
      ['whose name is an injection (SQL-003)', "JDOE' or '1'='1", 'upstream.refused'],
      ['who is delivered with every installation', 'VP1', 'upstream.refused'],
    ])('refuses somebody %s', async (_who, userId, code) => {
      const { bring } = open();
      await expect(bring(userId)).rejects.toMatchObject({ code });
      expect(await bring('JDOE')).toMatchObject({ subject: 'JDOE@PSFT_HR' });
    });

    it('refuses from the moment the operator is locked, and takes them back', async () => {
      const { bring } = open();
      const lock = (state: 0 | 1) => server.admin(`update PSOPRDEFN set ACCTLOCK = ${state} where OPRID = 'RROE'`);
      expect(await bring('RROE')).toMatchObject({ subject: 'RROE@PSFT_HR' });
      await lock(1);
      await expect(bring('RROE')).rejects.toMatchObject({ code: 'account.disabled' });
      await lock(0);
      expect(await bring('RROE')).toMatchObject({ subject: 'RROE@PSFT_HR' });
    });

    it('reads no column of a password: a view without them will do', async () => {
      const { bring } = open({}, { views: { operators: 'PB_NO_HASHES' } });
      expect(await bring('JDOE')).toMatchObject({ subject: 'JDOE@PSFT_HR' });
      await expect(bring('LOCKED')).rejects.toMatchObject({ code: 'account.disabled' });
    });

    it('lets nobody in while the tables cannot be asked, or by a stranger’s certificate', async () => {
      const closed = open({}, { port: 9 });
      await expect(closed.bring('JDOE')).rejects.toMatchObject({ code: 'usersource.unreachable' });
      const stranger = open({}, { ca: server.tls.otherCa });
      await expect(stranger.bring('JDOE')).rejects.toMatchObject({ code: expect.stringMatching(/^usersource\./) });
      expect(await open().bring('JDOE')).toMatchObject({ subject: 'JDOE@PSFT_HR' });
    });

    it('keeps to the site’s own word about addresses, where there is one', async () => {
      const { claims } = await open({ emailDomain: 'acme.test' }).bring('JDOE');
      expect(claims).toMatchObject({ email: 'jdoe@acme.test', emailVerified: true });
    });

    it('tells the connection test what it found, and no secret', async () => {
      const { usersource } = open();
      expect(usersource.watched).toBe(true);
      const found = await usersource.probe({ username: 'LOCKED' });
      expect(found).toMatchObject({ state: 'ok' });
      expect(found.steps.at(-1)?.detail).toBe('LOCKED is there: locked, 0 roles, no e-mail address.');
      const missing = await open({}, { views: { roles: 'NOT_THERE' } }).usersource.probe();
      expect(missing.state).toBe('down');
      expect(JSON.stringify([found, missing])).not.toContain(server.password);
    });
  });
}
