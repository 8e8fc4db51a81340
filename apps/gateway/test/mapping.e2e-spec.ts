import { writeMultipass } from '@passbroker/multipass';
import type { UsersourceRecord } from '@passbroker/model';
import { KEYS, startWorld, type World } from './world.js';

let world: World;
let people = 0;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.forget();
  world.catalog.links.length = 0;
  people += 1;
  change({
    mapping: { attributes: {} },
    filter: null,
    sync: 'every',
    jit: { create: 'on', grant: [] },
    audience: 'users',
  });
});

const change = (more: Partial<UsersourceRecord>) => world.catalog.changeUsersource('us_intranet', more);
const uid = () => `m${people}`;

/** What the company's script says of somebody; attributes are what Multipass calls custom. */
async function arrive(custom: Record<string, string> = {}, more: { uid?: string; email?: string; name?: string } = {}) {
  const browser = world.browser();
  await browser.visit('/sso/start/intranet', { until: (url) => url.host === 'www.acme.test' });
  const person = { uid: uid(), email: `${uid()}@acme.test`, name: 'Mia', custom, ...more };
  return browser.visit(`/sso/intranet/multipass?${writeMultipass('desk', person, KEYS, world.clock.now())}`);
}
const account = async (subject = uid()) => world.catalog.byLink('us_intranet', subject);

describe('a mapping', () => {
  it('describes a new account, and describes it anew at every sign-in', async () => {
    change({
      mapping: {
        name: 'claims.name + " (" + claims.attributes.team + ")"',
        username: 'subject',
        groups: '["team-" + claims.attributes.team]',
        attributes: { desk: 'claims.attributes.?desk' },
      },
    });
    await arrive({ team: 'ships', desk: '7' });
    expect(await account()).toMatchObject({
      ...{ name: 'Mia (ships)', username: uid(), groups: ['team-ships'], attributes: { desk: '7' } },
      ...{ admin: false, audience: 'users' },
    });
    world.catalog.changeAccount((await account())?.id ?? '', { groups: ['team-ships', 'given by an admin'] });
    await arrive({ team: 'crews' });
    // What the upstream no longer says is taken away, what an admin gave stays.
    expect(await account()).toMatchObject({ name: 'Mia (crews)', groups: ['given by an admin', 'team-crews'] });
  });

  it('with sync: create, leaves the account to the admins once it is made', async () => {
    change({ sync: 'create', mapping: { groups: '[claims.attributes.team]', attributes: {} } });
    await arrive({ team: 'ships' });
    await arrive({ team: 'crews' }, { name: 'Another name' });
    expect(await account()).toMatchObject({ name: 'Mia', groups: ['ships'] });
  });

  it('takes no username that is somebody’s, nor an address that is not their own', async () => {
    change({ mapping: { username: 'claims.attributes.nick', attributes: {} } });
    await arrive({ nick: 'gus' });
    expect(await account()).toMatchObject({ name: 'Mia', username: null });
    await arrive({ nick: 'ann@acme.test' });
    expect(await account()).toMatchObject({ username: null });
    await arrive({ nick: `mia-${uid()}` });
    expect(await account()).toMatchObject({ username: `mia-${uid()}` });
  });

  it('lets in nobody whom it cannot describe, and says so to the admin only', async () => {
    change({ mapping: { name: 'claims.attributes.title', attributes: {} } });
    const page = await arrive({ team: 'ships' });
    expect([page.status, await account(), world.refusals()]).toEqual([503, undefined, ['mapping.failed']]);
    expect(page.text).not.toContain('title');
    expect(JSON.stringify(world.events)).toContain('name: No such key: title');
    expect((await arrive({ title: 'Captain' })).status).toBe(200);
  });
});

describe('a trial sign-in', () => {
  const tried = async (custom: Record<string, string>) => {
    const { settingsVersion = 0 } = (await world.catalog.usersourceBySlug('intranet')) ?? {};
    const asked = await world.gateway.questions['usersource.trial']?.({ usersource: 'us_intranet', settingsVersion });
    const browser = world.browser();
    const { pathname, search } = new URL(String(Reflect.get(Object(asked), 'url')));
    await browser.visit(pathname + search, { until: (url) => url.host === 'www.acme.test' });
    const person = { uid: uid(), email: `${uid()}@acme.test`, name: 'Mia', custom };
    return browser.visit(`/sso/intranet/multipass?${writeMultipass('desk', person, KEYS, world.clock.now())}`);
  };

  it('shows what the mapping makes of somebody, and makes no account', async () => {
    change({ mapping: { groups: '["team-" + claims.attributes.team]', attributes: { desk: '"seven"' } } });
    const page = await tried({ team: 'ships' });
    expect([page.text.includes('team-ships'), page.text.includes('seven'), await account()]).toEqual([
      true,
      true,
      undefined,
    ]);
  });

  it('of somebody whom the filter keeps out proves nothing, and says why', async () => {
    change({ filter: 'claims.attributes.team == "ships"', proven: null });
    world.catalog.proven.length = 0;
    expect((await tried({ team: 'crews' })).text).toContain('filter.refused');
    expect((await tried({})).text).toContain('No such key: team');
    expect(world.catalog.proven).toEqual([]);
    await tried({ team: 'ships' });
    expect(world.catalog.proven).toEqual(['us_intranet']);
  });
});

describe('LINK-017: provisioning that would make an admin', () => {
  it('gives neither the role, nor the audience, nor a reserved group, whatever is said, mapped or granted', async () => {
    change({
      jit: { create: 'on', grant: ['Admins', 'staff'] },
      mapping: {
        groups: 'claims.attributes.groups.split(",")',
        attributes: { admin: 'claims.attributes.admin', audience: 'claims.attributes.audience' },
      },
    });
    await arrive({ groups: 'admins,AGENTS,ops,passbroker:root', admin: 'true', audience: 'agents' });
    expect(await account()).toMatchObject({
      ...{ admin: false, audience: 'users', groups: ['staff', 'ops'] },
      attributes: { admin: 'true', audience: 'agents' },
    });
    // Nor at a later sign-in.
    await arrive({ groups: 'administrators,dev', admin: 'true', audience: 'agents' });
    expect(await account()).toMatchObject({ admin: false, audience: 'users', groups: ['staff', 'dev'] });
  });
});

describe('a filter', () => {
  const filter = 'claims.attributes.?team.orValue("") == "ships"';

  it('keeps out whom it does not let in, known or not', async () => {
    change({ filter });
    const page = await arrive({ team: 'crews' });
    expect([page.status, await account(), world.refusals()]).toEqual([403, undefined, ['filter.refused']]);
    expect((await arrive({ team: 'ships' })).status).toBe(200);
    expect(await account()).toBeDefined();
    world.events.length = 0;
    // Leaving the team is how an upstream takes their access away.
    expect([(await arrive({ team: 'crews' })).status, world.refusals()]).toEqual([403, ['filter.refused']]);
    expect((await arrive()).status).toBe(403);
  });

  it('that has no answer for somebody keeps them out', async () => {
    change({ filter: 'claims.attributes.team == "ships"' });
    expect([(await arrive()).status, await account(), world.refusals()]).toEqual([403, undefined, ['filter.failed']]);
    expect((await arrive({ team: 'ships' })).status).toBe(200);
  });

  it('that cannot even be read keeps everybody out: it did not come from our admin API', async () => {
    change({ filter: 'process.exit(1)' });
    expect([(await arrive()).status, world.refusals()]).toEqual([403, ['filter.failed']]);
  });

  it('is asked of an identity that its owner links, too', async () => {
    change({ filter });
    const browser = world.browser();
    const login = await browser.visit('/login');
    await browser.submit(login.form('Password'), {
      username: 'ann@acme.test',
      password: 'correct horse battery staple',
    });
    const link = async (team: string) => {
      const page = await browser.visit('/account');
      await browser.submit(
        page.form('Link'),
        { usersource: 'intranet' },
        { until: (url) => url.host === 'www.acme.test' },
      );
      const person = { uid: uid(), email: 'ann@acme.test', name: 'Ann', custom: { team } };
      return browser.visit(`/sso/intranet/multipass?${writeMultipass('desk', person, KEYS, world.clock.now())}`);
    };
    const page = await link('crews');
    expect([page.status, world.refusals()]).toEqual([403, ['filter.refused']]);
    expect((await link('ships')).text).toContain('Link');
  });
});
