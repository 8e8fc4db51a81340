import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Refusal } from '@passbroker/model';
import { AdminWorld } from './admin-world.js';

/** The gateway's answers are played here; how it really answers is in the gateway's and the whole broker's tests. */
let world: AdminWorld;
let account: string;
beforeAll(async () => {
  world = await AdminWorld.start();
  const made = await world.post('/v1/accounts', { audience: 'users', name: 'Ann', emails: [] });
  account = made.body.id;
}, 60_000);
afterAll(() => world.stop());
beforeEach(() => {
  world.asked.length = 0;
  world.audited.length = 0;
  world.answerQuestion = async () => ({ ended: 1 });
});

const HANDLE = 'abcdefghijklmnopqrstuv-_';
const kept = async () => ({
  ...{ id: HANDLE, account, usersource: 'us_gone', audience: 'users', methods: ['pwd'], mfa: false },
  brand: (await world.writer.brands.get('default'))?.id,
  device: { ip: '192.0.2.1', agent: 'Firefox' },
  ...{ createdAt: 1_767_225_600_000, authTime: 1_767_225_600_000, lastSeen: 1_767_225_660_000 },
});

describe('sessions in the admin API', () => {
  it('are listed by account, as the gateway knows them', async () => {
    world.answerQuestion = async () => ({ data: [await kept()], next: 'further', previous: null });
    const page = await world.get(`/v1/sessions?account=${account}&limit=1`);
    expect(page.status).toBe(200);
    expect(page.body.data[0]).toEqual({
      ...{ id: `${account}_${HANDLE}`, account, brand: 'default', usersource: 'us_gone', audience: 'users' },
      ...{ methods: ['pwd'], mfa: false, device: { ip: '192.0.2.1', userAgent: 'Firefox' } },
      createdAt: '2026-01-01T00:00:00.000Z',
      authenticatedAt: '2026-01-01T00:00:00.000Z',
      lastSeenAt: '2026-01-01T00:01:00.000Z',
    });
    expect(page.headers.get('link')).toContain('after=further');
    expect(world.asked).toEqual([{ to: 'gateway', type: 'sessions.list', body: { account, limit: 1 } }]);
  });

  it('are not listed without an account', async () => {
    const page = await world.get('/v1/sessions');
    expect([page.status, page.body.errors[0]?.pointer]).toEqual([400, '/query/account']);
  });

  it('are read one by one', async () => {
    world.answerQuestion = async () => kept();
    const one = await world.get(`/v1/sessions/${account}_${HANDLE}`);
    expect([one.status, one.body.id]).toEqual([200, `${account}_${HANDLE}`]);
    expect(world.asked[0]?.body).toEqual({ account, session: HANDLE });
    world.answerQuestion = async () => null;
    expect((await world.get(`/v1/sessions/${account}_${HANDLE}`)).status).toBe(404);
    expect((await world.get('/v1/sessions/nonsense')).status).toBe(404);
  });

  it('are revoked one by one, and that is an event', async () => {
    world.answerQuestion = async (type) => (type === 'sessions.get' ? kept() : { ended: 1 });
    expect((await world.remove(`/v1/sessions/${account}_${HANDLE}`)).status).toBe(204);
    expect(world.asked.at(-1)).toMatchObject({ type: 'sessions.end', body: { account, session: HANDLE } });
    expect(world.audited.at(-1)).toMatchObject({
      action: 'session.revoked',
      actor: { type: 'api_token', id: 'bootstrap' },
      targets: [{ type: 'session', id: `${account}_${HANDLE}` }],
    });
  });

  it('are revoked all at once, of an account that there is', async () => {
    expect((await world.remove(`/v1/accounts/${account}/sessions`)).status).toBe(204);
    expect(world.asked).toEqual([{ to: 'gateway', type: 'sessions.end_all', body: { account } }]);
    expect(world.audited.at(-1)).toMatchObject({ action: 'session.all_revoked' });
    expect((await world.remove('/v1/accounts/acc_nobody/sessions')).status).toBe(404);
  });

  it('are left alone by a dry run', async () => {
    world.answerQuestion = async () => kept();
    for (const path of [`/v1/sessions/${account}_${HANDLE}`, `/v1/accounts/${account}/sessions`]) {
      const dry = await world.remove(`${path}?dryRun=true`);
      expect([dry.status, dry.headers.get('dry-run')]).toEqual([204, 'true']);
    }
    expect(world.asked.map(({ type }) => type)).toEqual(['sessions.get']);
    expect(world.audited).toEqual([]);
  });

  it('are not available when no gateway answers, which is a problem and not a page without sessions', async () => {
    world.answerQuestion = async () => {
      throw new Refusal('bus.no_answer', 'the gateway did not answer sessions.list in time');
    };
    const page = await world.get(`/v1/sessions?account=${account}`);
    expect([page.status, page.body.code, page.headers.get('retry-after')]).toEqual([503, 'service.unavailable', '2']);
    const revoked = await world.remove(`/v1/accounts/${account}/sessions`);
    expect([revoked.status, world.audited.some(({ action }) => action === 'session.all_revoked')]).toEqual([
      503,
      false,
    ]);
  });

  it('are not answered by what a gateway does not say, for example one of another version', async () => {
    world.answerQuestion = async () => ({ data: 'everything' });
    const page = await world.get(`/v1/sessions?account=${account}`);
    expect([page.status, page.body.code]).toEqual([503, 'service.unavailable']);
  });
});

describe('an account that changes', () => {
  const ended = () => world.asked.filter(({ type }) => type === 'sessions.end_all').length;

  it('has its sessions ended when it is disabled, when it gets a password, and before it comes back', async () => {
    await world.patch(`/v1/accounts/${account}`, { name: 'Anna' });
    expect(ended()).toBe(0);
    await world.patch(`/v1/accounts/${account}`, { password: 'velvet otter 42 lantern' });
    expect(ended()).toBe(1);
    await world.patch(`/v1/accounts/${account}?dryRun=true`, { disabled: true });
    expect(ended()).toBe(1);
    await world.patch(`/v1/accounts/${account}`, { disabled: true });
    expect(ended()).toBe(2);
    await world.patch(`/v1/accounts/${account}`, { name: 'Ann' });
    expect(ended()).toBe(2);
    expect((await world.patch(`/v1/accounts/${account}`, { disabled: false })).body.disabled).toBe(false);
    expect(ended()).toBe(3);
  });

  it('is disabled though no gateway answers, and does not come back until one has', async () => {
    world.answerQuestion = async () => {
      throw new Refusal('bus.no_answer', 'nobody is there');
    };
    expect((await world.patch(`/v1/accounts/${account}`, { disabled: true })).body.disabled).toBe(true);
    expect((await world.patch(`/v1/accounts/${account}`, { disabled: false })).status).toBe(503);
    expect((await world.get(`/v1/accounts/${account}`)).body.disabled).toBe(true);
    world.answerQuestion = async () => ({ ended: 0 });
    expect((await world.patch(`/v1/accounts/${account}`, { disabled: false })).status).toBe(200);
  });
});
