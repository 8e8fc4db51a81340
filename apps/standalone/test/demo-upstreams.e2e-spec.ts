import { existsSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:tls';
import { join } from 'node:path';
import { Client } from 'pg';
import { runningPostgres } from '@passbroker/platform';
import { findServer, describeWith, type Page } from '@passbroker/testing';
import { descendantsOf, isAlive } from './world/program.js';
import { place, startStandaloneAt, type Place, type Standalone } from './world/standalone.js';

const NEW_PASSWORD = 'quiet-river-91';

let at: Place;
let standalone: Standalone;
const data = (name: string): string => join(at.env['DATA_DIR'] ?? '', name);

async function signIn(name: string, password: string) {
  const browser = standalone.browser();
  const page = await browser.visit(`${standalone.origin}/agent/`);
  const answer = await browser.submit(page.form('Password'), { 'E-mail or username': name, Password: password });
  return { browser, answer };
}

const comesIn = async (name: string, password: string): Promise<string> => {
  const { browser } = await signIn(name, password);
  return (await browser.visit(`${standalone.origin}/agent/`)).text;
};

const test = (slug: string, body: unknown) => standalone.api('POST', `/v1/usersources/${slug}:test`, body);

beforeAll(async () => {
  at = await place();
  standalone = await startStandaloneAt(at);
}, 60_000);
afterAll(async () => {
  await standalone?.program.stop();
  at?.remove();
});

describe('the PeopleSoft of the demo', () => {
  it('lets in whom the ready line names, however they write the OPRID', async () => {
    expect(standalone.program.stdout()).toMatch(/^ {2}PeopleSoft +\S+\/agent\/ +PSMITH \/ tuba-17$/m);
    expect(await comesIn('PSMITH', 'tuba-17')).toContain('Paula Smith');
    expect(await comesIn('psmith', 'tuba-17')).toContain('Paula Smith');
  });

  it('refuses a wrong password, and an operator who is locked there', async () => {
    for (const [name, password] of [
      ['PSMITH', 'tuba-18'],
      ['RLOCKE', 'padlock-29'],
    ] as const) {
      const { answer } = await signIn(name, password);
      expect([name, answer.status]).toEqual([name, 422]);
    }
  });

  it('brings roles along', async () => {
    const { data: accounts } = await standalone.api('GET', '/v1/accounts?email=paula.smith@hr.acme.test');
    expect(JSON.stringify(accounts)).toContain('HR Administrator');
  });

  it('passes its own connection test', async () => {
    expect(await test('peoplesoft-demo', { username: 'PSMITH' })).toMatchObject({ state: 'ok' });
  });

  it('has given the broker a login that reads three views and nothing else', async () => {
    const url = new URL((await runningPostgres(data('postgres'))) ?? '');
    url.username = 'acme_hr_reader';
    url.password = readFileSync(data('demo-peoplesoft-password'), 'utf8').trim();
    const ask = async (database: string, sql: string) => {
      const client = new Client({ connectionString: Object.assign(new URL(url), { pathname: `/${database}` }).href });
      await client.connect();
      try {
        return (await client.query(sql)).rows.length;
      } finally {
        await client.end();
      }
    };
    for (const view of ['PASSBROKER_OPR', 'PASSBROKER_ROLE', 'PASSBROKER_EMAIL'])
      expect(await ask('acme_hr', `select * from ${view}`)).toBeGreaterThan(0);
    for (const [database, sql] of [
      ['acme_hr', 'select * from PSOPRDEFN'],
      ['acme_hr', 'select * from PSROLEUSER'],
      ['acme_hr', "update PASSBROKER_OPR set ACCTLOCK = 0 where OPRID = 'RLOCKE'"],
      ['acme_hr', 'create table PASSBROKER_MINE (X int)'],
      ['passbroker', 'select * from catalog.account'],
      ['passbroker', 'select * from keys.token_key'],
    ] as const)
      await expect(ask(database, sql)).rejects.toThrow('permission denied');
  });
});

describeWith('slapd', 'the directory of the demo', () => {
  it('lets in whom the ready line names', async () => {
    expect(standalone.program.stdout()).toMatch(/^ {2}Acme directory +\S+\/agent\/ +dora \/ violin-55$/m);
    expect(await comesIn('dora', 'violin-55')).toContain('Dora Diaz');
    expect(await comesIn('dora@corp.acme.test', 'violin-55')).toContain('Dora Diaz');
    expect((await signIn('dora', 'violin-56')).answer.status).toBe(422);
  });

  it('has whoever must change the password change it there', async () => {
    const { browser, answer } = await signIn('nils', 'change-me-1');
    expect(answer.text).toContain('A new password is needed');
    const done: Page = await browser.submit(answer.form('New password'), {
      'Current password': 'change-me-1',
      'New password': NEW_PASSWORD,
      'New password, again': NEW_PASSWORD,
    });
    expect(done.status).toBe(200);
    expect(await comesIn('nils', NEW_PASSWORD)).toContain('Nils Newcomer');
    expect((await signIn('nils', 'change-me-1')).answer.status).toBe(422);
  });

  it('brings groups of groups along', async () => {
    const { data: accounts } = await standalone.api('GET', '/v1/accounts?email=dora@corp.acme.test');
    expect(JSON.stringify(accounts)).toContain('"staff"');
  });

  it('passes its own connection test', async () => {
    expect(await test('acme-directory', { username: 'dora' })).toMatchObject({ state: 'ok' });
  });

  it('comes back by itself when its process is killed', async () => {
    const isSlapd = (pid: number): boolean => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('slapd');
      } catch {
        return false; // It ended between the two looks.
      }
    };
    const slapd = () => descendantsOf(standalone.program.pid).find(isSlapd);
    const killed = slapd();
    if (killed === undefined) throw new Error('there is no slapd');
    process.kill(killed, 'SIGKILL');
    for (const end = Date.now() + 10_000; slapd() === undefined || slapd() === killed;) {
      if (Date.now() > end) throw new Error('it does not come back');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const end = Date.now() + 10_000; !(await comesIn('dora', 'violin-55')).includes('Dora Diaz');) {
      if (Date.now() > end) throw new Error('it lets nobody in');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }, 30_000);

  it('speaks TLS under an authority of its own, and has kept no key to make others', async () => {
    const record = await standalone.api('GET', '/v1/usersources/acme-directory');
    const { servers, ca } = record['settings'] as { servers: [string]; ca: string };
    const { hostname: host, port } = new URL(servers[0].replace('ldaps:', 'https:'));
    const shake = (options: { ca?: string }) =>
      new Promise<boolean>((resolve, reject) => {
        const socket = connect({ host, port: Number(port), ...options }, () => {
          resolve(socket.authorized);
          socket.destroy();
        });
        socket.once('error', reject);
      });
    expect(await shake({ ca })).toBe(true);
    await expect(shake({})).rejects.toThrow();
    expect(existsSync(data('demo-directory/ca.key'))).toBe(false);
    expect(existsSync(data('demo-directory/tree.ldif'))).toBe(false);
    expect(statSync(data('demo-directory')).mode & 0o777).toBe(0o700);
    expect(statSync(data('demo-directory/server.key')).mode & 0o777).toBe(0o600);
  });
});

describe('the upstreams of the demo', () => {
  // Their passwords stand in the README.
  it('are not there for a broker that others may reach', async () => {
    const elsewhere = await place();
    const reachable = await startStandaloneAt(elsewhere, { env: { PUBLIC_URL: 'https://login.acme.test' } });
    try {
      const { data: usersources } = await reachable.api('GET', '/v1/usersources');
      const slugs = (usersources as { slug: string }[]).map(({ slug }) => slug).sort();
      expect(slugs).toEqual(['intranet', 'local-agents', 'local-users']);
      expect(reachable.program.stdout()).not.toMatch(/PSMITH|dora/);
    } finally {
      await reachable.program.stop();
      elsewhere.remove();
    }
  }, 30_000);

  it('know everybody after a restart, and are gone, with all they had, without the demo', async () => {
    const idOf = async () => {
      const { data: found } = await standalone.api('GET', '/v1/accounts?email=paula.smith@hr.acme.test');
      return (found as { id: string }[]).map(({ id }) => id);
    };
    const before = await idOf();
    expect(before).toHaveLength(1);

    await standalone.program.stop();
    standalone = await startStandaloneAt(at);
    expect(await comesIn('PSMITH', 'tuba-17')).toContain('Paula Smith');
    if (findServer('slapd')) expect(await comesIn('nils', NEW_PASSWORD)).toContain('Nils Newcomer');
    expect(await idOf()).toEqual(before);

    const below = descendantsOf(standalone.program.pid);
    await standalone.program.stop();
    expect(below.filter(isAlive)).toEqual([]);
    standalone = await startStandaloneAt(at, { env: { DEMO: '0' } });
    expect((await signIn('PSMITH', 'tuba-17')).answer.status).toBe(422);
    expect((await signIn('dora', 'violin-55')).answer.status).toBe(422);
    for (const name of ['demo-directory', 'demo-directory-password', 'demo-peoplesoft-password'])
      expect([name, existsSync(data(name))]).toEqual([name, false]);
    const client = new Client({ connectionString: await runningPostgres(data('postgres')) });
    await client.connect();
    const { rows } = await client.query(
      "select datname as name from pg_database where datname like 'acme%' union select rolname from pg_roles where rolname like 'acme%'",
    );
    await client.end();
    expect(rows).toEqual([]);

    // Other records of the same names: they are strangers, whose addresses are somebody's here.
    await standalone.program.stop();
    standalone = await startStandaloneAt(at);
    expect((await signIn('PSMITH', 'tuba-17')).answer.text).toContain('You have an account here already');
    expect(await idOf()).toEqual(before);
  }, 60_000);
});
