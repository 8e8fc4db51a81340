import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { openDatabase, PostgresAccounts, sqlOf, type Sql } from '@passbroker/catalog';
import { writeMultipass } from '@passbroker/multipass';
import { createLogger } from '@passbroker/platform';
import type { Page } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { API_KEY, SITE_KEY } from './world/people.js';
import { startProgram } from './world/program.js';

const EMAIL = 'ruth@acme.test';
const PASSWORD = 'velvet-otter-42-lantern';

const confirmationOf = (value: unknown) => z.object({ id: z.string(), through: z.array(z.string()) }).parse(value);

let broker: Broker;
let owner: DataSource;
let gateway: DataSource;
let sql: Sql;
let admin: string;
let staff: string;

beforeAll(async () => {
  broker = await startBroker({ gateways: 2, minters: 1 });
  const log = createLogger('test', 'silent');
  owner = await openDatabase({ url: broker.databaseUrl, service: 'owner', log });
  gateway = await openDatabase({ url: broker.databaseUrl, service: 'gateway', log });
  sql = sqlOf(owner);
  const account = await broker.api('POST', '/v1/accounts', {
    ...{ audience: 'agents', admin: true, name: 'Ruth', emails: [{ value: EMAIL, verified: true }] },
    password: PASSWORD,
  });
  admin = String(account['id']);
  const made = await broker.api('POST', '/v1/usersources', {
    ...{ slug: 'staff', type: 'multipass', brand: 'default', audience: 'agents', label: 'Staff pages' },
    settings: { siteKey: SITE_KEY, apiKey: API_KEY, remoteLoginUrl: 'http://localhost:4998/login' },
  });
  staff = String(made['id']);
  await linkRuth();
}, 120_000);
afterAll(async () => {
  await gateway?.destroy();
  await owner?.destroy();
  await broker?.close();
});

const linkRuth = () =>
  new PostgresAccounts(gateway, () => undefined).addLink({
    ...{ usersource: staff, subject: 'ruth', account: admin, createdBy: 'admin' },
  });

/** As an operator types it, where only the database is known. */
async function recover(...args: string[]) {
  const program = startProgram({
    args: ['bin/passbroker.mjs', 'recover', ...args],
    env: { DATABASE_URL: broker.databaseUrl, HOME: process.env['HOME'] ?? '/' },
  });
  const code = await program.ended;
  return { code, out: program.stdout(), err: program.stderr() };
}
const linkIn = (out: string): URL => new URL(/http\S+\/recover#\S+/.exec(out)?.[0] ?? '');

/** By the door of the agents, as the admin. */
async function withPassword(browser = broker.browser()): Promise<Page> {
  const page = await browser.visit('/admin/?sso=off');
  const [form] = page.forms;
  if (!form) throw new Error(page.text);
  return browser.submit(form, { username: EMAIL, password: PASSWORD });
}
const throughStaff = (browser = broker.browser()): Promise<Page> => {
  const keys = { siteKey: SITE_KEY, apiKey: API_KEY };
  const token = writeMultipass('desk', { uid: 'ruth', email: EMAIL, name: 'Ruth' }, keys, new Date());
  return browser.visit(`/sso/staff/multipass?${token}`);
};

/** What the admins' check would never let through: a database as it came back from a bad day. */
async function switchAllOff(enabled: boolean): Promise<void> {
  await sql('update catalog.usersource set enabled = $1', [enabled]);
  await sql(`insert into catalog.change_log (kind, id) select 'usersource', id from catalog.usersource`);
  await wait(1_500);
}

describe('an admin who is locked out', () => {
  it('is told the command where agents sign in, and comes in by its link with Redis empty', async () => {
    await switchAllOff(false);
    const redis = new Redis(broker.redisUrl);
    await redis.flushall();
    redis.disconnect();
    const closed = await broker.browser().visit('/admin/');
    expect([closed.status, closed.text.includes('npx passbroker recover')]).toEqual([503, true]);
    const guest = await broker.browser().visit('/login');
    expect([guest.status, guest.text.includes('passbroker recover')]).toEqual([503, false]);

    const { code, out } = await recover('--admin', EMAIL);
    expect([code, out]).toEqual([0, expect.stringContaining('Ruth, once, until')]);
    const link = linkIn(out);
    expect(link.origin).toBe(broker.origin);
    const browser = broker.browser();
    const [form] = (await browser.visit(link)).forms;
    if (!form) throw new Error('no form');
    const page = await browser.submit(form, { token: link.href });
    expect([page.url.pathname, page.text.includes('Hello, Ruth')]).toEqual(['/admin/', true]);
    const again = broker.browser();
    await again.visit('/recover');
    expect((await again.submit(form, { token: link.href })).status).toBe(404);

    const token = link.hash.slice(1);
    await wait(1_500);
    const events = JSON.stringify(await broker.api('GET', '/v1/audit-events?limit=50'));
    expect([events.includes('recovery.link_made'), events.includes('recovery.used')]).toEqual([true, true]);
    expect(broker.log.join('\n') + events).not.toContain(token);
    await switchAllOff(true);
  }, 120_000);

  it('is one of the admins, by an address that is theirs', async () => {
    await broker.api('POST', '/v1/accounts', {
      ...{ audience: 'agents', name: 'Gus', emails: [{ value: 'gus@acme.test', verified: true }] },
    });
    for (const email of ['gus@acme.test', 'nobody@acme.test']) {
      const { code, out, err } = await recover('--admin', email);
      expect([code, out, err]).toEqual([1, '', expect.stringContaining('nobody of the admins')]);
    }
    for (const args of [[], ['--admin', EMAIL, '--disable', 'staff']]) {
      const { code, err } = await recover(...args);
      expect([code, err]).toEqual([1, expect.stringContaining('Usage: passbroker recover --admin EMAIL')]);
    }
  }, 60_000);

  it('is made one by force, with everything closed; and the last way in is switched off only so', async () => {
    await broker.api('POST', '/v1/accounts', {
      ...{ audience: 'agents', name: 'Ida', emails: [{ value: 'ida@acme.test', verified: true }], disabled: true },
    });
    await sql('update catalog.brand set enabled = false');
    await sql(`insert into catalog.change_log (kind, id) select 'brand', id from catalog.brand`);
    const enabled = (await sql('select slug from catalog.usersource where enabled and audience = $1', ['agents']))
      .count;
    expect(enabled).toBeGreaterThan(0);
    const off = ['staff', 'local-agents'].flatMap((slug) => ['--disable', slug]);
    const { code, out, err } = await recover('--admin', 'ida@acme.test', '--force', ...off);
    expect([code, err]).toEqual([0, '']);
    for (const step of [
      'made ida@acme.test an admin',
      'enabled the account',
      'enabled the brand',
      'usersource staff',
    ]) {
      expect(out).toContain(step);
    }
    await wait(1_500);
    expect((await broker.browser().visit('/admin/')).status).toBe(503);
    const link = linkIn(out);
    const browser = broker.browser();
    const [form] = (await browser.visit(link)).forms;
    if (!form) throw new Error('no form');
    expect((await browser.submit(form, { token: link.href })).text).toContain('Hello, Ida');
    const events = JSON.stringify(await broker.api('GET', '/v1/audit-events?action=recovery.forced'));
    expect(events).toContain('switched off the usersource local-agents');
    await switchAllOff(true);
  }, 120_000);
});

describe('Automatic SSO for agents', () => {
  const automatic = async (): Promise<string> => {
    const { confirmation } = await broker.api('PATCH', '/v1/usersources/staff', { sso: 'automatic' });
    await wait(1_200);
    return confirmationOf(confirmation).id;
  };
  const stateOf = async (change: string) => (await broker.api('GET', `/v1/changes/${change}`))['state'];
  const sso = async () => (await broker.api('GET', '/v1/usersources/staff'))['sso'];

  it('is taken back when nobody showed in time that it lets them in', async () => {
    const change = await automatic();
    expect((await broker.browser().get('/admin/')).location?.port).toBe('4998');
    // The old way still works by the bypass, and says nothing of the new one.
    expect((await withPassword()).text).toContain('Hello, Ruth');
    expect(await stateOf(change)).toBe('waiting');
    // Ten minutes later.
    await sql(`update catalog.pending_change set until = now() where state = 'waiting'`);
    for (let seconds = 0; seconds < 12 && (await sso()) !== 'none'; seconds += 1) await wait(1_000);
    expect([await sso(), await stateOf(change)]).toEqual(['none', 'rolled_back']);
    await wait(1_200);
    const page = await broker.browser().visit('/admin/');
    expect([page.status, page.forms.length]).toEqual([200, 1]);
  }, 60_000);

  it('is not unlinked by the one admin who has it while it hides every other way', async () => {
    await withPassword();
    const change = await automatic();
    await throughStaff();
    expect(await stateOf(change)).toBe('confirmed');
    const bypass = async (surfaces: string[]) => {
      await broker.api('PATCH', '/v1/brands/default', { bypass: { surfaces } });
      await wait(1_200);
    };
    const unlink = async () => {
      const browser = broker.browser();
      await throughStaff(browser);
      await browser.visit('/account');
      return browser.click('Unlink');
    };
    await bypass([]);
    const kept = await unlink();
    expect([kept.status, kept.text.includes('your last way to sign in')]).toEqual([409, true]);
    // Positive control: the password is a way again where `?sso=off` reaches it.
    await bypass(['agent', 'admin']);
    expect((await unlink()).status).toBe(200);
    await linkRuth();
    await broker.api('PATCH', '/v1/usersources/staff', { sso: 'none' });
    await wait(1_200);
  }, 60_000);

  it('stays when an admin came in by it', async () => {
    const change = await automatic();
    const page = await throughStaff();
    expect(page.text).toContain('Hello, Ruth');
    expect(await stateOf(change)).toBe('confirmed');
    await sql(`update catalog.pending_change set until = now()`);
    await wait(6_000);
    expect(await sso()).toBe('automatic');
    const local = await broker.api('PATCH', '/v1/usersources/local-agents', { enabled: false });
    expect(confirmationOf(local['confirmation']).through).toEqual(['staff']);
    await throughStaff();
    expect(await stateOf(confirmationOf(local['confirmation']).id)).toBe('confirmed');
    // It was proven by those very sign-ins, and now is the only way in.
    await expect(broker.api('PATCH', '/v1/usersources/staff', { enabled: false })).rejects.toThrow('admin.no_way_in');
  }, 60_000);
});
