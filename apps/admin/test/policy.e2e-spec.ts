import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PostgresAccounts } from '@passbroker/catalog';
import { ensureFirstAdmin } from '../src/first-admin.js';
import { PostgresTurns } from '../src/records/turns.js';
import { AdminWorld, fresh, multipass } from './admin-world.js';

let world: AdminWorld;
let root: string;
beforeAll(async () => {
  world = await AdminWorld.start(2);
  const turns = new PostgresTurns(world.dataSource);
  const ask = { writer: world.writer, turns, password: () => 'canary horse battery', log: world.log };
  const made = await Promise.all([ensureFirstAdmin(ask), ensureFirstAdmin(ask)]);
  expect(made.sort()).toEqual([false, true]);
  root = (await world.get('/v1/accounts?admin=true')).body.data[0]?.id ?? '';
  await world.prove('local-agents');
}, 60_000);
afterAll(() => world.stop());
beforeEach(() => {
  world.audited.length = 0;
});

const change = (path: string, patch: unknown) => world.change(path, patch);

describe('the admins’ way in', () => {
  it('cannot be taken away by any route', async () => {
    const attempts = {
      'disable the usersource': await change('/v1/usersources/local-agents', { enabled: false }),
      'hide it': await change('/v1/usersources/local-agents', { display: 'hidden' }),
      'delete it': await world.remove('/v1/usersources/local-agents', { headers: { 'if-match': '*' } }),
      'disable the brand': await change('/v1/brands/default', { enabled: false }),
      'disable the account': await change(`/v1/accounts/${root}`, { disabled: true }),
      'demote it': await change(`/v1/accounts/${root}`, { admin: false }),
      'take its password': await change(`/v1/accounts/${root}`, { password: null }),
      'delete the account': await world.remove(`/v1/accounts/${root}`),
    };
    for (const [way, answer] of Object.entries(attempts)) {
      expect([way, answer.status, answer.body.code]).toEqual([way, 409, 'admin.no_way_in']);
    }
    expect(world.audited.map(({ outcome }) => outcome.code)).toEqual(Array(8).fill('admin.no_way_in'));
    expect((await world.get('/v1/usersources/local-agents')).body).toMatchObject({ enabled: true, revision: 1 });
  });

  it('cannot be taken away by Automatic SSO with a bypass that does not reach the admin pages', async () => {
    const slug = fresh('staff');
    await world.post('/v1/usersources', multipass(slug, { audience: 'agents', sso: 'automatic' }));
    const refused = await change('/v1/brands/default', { bypass: { surfaces: [] } });
    expect([refused.status, refused.body.code]).toEqual([409, 'admin.no_way_in']);
    await world.remove(`/v1/usersources/${slug}`, { headers: { 'if-match': '*' } });
  });

  it('stays open when two changes that are harmless alone come together', async () => {
    const second = await world.post('/v1/accounts', {
      ...{ audience: 'agents', admin: true, name: 'Second', username: fresh('second') },
      password: 'canary horse battery',
    });
    for (let round = 0; round < 5; round += 1) {
      const answers = await Promise.all(
        [root, second.body.id].map((id, at) =>
          world.ask('PATCH', `/v1/accounts/${id}`, { body: { disabled: true } }, true, at),
        ),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      for (const id of [root, second.body.id]) await world.patch(`/v1/accounts/${id}`, { disabled: false });
    }
    expect((await world.remove(`/v1/accounts/${second.body.id}`)).status).toBe(204);
  });

  it('may move to a usersource that is linked and proven', async () => {
    const slug = fresh('staff');
    const made = await world.post('/v1/usersources', multipass(slug, { audience: 'agents' }));
    const early = await change('/v1/usersources/local-agents', { enabled: false });
    expect(early.status).toBe(409);
    await world.link(root, made.body.id);
    await world.prove(slug);
    expect((await change('/v1/usersources/local-agents', { enabled: false })).status).toBe(200);
    // Now this one is the way in, and new settings would make it unproven.
    const edited = await change(`/v1/usersources/${slug}`, { settings: { siteKey: 'other' } });
    expect(edited.body.code).toBe('admin.no_way_in');
    expect((await change('/v1/usersources/local-agents', { enabled: true })).status).toBe(200);
    expect((await world.get(`/v1/usersources/${slug}`)).body.proven).not.toBeNull();
    await world.remove(`/v1/usersources/${slug}`, { headers: { 'if-match': '*' } });
  });
});

describe('SSO', () => {
  it('belongs to one usersource, and is taken over in one step', async () => {
    const [first, second] = [fresh('sso'), fresh('sso')];
    const made = await world.post('/v1/usersources', multipass(first, { sso: 'automatic' }));
    expect(made.body.badge).toEqual({ mode: 'automatic', state: 'unproven' });
    const rival = await world.post('/v1/usersources', multipass(second, { sso: 'background' }));
    expect([rival.status, rival.body.code]).toEqual([409, 'sso.not_unique']);
    expect(rival.body.errors).toMatchObject([{ pointer: '/sso' }]);

    const dry = await world.post('/v1/usersources?swap=true&dryRun=true', multipass(second, { sso: 'background' }));
    expect(dry.status).toBe(201);
    const took = await world.post('/v1/usersources?swap=true', multipass(second, { sso: 'background' }));
    expect([took.status, took.body.sso]).toEqual([201, 'background']);
    expect((await world.get(`/v1/usersources/${first}`)).body).toMatchObject({ sso: 'none', badge: null });

    const back = await change(`/v1/usersources/${first}`, { sso: 'automatic', swap: true, label: 'Back' });
    expect(back.body).toMatchObject({ sso: 'automatic', label: 'Back' });
    expect((await world.get(`/v1/usersources/${second}`)).body.sso).toBe('none');
    const put = await world.put(`/v1/usersources/${second}?swap=true`, multipass(second, { sso: 'automatic' }), {
      headers: { 'if-match': '*' },
    });
    expect(put.body.sso).toBe('automatic');
    await change(`/v1/usersources/${second}`, { sso: 'none' });
  });

  it('is for types that can be redirected to, and a type is shown as it can be', async () => {
    const sso = await change('/v1/usersources/local-users', { sso: 'automatic' });
    expect([sso.status, sso.body.code]).toEqual([409, 'sso.not_redirectable']);
    const display = await change('/v1/usersources/local-users', { display: 'icon' });
    expect([display.status, display.body.code]).toEqual([409, 'display.not_possible']);
  });

  it('limits networks that are networks, and domains that one usersource has', async () => {
    const network = await world.post('/v1/usersources', multipass(fresh('n'), { networks: ['10.0.0.0/99'] }));
    expect([network.status, network.body.code]).toEqual([409, 'network.malformed']);
    await world.post('/v1/usersources', multipass(fresh('n'), { domains: ['only.test'] }));
    const domain = await world.post('/v1/usersources', multipass(fresh('n'), { domains: ['ONLY.test'] }));
    expect([domain.status, domain.body.code]).toEqual([409, 'domain.not_unique']);
  });
});

describe('a simulation', () => {
  it('decides by the configuration as it is, and as a draft would make it', async () => {
    const slug = fresh('simulated');
    await world.post('/v1/usersources', multipass(slug));
    const request = { path: '/login', ip: '203.0.113.7' };
    const now = await world.post('/v1/policies:simulate', { brand: 'default', request });
    expect(now.body.decision).toMatchObject({ action: 'login_page' });
    expect(now.body.decision.buttons).toContain(slug);
    const draft = { usersources: { [slug]: { sso: 'automatic' } } };
    const then = await world.post('/v1/policies:simulate', { brand: 'default', request, draft });
    expect(then.body).toMatchObject({
      decision: { action: 'redirect_idp', source: slug },
      check: { accepted: true, errors: [] },
    });
    expect((await world.get(`/v1/usersources/${slug}`)).body.sso).toBe('none');
    const harmful = await world.post('/v1/policies:simulate', {
      brand: 'default',
      request,
      draft: { usersources: { 'local-agents': { enabled: false } } },
    });
    expect(harmful.body.check).toEqual({ accepted: false, errors: ['admin.no_way_in'] });
  });

  it('parses a draft before anybody decides by it', async () => {
    const refused = await world.post('/v1/policies:simulate', {
      ...{ brand: 'default', request: { path: '/' } },
      draft: { usersources: { x: { type: 7 } } },
    });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toContainEqual(expect.objectContaining({ pointer: '/draft/usersources/x/type' }));
  });
});

describe('the first admin', () => {
  it('is an agent who can sign in by password, and does not come back', async () => {
    const accounts = new PostgresAccounts(await world.open('gateway'), () => undefined);
    const found = await accounts.credential('admin@example.com', 'agents');
    expect(found?.account).toMatchObject({ id: root, admin: true, audience: 'agents' });
    expect(found?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });
});
