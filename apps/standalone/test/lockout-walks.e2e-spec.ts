import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { openDatabase, sqlOf } from '@passbroker/catalog';
import { createLogger } from '@passbroker/platform';
import { describeWith } from '@passbroker/testing';
import { settingsOf } from './world/company.js';
import { startProgram } from './world/program.js';
import { twoBrands } from './world/two-brands.js';

/** As the company's own site knows her. */
const ADA = { uid: 'ada', email: 'ada@people.test', name: 'Ada' };
const WAY = 'Continue with Staff pages';
const changed = z.object({ confirmation: z.object({ id: z.string(), through: z.array(z.string()) }) });

/** One story: what admins do to their own way in, and how they come back from it. */
describeWith('chromium', 'admins at their own door, in Chromium', () => {
  const walk = twoBrands();
  let owner: DataSource;
  const door = (query = '') => `${walk.broker.origin}/admin/${query}`;
  const patched = async (slug: string, patch: unknown) => {
    const { confirmation } = changed.parse(await walk.broker.api('PATCH', `/v1/usersources/${slug}`, patch));
    await walk.heard();
    return confirmation;
  };
  const stateOf = async (change: string) => (await walk.broker.api('GET', `/v1/changes/${change}`))['state'];

  beforeAll(async () => {
    owner = await openDatabase({
      url: walk.broker.databaseUrl,
      service: 'owner',
      log: createLogger('test', 'silent'),
    });
    await walk.usersource('default', 'staff', 'multipass', {
      audience: 'agents',
      label: 'Staff pages',
      settings: settingsOf(walk.company, `${walk.broker.origin}/sso/staff/multipass`),
    });
    await walk.heard();
  });
  afterAll(() => owner?.destroy());

  it('Automatic SSO that lets no admin in is taken back by itself', async () => {
    await walk.page.goto(door());
    await walk.byForm('ada');
    await walk.heading('Hello, Ada');
    const change = await patched('staff', { sso: 'automatic' });
    expect(change.through).toEqual(['staff']);

    await walk.anew();
    await walk.page.goto(door());
    await walk.heading('Company sign-in');
    // By the bypass she is in, which shows nothing of the new way.
    await walk.page.goto(door('?sso=off'));
    await walk.byForm('ada');
    await walk.heading('Hello, Ada');
    expect(await stateOf(change.id)).toBe('waiting');

    // Ten minutes later: all that this test does not do by HTTP.
    await sqlOf(owner)(`update catalog.pending_change set until = now() where state = 'waiting'`);
    for (let left = 150; left > 0 && (await stateOf(change.id)) === 'waiting'; left -= 1)
      await walk.page.waitForTimeout(100);
    expect(await stateOf(change.id)).toBe('rolled_back');
    await walk.heard();
    await walk.anew();
    await walk.page.goto(door());
    await walk.byForm('ada');
    await walk.heading('Hello, Ada');
  }, 60_000);

  it('an admin shows that the site’s account is hers, and by that way switches the passwords off', async () => {
    walk.company.person = ADA;
    await walk.page.goto(door());
    await walk.followed(WAY);
    await walk.heading('You have an account here already');
    await walk.followed('Sign in to that account');
    await walk.byForm('ada');
    await walk.heading('Let Staff pages open your account?');
    await walk.pressed('Link');
    await walk.heading('Hello, Ada');

    await walk.anew();
    await walk.page.goto(door());
    await walk.followed(WAY);
    await walk.heading('Hello, Ada');
    const change = await patched('local-agents', { enabled: false });
    await walk.anew();
    await walk.page.goto(door());
    expect(await walk.offered()).toEqual([WAY]);
    await walk.followed(WAY);
    await walk.heading('Hello, Ada');
    expect(await stateOf(change.id)).toBe('confirmed');
    // From now on it is the only one.
    await expect(walk.broker.api('PATCH', '/v1/usersources/staff', { enabled: false })).rejects.toThrow(/: 409 /);
  }, 60_000);

  it('recovers with a link of the command line when that site is dead', async () => {
    await walk.company.close();
    await walk.page.goto(door());
    expect(await walk.offered()).toEqual([WAY]);
    await expect(
      Promise.all([walk.followed(WAY), walk.page.waitForEvent('requestfailed')]).then(() => walk.page.title()),
    ).resolves.not.toContain('Hello');
    expect(walk.page.url()).not.toContain('/admin/');

    const program = startProgram({
      args: ['bin/passbroker.mjs', 'recover', '--admin', ADA.email],
      env: { DATABASE_URL: walk.broker.databaseUrl, HOME: process.env['HOME'] ?? '/' },
    });
    expect(await program.ended).toBe(0);
    const link = /http\S+\/recover#\S+/.exec(program.stdout())?.[0] ?? '';
    await walk.anew();
    await walk.page.goto(link);
    await walk.pressed('Open the admin pages');
    await walk.heading('Hello, Ada');
    expect(new URL(walk.page.url()).pathname).toBe('/admin/');
  }, 60_000);
});
