import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PostgresPendingChanges } from '@passbroker/catalog';
import { ensureFirstAdmin } from '../src/first-admin.js';
import { PostgresTurns } from '../src/records/turns.js';
import { AdminWorld, fresh, multipass } from './admin-world.js';

let world: AdminWorld;
let root: string;
let gateway: PostgresPendingChanges;
let staff: string;
const ANY = { headers: { 'if-match': '*' } };
const agents = (more: object = {}) => ({ audience: 'agents', linking: { mode: 'never' }, ...more });

beforeAll(async () => {
  world = await AdminWorld.start(2);
  const turns = new PostgresTurns(world.dataSource);
  await ensureFirstAdmin({ writer: world.writer, turns, password: () => 'canary horse battery', log: world.log });
  root = (await world.get('/v1/accounts?admin=true')).body.data[0]?.id ?? '';
  await world.prove('local-agents');
  gateway = new PostgresPendingChanges(await world.open('gateway'), () => undefined);
}, 60_000);
afterAll(() => world.stop());

beforeEach(async () => {
  staff = fresh('staff');
  const made = await world.post('/v1/usersources', multipass(staff, agents()));
  await world.link(root, made.body.id);
  await world.prove(staff);
  world.audited.length = 0;
});
afterEach(async () => {
  // Nothing that waits is left to the next test.
  world.clock.advance(601);
  await world.replicas[0]?.sweep();
  await world.change('/v1/usersources/local-agents', { enabled: true, label: 'Agents' });
  await world.remove(`/v1/usersources/${staff}`, ANY);
});

/** What the gateway tells when an admin is in by a usersource. */
const signIn = (usersource: string) => {
  const now = world.clock.now();
  return gateway.confirm(usersource, root, { since: now, now });
};
const stateOf = async (slug: string) => {
  const { enabled, sso, proven } = (await world.get(`/v1/usersources/${slug}`)).body as never as Record<
    string,
    unknown
  >;
  return { enabled, sso, proven: proven !== null };
};
const changeOf = async (id: string | null | undefined) => (await world.get(`/v1/changes/${id}`)).body.state;

describe('Automatic SSO for agents', () => {
  it('is live at once, and taken back after ten minutes without a sign-in', async () => {
    const answer = await world.change(`/v1/usersources/${staff}`, { sso: 'automatic', label: 'Staff' });
    expect([answer.status, answer.body.sso]).toEqual([200, 'automatic']);
    const until = new Date(world.clock.now().getTime() + 600_000).toISOString();
    expect(answer.body.confirmation).toEqual({ id: expect.stringMatching(/^chg_/), until, through: [staff] });
    world.clock.advance(599);
    await world.replicas[1]?.sweep();
    expect(await stateOf(staff)).toMatchObject({ sso: 'automatic' });
    world.clock.advance(1);
    await Promise.all(world.replicas.map((replica) => replica.sweep()));
    expect((await world.get(`/v1/usersources/${staff}`)).body).toMatchObject({ sso: 'none', label: 'Acme intranet' });
    expect(await changeOf(answer.body.confirmation?.id)).toBe('rolled_back');
    expect(world.audited.filter(({ action }) => action === 'change.rolled_back')).toHaveLength(1);
  });

  it('stays when an admin signed in through it in time', async () => {
    const { body } = await world.change(`/v1/usersources/${staff}`, { sso: 'automatic' });
    world.clock.advance(60);
    expect(await signIn('local-agents')).toBeUndefined();
    expect(await signIn(staff)).toBe(body.confirmation?.id);
    world.clock.advance(600);
    await world.replicas[0]?.sweep();
    expect(await stateOf(staff)).toMatchObject({ sso: 'automatic' });
    const change = await world.get(`/v1/changes/${body.confirmation?.id}`);
    expect(change.body).toMatchObject({ state: 'confirmed', confirmedBy: root, usersources: [staff] });
    expect((await world.get('/v1/changes')).body.data[0]?.id).toBe(body.confirmation?.id);
  });

  it('taken over from another usersource is given back to it', async () => {
    const rival = fresh('rival');
    await world.post('/v1/usersources', multipass(rival, agents({ sso: 'background' })));
    const took = await world.change(`/v1/usersources/${staff}`, { sso: 'automatic', swap: true });
    expect([took.status, await stateOf(rival)]).toEqual([200, expect.objectContaining({ sso: 'none' })]);
    world.clock.advance(600);
    await world.replicas[0]?.sweep();
    expect([(await stateOf(staff)).sso, (await stateOf(rival)).sso]).toEqual(['none', 'background']);
    expect((await world.get(`/v1/usersources/${rival}`)).body.badge).toMatchObject({ mode: 'background' });
    await world.remove(`/v1/usersources/${rival}`, ANY);
  });

  it.each(['POST', 'PUT'])('made by %s is switched off again', async (how) => {
    const slug = fresh('made');
    const draft = multipass(slug, agents({ sso: 'automatic' }));
    const made =
      how === 'POST' ? await world.post('/v1/usersources', draft) : await world.put(`/v1/usersources/${slug}`, draft);
    expect([made.status, made.body.confirmation?.through]).toEqual([201, [slug]]);
    world.clock.advance(600);
    await world.replicas[0]?.sweep();
    expect(await stateOf(slug)).toMatchObject({ enabled: false });
    // And switching it on again is as risky as before.
    const again = await world.change(`/v1/usersources/${slug}`, { enabled: true });
    expect(again.body.confirmation?.through).toEqual([slug]);
    expect((await world.remove(`/v1/usersources/${slug}`, ANY)).status).toBe(204);
  });

  it('is told by a dry run, which leaves nothing waiting', async () => {
    const dry = await world.change(`/v1/usersources/${staff}?dryRun=true`, { sso: 'automatic' });
    expect(dry.body.confirmation).toMatchObject({ id: null, through: [staff] });
    const answer = await world.change(`/v1/usersources/${staff}`, { sso: 'automatic' });
    expect(answer.body.confirmation?.id).toMatch(/^chg_/);
  });

  it('for users needs no proof', async () => {
    const slug = fresh('users');
    const made = await world.post('/v1/usersources', multipass(slug, { sso: 'automatic' }));
    expect([made.status, made.body.confirmation]).toEqual([201, undefined]);
    await world.remove(`/v1/usersources/${slug}`, ANY);
  });
});

describe('built-in accounts of agents', () => {
  it('switched off come back, with the settings that were proven', async () => {
    const off = await world.change('/v1/usersources/local-agents', { enabled: false });
    expect(off.body.confirmation?.through).toContain(staff);
    expect(off.body.confirmation?.through).not.toContain('local-agents');
    world.clock.advance(600);
    await world.replicas[1]?.sweep();
    expect(await stateOf('local-agents')).toEqual({ enabled: true, sso: 'none', proven: true });
  });

  it('are switched off before they are deleted', async () => {
    const deleted = await world.remove('/v1/usersources/local-agents', ANY);
    expect([deleted.status, deleted.body.code]).toEqual([409, 'confirmation.needed']);
    await world.change('/v1/usersources/local-agents', { enabled: false });
    const early = await world.remove('/v1/usersources/local-agents', ANY);
    expect([early.status, early.body.code]).toEqual([409, 'confirmation.pending']);
  });
});

describe('while a change waits', () => {
  it('no second one is made, until the first is undone by hand', async () => {
    await world.change(`/v1/usersources/${staff}`, { sso: 'automatic' });
    const second = await world.change('/v1/usersources/local-agents', { enabled: false });
    expect([second.status, second.body.code]).toEqual([409, 'confirmation.pending']);
    await world.change(`/v1/usersources/${staff}`, { sso: 'none' });
    world.clock.advance(1);
    const now = await world.change('/v1/usersources/local-agents', { enabled: false });
    expect(now.status).toBe(200);
    expect((await world.get('/v1/changes')).body.data.map(({ state }) => state).slice(0, 2)).toEqual([
      'waiting',
      'withdrawn',
    ]);
  });

  it('no second one is made by two admins at once', async () => {
    const etag = async (slug: string) => (await world.get(`/v1/usersources/${slug}`)).headers.get('etag') ?? '';
    const asks = [
      { path: `/v1/usersources/${staff}`, body: { sso: 'automatic' }, headers: { 'if-match': await etag(staff) } },
      {
        path: '/v1/usersources/local-agents',
        body: { enabled: false },
        headers: { 'if-match': await etag('local-agents') },
      },
    ];
    const answers = await Promise.all(
      asks.map(({ path, body, headers }, at) => world.ask('PATCH', path, { body, headers }, true, at)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it('what taking it back relies on is not taken away', async () => {
    // Live: staff is Automatic, and shown. Taken back: it is hidden, and only the password is left.
    await world.change(`/v1/usersources/${staff}`, { display: 'hidden', hintable: false });
    await world.change(`/v1/usersources/${staff}`, { sso: 'automatic' });
    const password = await world.change(`/v1/accounts/${root}`, { password: null });
    expect([password.status, password.body.code]).toEqual([409, 'admin.no_way_in']);
    const brand = await world.change('/v1/brands/default', { enabled: false });
    expect([brand.status, brand.body.code]).toEqual([409, 'admin.no_way_in']);
    const harmless = await world.change('/v1/brands/default', { name: fresh('Acme') });
    expect(harmless.status).toBe(200);
    // Confirmed, the password may go: the change is final.
    await signIn(staff);
    expect((await world.change(`/v1/accounts/${root}`, { password: null })).status).toBe(200);
    await world.change(`/v1/accounts/${root}`, { password: 'canary horse battery' });
  });

  it('the usersource that would be left is not deleted', async () => {
    const backup = fresh('backup');
    const made = await world.post('/v1/usersources', multipass(backup, agents()));
    await world.link(root, made.body.id);
    await world.prove(backup);
    await world.change(`/v1/accounts/${root}`, { password: null });
    await world.change(`/v1/usersources/${staff}`, { display: 'hidden', hintable: false });
    await world.change(`/v1/usersources/${staff}`, { sso: 'automatic' });
    const deleted = await world.remove(`/v1/usersources/${backup}`, ANY);
    expect([deleted.status, deleted.body?.code]).toEqual([409, 'admin.no_way_in']);
    await world.change(`/v1/accounts/${root}`, { password: 'canary horse battery' });
    expect((await world.remove(`/v1/usersources/${backup}`, ANY)).status).toBe(204);
  });

  it('an overdue one is taken back before the next write, whoever was asleep', async () => {
    await world.change(`/v1/usersources/${staff}`, { sso: 'automatic' });
    world.clock.advance(600);
    const next = await world.change('/v1/usersources/local-agents', { enabled: false });
    expect([next.status, next.body.confirmation?.through]).toEqual([200, [staff]]);
    expect((await stateOf(staff)).sso).toBe('none');
  });
});
