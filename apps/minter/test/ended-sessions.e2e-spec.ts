import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { EndedSessions } from '@passbroker/sign-in';
import { describeWith } from '@passbroker/testing';
import { RelyingParty, tokensShape, type Tokens } from './world/relying-party.js';
import { startWorld, type World } from './world/world.js';

const OFFLINE = { scope: 'openid offline_access', prompt: 'consent' };

/** The gateway writes down which sessions were ended; here its half is played by the class that it uses. */
describeWith('redis', 'what a session gave out, once somebody ended it,', () => {
  let world: World;
  let desk: RelyingParty;
  let ended: EndedSessions;
  let session = 0;

  beforeAll(async () => {
    world = await startWorld();
    await world.application('desk', { scope: 'openid profile email groups offline_access' });
    desk = new RelyingParty(world, 'desk');
    ended = new EndedSessions(world.redis, () => new Date());
  });
  beforeEach(() => void (session += 1));
  afterAll(() => world.close());

  const here = (): string => `gs_${session}`;
  const login = (extra = {}, visitor = world.visitor()) => desk.login(visitor, extra, { session: here() });

  /** Still good: userinfo, introspection, refresh, on both replicas. */
  const uses = async ({ access_token: access, refresh_token: refresh }: Tokens) => {
    const introspected = await desk.introspect(access);
    const renewed = await desk.refresh(refresh ?? '', {}, 1);
    return [(await desk.userinfo(access)).status, introspected.json(), renewed.status] as const;
  };
  const expectDead = async (tokens: Tokens): Promise<void> =>
    expect(await uses(tokens)).toEqual([401, { active: false }, 400]);
  const expectAlive = async (tokens: Tokens): Promise<void> =>
    expect(await uses(tokens)).toEqual([200, expect.objectContaining({ active: true }), 200]);

  it('SESS-021: is dead with the next use, everywhere, though no message ever reached the minter', async () => {
    const [mine, lasting] = [await login(), await login(OFFLINE)];
    const other = await desk.login(world.visitor(), {}, { session: 'gs_other' });
    await ended.revoked('ac_jo', [here()]);
    await expectDead(mine);
    await expectDead(lasting);
    await expectAlive(other);
  });

  it('SESS-022: a code that was not yet redeemed is worth nothing', async () => {
    const { question, answer } = await desk.walk(world.visitor(), {}, { session: here() });
    const control = await desk.walk(world.visitor(), {}, { session: 'gs_other' });
    await ended.revoked('ac_jo', [here()]);
    const redeemed = await desk.redeem(answer.searchParams.get('code') ?? '', question);
    expect([redeemed.status, redeemed.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })]);
    expect((await desk.redeem(control.answer.searchParams.get('code') ?? '', control.question)).status).toBe(200);
  });

  it('SESS-023: what was refreshed in between is dead, too', async () => {
    const first = await login();
    const second = tokensShape.parse((await desk.refresh(first.refresh_token ?? '')).json());
    await ended.revoked('ac_jo', [here()]);
    await expectDead(second);
  });

  it('by signing out: dies, but for what was asked for the time without the person', async () => {
    const [mine, lasting] = [await login(), await login(OFFLINE)];
    await ended.signedOut('ac_jo', [here()]);
    await expectDead(mine);
    await expectAlive(lasting);
  });

  it('SESS-024: by a new password: dies, also of sessions that were over long ago', async () => {
    const lasting = await login(OFFLINE);
    const stays = await desk.login(world.visitor(), {}, { session: 'gs_changing' });
    const later = new EndedSessions(world.redis, () => new Date(Date.now() + 60_000));
    await later.allRevoked('ac_jo', 'gs_changing');
    await expectDead(lasting);
    await expectAlive(stays);
    await world.redis.del('ended-sessions:ac_jo');
  });

  it('SESS-025: gets nothing from a grant of an earlier session in the same browser', async () => {
    const visitor = world.visitor();
    const before = await login({}, visitor);
    await ended.revoked('ac_jo', [here()]);
    const after = await desk.login(visitor, {}, { session: 'gs_next' });
    await expectDead(before);
    await expectAlive(after);
  });

  it('is not taken for dead while Redis cannot say so: 503, and good afterwards', async () => {
    const tokens = await login();
    await world.redis.set('ended-sessions:ac_jo', 'not what should be here');
    const refused = await desk.userinfo(tokens.access_token);
    await world.redis.del('ended-sessions:ac_jo');
    expect(refused.status).toBe(503);
    expect((await desk.userinfo(tokens.access_token)).status).toBe(200);
  });
});
