import { readFileSync } from 'node:fs';
import { describeWith, startMariaDb, startPeoplePostgres, type PeopleServer } from '@passbroker/testing';
import { fillPeoplesoft, HASHED, OPERATOR_PASSWORD } from '../../test/peoplesoft-tables.js';
import { toolsFor } from '../../test/tools.js';
import { openUsersource } from '../registry.js';

const NOW = new Date('2030-01-01T00:00:00Z');
const DOCUMENT = 'docs/usersources/peoplesoft-database.md';

/** The views as the documents have the DBA make them: what is written there is what is tested. */
const DDL = /```sql\n(create view [\s\S]*?)```/.exec(readFileSync(DOCUMENT, 'utf8'))?.[1] ?? '';

const SERVERS = [
  ['postgres', startPeoplePostgres],
  ['mariadb', startMariaDb],
] as const;

for (const [name, start] of SERVERS) {
  describeWith([name, 'openssl'], `PeopleSoft's operators in ${name}`, () => {
    let server: PeopleServer;

    beforeAll(async () => {
      server = await start();
      await fillPeoplesoft(server, DDL);
    }, 120_000);
    afterAll(() => server.stop());

    function open(more: Record<string, unknown> = {}, answer?: (request: Request) => Promise<Response>) {
      const tools = toolsFor('psft', () => NOW);
      const usersource = openUsersource(
        'peoplesoft-database',
        {
          ...{ dialect: server.dialect, host: server.host, port: server.port, database: server.database },
          ...{ user: server.user, password: server.password, ca: server.tls.ca, tlsServerName: server.serverName },
          ...{ passwordCheck: 'unsalted-sha1', databaseName: 'HRPRD' },
          ...more,
        },
        { ...tools, ...(answer && { fetch: (input, init) => answer(new Request(input, init)) }) },
      );
      const signIn = (username: string, password = OPERATOR_PASSWORD) =>
        usersource.finish({ method: 'POST', rawQuery: '', fields: { username, password }, remoteAddress: '::1' }, {});
      return { usersource, signIn };
    }

    it('signs in an operator, blanks trimmed, with active roles and the primary address', async () => {
      expect(await open().signIn('JDOE')).toEqual({
        usersource: 'psft',
        subject: 'HRPRD:JDOE',
        claims: {
          ...{ username: 'JDOE', name: 'Jane Doe', email: 'jane@corp.test', emailVerified: false },
          ...{ groups: ['Employee', 'HR Admin'], attributes: { oprid: 'JDOE', emplid: 'KU0007' } },
        },
        said: {
          ...{ oprid: 'JDOE', alias: 'jane.doe@corp.test', name: 'Jane Doe', emplid: 'KU0007' },
          ...{ email: 'jane@corp.test', roles: ['Employee', 'HR Admin'], permissionList: 'HCCPALL' },
        },
        authenticatedAt: NOW,
        methods: ['pwd'],
      });
      const bare = await open().signIn('RROE');
      expect(bare.claims).toEqual({
        ...{ username: 'RROE', name: 'Richard Roe', groups: ['Employee'], attributes: { oprid: 'RROE' } },
      });
    });

    it('carries the EMPLID in the subject where the admin says so: a reused OPRID is somebody else', async () => {
      expect(await open({ subjectHasEmplid: true }).signIn('JDOE')).toMatchObject({ subject: 'HRPRD:JDOE:KU0007' });
    });

    it('SQL-012: writes an OPRID in capitals, or takes it as it is, as the settings say', async () => {
      expect(await open().signIn('jdoe')).toMatchObject({ subject: 'HRPRD:JDOE' });
      await expect(open({ oprIdCase: 'asis' }).signIn('jdoe')).rejects.toMatchObject({ code: 'password.unknown_name' });
      expect(await open({ oprIdCase: 'asis' }).signIn('JDOE')).toMatchObject({ subject: 'HRPRD:JDOE' });
    });

    it('takes the alias where the admin says so, and refuses one that is another’s OPRID', async () => {
      await expect(open().signIn('jane.doe@corp.test')).rejects.toMatchObject({ code: 'password.unknown_name' });
      for (const loginColumn of ['USERIDALIAS', 'both']) {
        expect(await open({ loginColumn }).signIn('jane.doe@corp.test')).toMatchObject({ subject: 'HRPRD:JDOE' });
      }
      await expect(open({ loginColumn: 'both' }).signIn('VICTIM')).rejects.toMatchObject({
        code: 'password.unknown_name',
      });
      expect(await open().signIn('VICTIM')).toMatchObject({ subject: 'HRPRD:VICTIM' });
      expect(await open({ loginColumn: 'USERIDALIAS' }).signIn('VICTIM')).toMatchObject({ subject: 'HRPRD:TRICK' });
    });

    it.each([
      ['a wrong password', 'JDOE', 'Hashcat', 'password.wrong'],
      ['a name nobody has', 'NOBODY', OPERATOR_PASSWORD, 'password.unknown_name'],
      ['no name but blanks, which most operators have for an alias', ' ', OPERATOR_PASSWORD, 'password.unknown_name'],
      ['a blank behind the name (SQL-007)', 'JDOE ', OPERATOR_PASSWORD, 'password.unknown_name'],
      ['an injection', "JDOE' or '1'='1", OPERATOR_PASSWORD, 'password.unknown_name'],
      ['an empty password (SQL-013)', 'JDOE', '', 'password.wrong'],
      ['ACCTLOCK (SQL-012)', 'LOCKED', OPERATOR_PASSWORD, 'account.disabled'],
      ['ENCRYPTED = 0, by the clear text in its column', 'WAITING', OPERATOR_PASSWORD, 'password.unsupported_hash'],
      ['a salted password', 'SALTED', OPERATOR_PASSWORD, 'password.unsupported_hash'],
      ['empty password columns (SQL-012)', 'EMPTY', OPERATOR_PASSWORD, 'password.unsupported_hash'],
      ['an expired password', 'EXPIRED', OPERATOR_PASSWORD, 'account.disabled'],
      ['a delivered user', 'VP1', OPERATOR_PASSWORD, 'account.disabled'],
    ])('refuses %s', async (_what, username, password, code) => {
      await expect(open({ loginColumn: 'both' }).signIn(username, password)).rejects.toMatchObject({ code });
    });

    it('refuses a password older than the site allows', async () => {
      const { signIn } = open({ maxPasswordAgeDays: 90 });
      await expect(signIn('STALE')).rejects.toMatchObject({ code: 'account.disabled' });
      expect(await signIn('JDOE')).toMatchObject({ subject: 'HRPRD:JDOE' });
      expect(await open().signIn('STALE')).toMatchObject({ subject: 'HRPRD:STALE' });
    });

    it('refuses to check passwords that sign-on by LDAP has made meaningless', async () => {
      expect(() => open({ ldapSignOn: true })).toThrow(expect.objectContaining({ code: 'usersource.misconfigured' }));
      await expect(open({ passwordCheck: 'none' }).signIn('JDOE')).rejects.toMatchObject({
        code: 'usersource.misconfigured',
      });
    });

    describe('by a call to PeopleSoft', () => {
      const service = {
        passwordCheck: 'callout',
        serviceUrl: 'https://psft.corp.test/PSIGW/RESTListeningConnector/PSFT_HR/PASSBROKER_VERIFY.v1',
        ...{ serviceUser: 'PBROKER', servicePassword: 'canary-service-password' },
      };
      const asked: unknown[] = [];
      const peoplesoft = async (request: Request): Promise<Response> => {
        expect(request.url).toBe(service.serviceUrl);
        expect(request.headers.get('authorization')).toBe(`Basic ${btoa('PBROKER:canary-service-password')}`);
        const question: unknown = await request.json();
        asked.push(question);
        const { userId, password } = question as { userId: string; password: string };
        const oprid = userId === 'jane.doe@corp.test' ? 'JDOE' : userId;
        return Response.json({ oprid, verified: password === 'salted and right' });
      };
      beforeEach(() => asked.splice(0));

      it('signs in whom nobody else can check', async () => {
        const { signIn } = open({ ...service, loginColumn: 'both' }, peoplesoft);
        expect(await signIn('salted', 'salted and right')).toMatchObject({ subject: 'HRPRD:SALTED' });
        expect(await signIn('jane.doe@corp.test', 'salted and right')).toMatchObject({ subject: 'HRPRD:JDOE' });
        await expect(signIn('SALTED', 'wrong')).rejects.toMatchObject({ code: 'password.wrong' });
        expect(asked).toEqual([
          { kind: 'O', userId: 'SALTED', password: 'salted and right' },
          { kind: 'U', userId: 'jane.doe@corp.test', password: 'salted and right' },
          { kind: 'O', userId: 'SALTED', password: 'wrong' },
        ]);
      });

      it('asks about strangers too, and lets none of them in', async () => {
        const { signIn } = open(service, peoplesoft);
        await expect(signIn('NOBODY', 'salted and right')).rejects.toMatchObject({ code: 'password.unknown_name' });
        expect(asked).toHaveLength(1);
      });

      it('refuses the locked, and an answer about somebody else', async () => {
        await expect(open(service, peoplesoft).signIn('LOCKED', 'salted and right')).rejects.toMatchObject({
          code: 'account.disabled',
        });
        const other = async () => Response.json({ oprid: 'RROE', verified: true });
        await expect(open(service, other).signIn('JDOE')).rejects.toMatchObject({ code: 'password.wrong' });
      });

      it.each([
        ['an error page', new Response('<h1>verified</h1>', { status: 500 }), 'usersource.unreachable'],
        ['a page with 200', new Response('<h1>verified</h1>'), 'usersource.unreachable'],
        [
          'a redirect',
          new Response(null, { status: 302, headers: { location: 'https://evil.test' } }),
          'usersource.unreachable',
        ],
        ['verified as a text', Response.json({ oprid: 'JDOE', verified: 'true' }), 'usersource.unreachable'],
        ['our own account turned away', new Response(null, { status: 401 }), 'usersource.misconfigured'],
      ])('lets nobody in by %s', async (_what, response, code) => {
        await expect(open(service, async () => response.clone()).signIn('JDOE')).rejects.toMatchObject({ code });
      });
    });

    it('tells the connection test what it found, and no secret', async () => {
      const health = await open().usersource.probe({ username: 'JDOE' });
      expect(health).toMatchObject({ state: 'ok' });
      expect(health.steps.at(-1)?.detail).toBe(
        'JDOE is HRPRD:JDOE: not locked, 2 roles, an e-mail address, password unsalted (SHA-1).',
      );
      const salted = await open().usersource.probe({ username: 'SALTED' });
      expect(salted.steps.at(-1)?.detail).toContain('the password is salted');
      const missing = await open({ views: { roles: 'NOT_THERE' } }).usersource.probe();
      expect(missing.state).toBe('down');
      expect(JSON.stringify([health, salted, missing])).not.toContain(HASHED);
    });
  });
}
