import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describeWith, startMariaDb, startPeoplePostgres, type PeopleServer } from '@passbroker/testing';
import { fillPeople, HASHES, PASSWORD, settingsFor } from '../../test/people-tables.js';
import { toolsFor } from '../../test/tools.js';
import { openUsersource } from '../registry.js';
import type { UsersourceTools } from '../usersource.js';

const NOW = new Date('2030-01-01T00:00:00Z');

const SERVERS = [
  ['postgres', startPeoplePostgres],
  ['mariadb', startMariaDb],
] as const;

for (const [name, start] of SERVERS) {
  describeWith([name, 'openssl'], `people in ${name}`, () => {
    let server: PeopleServer;
    let base: Record<string, unknown>;

    beforeAll(async () => {
      server = await start();
      await fillPeople(server);
      base = settingsFor(server);
    }, 120_000);
    afterAll(() => server.stop());

    function open(more: Record<string, unknown> = {}, tools: Partial<UsersourceTools> = {}) {
      const wasted: string[] = [];
      const own = toolsFor('hr', () => NOW);
      const usersource = openUsersource(
        'database',
        { ...base, ...more },
        {
          ...own,
          hasher: { ...own.hasher, waste: async () => void wasted.push('waste') },
          ...tools,
        },
      );
      const signIn = (username: string, password = PASSWORD) =>
        usersource.finish({ method: 'POST', rawQuery: '', fields: { username, password }, remoteAddress: '::1' }, {});
      return { usersource, signIn, wasted };
    }
    const byQuery = (where: string) => ({
      table: undefined,
      query: `select id, login, hash, email, email_ok, full_name, locked, department from people where ${where}`,
    });

    it('signs in who types the name and password of a row', async () => {
      const { signIn } = open();
      expect(await signIn('ann')).toEqual({
        usersource: 'hr',
        subject: '1',
        claims: {
          ...{ username: 'ann', email: 'ann@corp.test', emailVerified: true, name: 'Ann Ähm' },
          ...{ groups: ['editors', 'staff'], attributes: { department: 'R&D' } },
        },
        said: {
          ...{ subject: '1', username: 'ann', email: 'ann@corp.test', emailVerified: true, name: 'Ann Ähm' },
          ...{ groups: ['editors', 'staff'], attributes: { department: 'R&D' } },
          ...{ passwordScheme: 'sha512-crypt', passwordWeak: false },
        },
        authenticatedAt: NOW,
        methods: ['pwd'],
      });
      expect(await signIn("o'brien")).toMatchObject({ subject: '11' });
      expect(await signIn('bob')).toMatchObject({ said: { passwordScheme: '{SSHA}', passwordWeak: true } });
    });

    it('does the same by a query of the admin’s own', async () => {
      const { signIn } = open(byQuery("login = :username and 'a:b' <> ''"));
      expect(await signIn('ann')).toMatchObject({ subject: '1', claims: { groups: ['editors', 'staff'] } });
    });

    it('refuses a wrong password, a name nobody has, and one without a password here, after the same work', async () => {
      const { signIn, wasted } = open();
      await expect(signIn('nobody')).rejects.toMatchObject({ code: 'password.unknown_name' });
      await expect(signIn('emil')).rejects.toMatchObject({ code: 'password.wrong' });
      expect(wasted).toEqual(['waste', 'waste']);
      await expect(signIn('ann', 'Hashcat')).rejects.toMatchObject({ code: 'password.wrong' });
      // From now on a stranger's name costs what Ann's check did: that was no waste of ours.
      await expect(signIn('nobody')).rejects.toMatchObject({ code: 'password.unknown_name' });
      expect(wasted).toHaveLength(2);
    });

    it('refuses the right password of a disabled row, and nobody else’s (PWD-008)', async () => {
      const { signIn } = open();
      await expect(signIn('cid')).rejects.toMatchObject({ code: 'account.disabled' });
      await expect(signIn('cid', 'wrong')).rejects.toMatchObject({ code: 'password.wrong' });
    });

    it('SQL-003: binds what is typed, and what the first query answered to the second', async () => {
      const { signIn } = open();
      for (const typed of [
        "ann' --",
        "' or 1=1 --",
        "ann'; drop table people; --",
        '\\',
        "ann' union select 1",
        '%',
        '_nn',
      ]) {
        await expect(signIn(typed)).rejects.toMatchObject({ code: 'password.unknown_name' });
      }
      // Mallory's subject is an injection by itself. She has no groups, and does not get everybody's.
      expect(await signIn('mallory')).toMatchObject({ subject: "x' or '1'='1", claims: { groups: [] } });
      expect(await signIn('ann')).toMatchObject({ claims: { groups: ['editors', 'staff'] } });
    });

    it('SQL-004: refuses a second statement and anything that writes, in settings and on the server', async () => {
      for (const where of [
        'login = :username; drop table people',
        "login = :username into outfile '/tmp/x'",
        'login = :username -- and locked = 0',
      ]) {
        expect(() => open(byQuery(where))).toThrow(expect.objectContaining({ code: 'usersource.misconfigured' }));
      }
      // What a parser of ours would miss, the database's own account and the read-only transaction do not.
      await server.admin(
        name === 'postgres'
          ? `create function grab(t text) returns text language sql as 'delete from memberships returning ''x''';
             grant all on memberships to reader`
          : `create function grab(t text) returns text deterministic modifies sql data
             begin delete from memberships; return 'x'; end;
             grant all on people.* to reader@'127.0.0.1'; flush privileges`,
      );
      const writer = open(byQuery('login = :username and grab(login) is not null'));
      await expect(writer.signIn('ann')).rejects.toMatchObject({ detail: expect.stringMatching(/25006|READ_ONLY/) });
      expect(await open().signIn('ann')).toMatchObject({ claims: { groups: ['editors', 'staff'] } });
    });

    it('SQL-007: refuses a name that only a collation takes for the one in the row', async () => {
      const { signIn } = open();
      for (const typed of ['admin ', ' admin', 'admin\t', 'ADMIN', 'Admin', 'jose', 'JOSÉ', 'admin\u200b', 'ａdmin']) {
        await expect(signIn(typed)).rejects.toMatchObject({ code: 'password.unknown_name' });
      }
      expect(await signIn('admin')).toMatchObject({ subject: '9' });
      expect(await signIn('josé')).toMatchObject({ subject: '12' });
    });

    it('SQL-007: folds case only where the admin says so, and refuses two rows that differ in it', async () => {
      const { signIn } = open({ nameCase: 'fold' });
      expect(await signIn('FAY')).toMatchObject({ subject: '6', claims: { username: 'Fay' } });
      expect(await signIn('fay')).toMatchObject({ subject: '6' });
      await expect(signIn('gus')).rejects.toMatchObject({ code: 'password.unknown_name' });
      await expect(signIn('jose')).rejects.toMatchObject({ code: 'password.unknown_name' });
    });

    it('lets people type their e-mail address, where the admin says so', async () => {
      expect(await open({ signInBy: ['username', 'email'] }).signIn('bob@corp.test')).toMatchObject({ subject: '2' });
      await expect(open().signIn('bob@corp.test')).rejects.toMatchObject({ code: 'password.unknown_name' });
    });

    it('SQL-013: refuses an empty password before anybody is asked', async () => {
      await expect(open({ port: 1 }).signIn('ann', '')).rejects.toMatchObject({ code: 'password.wrong' });
      await expect(open({ port: 1 }).signIn('ann')).rejects.toMatchObject({ code: 'usersource.unreachable' });
    });

    it('PWD-010: refuses a megabyte of password, and one of 4 GB of work (SQL-011), before hashing', async () => {
      const { signIn } = open();
      await expect(signIn('ann', 'x'.repeat(1_048_576))).rejects.toMatchObject({ code: 'request.malformed' });
      await expect(signIn('dear')).rejects.toMatchObject({ code: 'password.unsupported_hash' });
    });

    it('refuses a hash without a mark as what it is, and reads it by a template', async () => {
      await expect(open().signIn('dora')).rejects.toMatchObject({ code: 'password.unsupported_hash' });
      const { signIn } = open({ hash: 'md5({password})' });
      expect(await signIn('dora')).toMatchObject({ said: { passwordScheme: 'md5({password})', passwordWeak: true } });
      await expect(signIn('dora', 'wrong')).rejects.toMatchObject({ code: 'password.wrong' });
      await expect(signIn('ann')).rejects.toMatchObject({ code: 'password.unsupported_hash' });
    });

    it('keeps a strong hash beside a weak one, and lives on it once the table has none', async () => {
      const kept = new Map<string, string>();
      const own = toolsFor('hr', () => NOW);
      const tools: Partial<UsersourceTools> = {
        shadow: {
          find: async (subject) => kept.get(subject),
          keep: async (subject, hash) => void kept.set(subject, hash),
        },
        hasher: {
          ...own.hasher,
          hash: async (password) => `strong ${password}`,
          verify: async (hash, password) => hash === `strong ${password}`,
        },
      };
      const { signIn } = open({ keepStrongHash: true }, tools);
      await expect(signIn('bob', 'wrong')).rejects.toMatchObject({ code: 'password.wrong' });
      await signIn('ann'); // Strong already.
      expect(kept).toEqual(new Map());
      await signIn('bob');
      expect(kept).toEqual(new Map([['2', `strong ${PASSWORD}`]]));

      kept.set('2', 'strong of last year');
      await expect(signIn('bob', 'of last year')).rejects.toMatchObject({ code: 'password.wrong' });
      await signIn('bob');
      expect(kept.get('2')).toBe(`strong ${PASSWORD}`);

      await server.admin("update people set hash = null where login = 'bob'");
      expect(await signIn('bob')).toMatchObject({ subject: '2', said: { passwordWeak: false } });
      await expect(signIn('bob', 'wrong')).rejects.toMatchObject({ code: 'password.wrong' });
      await expect(open({}, tools).signIn('bob')).rejects.toMatchObject({ code: 'password.wrong' });
      await server.admin(`update people set hash = '${HASHES.ssha}' where login = 'bob'`);
    });

    it('SQL-015: gives up a slow query in time, in no more connections than it may have', async () => {
      const slow = name === 'postgres' ? 'pg_sleep(20)' : 'sleep(20)';
      const { usersource, signIn } = open(byQuery(`login = :username and (select ${slow}) is not null`));
      const since = performance.now();
      const answers = await Promise.allSettled(Array.from({ length: 12 }, () => signIn('ann')));
      expect(performance.now() - since).toBeLessThan(9_000);
      const codes = answers.map((answer) => Reflect.get(Object(Reflect.get(answer, 'reason')), 'code') as unknown);
      // Four had a connection, and the server ended their statement; the others did not wait for ever.
      expect(codes.sort()).toEqual([
        ...Array<string>(8).fill('usersource.busy'),
        ...Array<string>(4).fill('usersource.unreachable'),
      ]);
      expect(await open().signIn('ann')).toMatchObject({ subject: '1' });
      expect(usersource).toBeDefined();
    });

    it('SQL-016: refuses a server whose certificate another authority signed, or that is for another name', async () => {
      for (const more of [{ ca: server.tls.otherCa }, { tlsServerName: 'other.corp.test' }, { ca: undefined }]) {
        await expect(open(more).signIn('ann')).rejects.toMatchObject({ code: 'usersource.unreachable' });
      }
      expect(await open().signIn('ann')).toMatchObject({ subject: '1' });
      expect(await open({ tls: 'off' }).signIn('ann')).toMatchObject({ subject: '1' });
    });

    it('goes nowhere that nobody may go, whatever the settings name', async () => {
      const nowhere = open({}, { mayReach: () => false });
      await expect(nowhere.signIn('ann')).rejects.toMatchObject({ code: 'usersource.misconfigured' });
      const { state, steps } = await nowhere.usersource.probe();
      expect([state, steps.length, steps[0]?.detail]).toEqual([
        ...['down', 1, expect.stringContaining('nobody may go there')],
      ]);
      expect(await open({}, { mayReach: (address) => address === server.host }).signIn('ann')).toBeDefined();
    });

    it('keeps no connection once it is closed, and leaves none behind for who comes late', async () => {
      const roads = new Set<Socket>();
      const door = createServer((near) => {
        roads.add(near.once('close', () => roads.delete(near)).on('error', () => undefined));
        const far = connect({ host: server.host, port: server.port }).on('error', () => undefined);
        near.pipe(far).pipe(near);
      });
      const port = await new Promise<number>((resolve) =>
        door.listen(0, '127.0.0.1', () => resolve((door.address() as AddressInfo).port)),
      );
      const { usersource, signIn } = open({ host: '127.0.0.1', port });
      const connected = async (wanted: number): Promise<number> => {
        for (let tries = 0; roads.size !== wanted && tries < 60; tries += 1) await pause(50);
        return roads.size;
      };
      expect(await signIn('ann')).toMatchObject({ subject: '1' });
      expect(roads.size).toBe(1);
      usersource.close?.();
      expect(await connected(0)).toBe(0);
      expect(await signIn('ann')).toMatchObject({ subject: '1' });
      expect(await connected(0)).toBe(0);
      door.close();
    });

    it('comes back by itself after its connections were cut', async () => {
      const { signIn } = open();
      await signIn('ann');
      await server.admin(
        name === 'postgres'
          ? "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reader'"
          : 'kill user reader',
      );
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await signIn('ann')).toMatchObject({ subject: '1' });
    });

    it('tells the connection test step by step what it found, and no secret', async () => {
      const health = await open().usersource.probe({ username: 'ann' });
      expect(health.state).toBe('ok');
      expect(health.steps.map(({ step }) => step)).toEqual(['name', 'connect', 'login', 'query', 'person']);
      expect(health.steps.at(-1)?.detail).toContain('a hash of sha512-crypt');
      const told = JSON.stringify([
        health,
        await open({ password: 'canary-wrong' }).usersource.probe(),
        await open({ port: 1 }).usersource.probe(),
        await open({ ca: server.tls.otherCa }).usersource.probe(),
        await open({ ...byQuery('nothere = :username') }).usersource.probe(),
        await open().usersource.probe({ username: 'nobody' }),
      ]);
      expect(told.match(/"state":"down"/g)).toHaveLength(5);
      for (const secret of [server.password, 'canary-wrong', HASHES.sha512]) expect(told).not.toContain(secret);
    });

    it('tells the admin what is wrong with a query, and nothing of a row', async () => {
      await expect(open(byQuery('nothere = :username')).signIn('ann')).rejects.toMatchObject({
        code: 'usersource.misconfigured',
        detail: expect.stringMatching(/nothere/),
      });
      if (name === 'postgres') {
        const failing = open(byQuery('login = :username and cast(hash as integer) > 0')).signIn('ann');
        await expect(failing).rejects.toMatchObject({ detail: 'the database answers: 22P02' });
      }
    });
  });
}
