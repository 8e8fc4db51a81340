import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Refusal } from '@passbroker/model';
import { AdminWorld, fresh, multipass } from './admin-world.js';

let world: AdminWorld;
const known = new Map<string, { state: 'ok' | 'down'; since: string; at: string; detail: string }>();
const SINCE = '2026-11-22T10:00:00.000Z';
const STEPS = [{ step: 'TCP', ok: false, detail: 'ldap.acme.test:636 refused the connection' }];

beforeAll(async () => {
  world = await AdminWorld.start(1, { health: async (usersource) => known.get(usersource) });
}, 60_000);
afterAll(() => world.stop());

const asked = () => world.asked.splice(0);
const answering = (answers: Record<string, unknown>) => {
  world.answerQuestion = async (type) => {
    const answer = answers[type];
    if (answer instanceof Error) throw answer;
    return answer ?? null;
  };
};

describe('POST /v1/usersources/{id}:test', () => {
  const made = async () => (await world.post('/v1/usersources', multipass(fresh('tested')))).body;

  it('asks the gateway, at the settings it knows, and answers step by step', async () => {
    const { id, slug } = await made();
    answering({
      'usersource.probe': { state: 'down', steps: STEPS, ms: 12 },
      'usersource.trial': { url: 'https://acme.test/sso/start/x?trial=t', seconds: 300 },
    });
    asked();
    const answer = await world.post(`/v1/usersources/${slug}:test`, { username: ' ada@acme.test ' });
    expect([answer.status, answer.body]).toEqual([
      200,
      { state: 'down', steps: STEPS, ms: 12, trial: { url: 'https://acme.test/sso/start/x?trial=t', seconds: 300 } },
    ]);
    const about = { usersource: id, settingsVersion: 1 };
    expect(asked()).toEqual([
      { to: 'gateway', type: 'usersource.probe', body: { ...about, username: 'ada@acme.test' } },
      { to: 'gateway', type: 'usersource.trial', body: about },
    ]);
    expect(world.audited.at(-1)).toMatchObject({ action: 'usersource.tested', targets: [{ type: 'usersource', id }] });
  });

  it('needs no body, and asks nobody on a dry run', async () => {
    const { slug } = await made();
    answering({ 'usersource.probe': { state: 'ok', steps: [], ms: 1 } });
    asked();
    expect((await world.post(`/v1/usersources/${slug}:test`, {})).body).toMatchObject({ state: 'ok', trial: null });
    asked();
    const dry = await world.post(`/v1/usersources/${slug}:test?dryRun=true`, {});
    expect([dry.status, dry.headers.get('dry-run'), dry.body]).toEqual([
      200,
      'true',
      { state: 'unknown', steps: [], ms: 0, trial: null },
    ]);
    expect(asked()).toEqual([]);
  });

  it('waits for a gateway that has not heard of the newest settings', async () => {
    const { slug } = await made();
    let times = 0;
    world.answerQuestion = async (type) => {
      if (type !== 'usersource.probe') return null;
      times += 1;
      if (times < 3) throw new Refusal('usersource.settings_changed', 'other settings');
      return { state: 'ok', steps: [], ms: 1 };
    };
    expect((await world.post(`/v1/usersources/${slug}:test`, {})).body).toMatchObject({ state: 'ok' });
    expect(times).toBe(3);
  });

  it('tells of settings that the gateway cannot even open', async () => {
    const { slug } = await made();
    answering({ 'usersource.probe': new Refusal('secret.unreadable', 'apiKey is sealed to another key') });
    expect((await world.post(`/v1/usersources/${slug}:test`, {})).body).toMatchObject({
      state: 'down',
      steps: [{ step: 'settings', ok: false, detail: 'apiKey is sealed to another key' }],
    });
  });

  it.each([
    ['no gateway answers', {}, 503, 'service.unavailable'],
    ['the body says more than a name', { password: 'x' }, 422, 'request.invalid'],
    ['the name is none', { username: '' }, 422, 'request.invalid'],
  ])('answers a problem when %s', async (_what, body, status, code) => {
    const { slug } = await made();
    answering({ 'usersource.probe': new Refusal('bus.no_answer', 'the gateway did not answer') });
    const answer = await world.post(`/v1/usersources/${slug}:test`, body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('is nobody’s who may only read, and of nothing that is not there', async () => {
    const { slug } = await made();
    const token = await world.token(['usersources:read']);
    const answer = await world.ask('POST', `/v1/usersources/${slug}:test`, { token, body: {} });
    expect([answer.status, answer.body.code]).toEqual([403, 'scope.insufficient']);
    expect((await world.post('/v1/usersources/nobody:test', {})).status).toBe(404);
  });
});

describe('health', () => {
  it('is what gateways found last, with the badge that goes with it', async () => {
    const slug = fresh('ill');
    const { id } = (await world.post('/v1/usersources', multipass(slug, { sso: 'background' }))).body;
    expect((await world.get(`/v1/usersources/${slug}`)).body).toMatchObject({ health: 'unknown', healthDetail: null });
    known.set(id, { state: 'down', since: SINCE, at: SINCE, detail: 'finish: no answer within 8000 ms' });
    expect((await world.get(`/v1/usersources/${slug}`)).body).toMatchObject({
      health: 'down',
      healthDetail: { since: SINCE, at: SINCE, detail: 'finish: no answer within 8000 ms' },
      badge: { mode: 'background', state: 'down' },
    });
  });
});

describe('mapping and filter', () => {
  it('are kept as they were written, and change what was proven', async () => {
    const slug = fresh('mapped');
    const mapping = { groups: 'said.memberOf.filter(g, g.startsWith("app-"))', attributes: { floor: 'said.?floor' } };
    const made = await world.post(
      '/v1/usersources',
      multipass(slug, { mapping, filter: '"staff" in said.memberOf', sync: 'create' }),
    );
    expect(made.body).toMatchObject({
      mapping,
      filter: '"staff" in said.memberOf',
      sync: 'create',
      settingsVersion: 1,
    });
    const changed = await world.change(`/v1/usersources/${slug}`, { filter: null, mapping: { groups: null } });
    expect(changed.body).toMatchObject({
      mapping: { attributes: mapping.attributes },
      filter: null,
      settingsVersion: 2,
    });
    expect(changed.text).not.toContain('"groups"');
    const same = await world.change(`/v1/usersources/${slug}`, { label: 'Another label' });
    expect(same.body).toMatchObject({ settingsVersion: 2 });
    const plain = (await world.post('/v1/usersources', multipass(fresh('plain')))).body;
    expect(plain).toMatchObject({ mapping: { attributes: {} }, filter: null, sync: 'every' });
  });

  it.each([
    [{ filter: 'process.env' }, '/filter'],
    [{ filter: 'said.x.matches("(a")' }, '/filter'],
    [{ mapping: { name: '${x}' } }, '/mapping/name'],
    [{ mapping: { groups: '"admins"' } }, '/mapping/groups'],
    [{ mapping: { attributes: { 'a.b': 'said.' } } }, '/mapping/attributes/a.b'],
    [{ mapping: { admin: 'true' } }, '/mapping/admin'],
    [{ mapping: { audience: '"agents"' } }, '/mapping/audience'],
    [{ jit: { create: 'on', grant: ['staff', 'Admins'] } }, '/jit/grant/1'],
  ])('are refused with a pointer: %j (LINK-017, LINK-018)', async (more, pointer) => {
    const answer = await world.post('/v1/usersources?dryRun=true', multipass(fresh('bad'), more));
    expect(answer.status).toBe(422);
    expect(answer.body.errors).toMatchObject([{ pointer }]);
  });
});
