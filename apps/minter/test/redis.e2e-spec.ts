import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '@passbroker/testing';
import { RelyingParty } from './world/relying-party.js';
import { startWorld, type World } from './world/world.js';

describeWith('redis', 'what a sign-in costs in Redis', () => {
  let world: World;
  let desk: RelyingParty;

  beforeAll(async () => {
    world = await startWorld(1);
    await world.application('desk');
    desk = new RelyingParty(world, 'desk');
    await desk.login(world.visitor());
  });
  afterAll(() => world.close());

  const cost = async (work: () => Promise<unknown>): Promise<{ commands: number; trips: number; names: string[] }> => {
    const [count] = world.counts;
    count?.reset();
    await work();
    return { commands: count?.commands.length ?? 0, trips: count?.trips ?? 0, names: count?.commands ?? [] };
  };

  it('is at most 18 commands, the first time and every other', async () => {
    const visitor = world.visitor();
    const first = await cost(() => desk.login(visitor));
    const again = await cost(() => desk.login(visitor));
    expect([first, again].map(({ commands, trips }) => ({ commands, trips }))).toEqual([
      { commands: 14, trips: 10 },
      { commands: 18, trips: 15 },
    ]);
  });

  it('and no more for each use of a token than a look at it, its session, its grant, and whether somebody ended it', async () => {
    const tokens = await desk.login(world.visitor());
    const userinfo = await cost(() => desk.userinfo(tokens.access_token));
    const introspection = await cost(() => desk.introspect(tokens.access_token));
    const refresh = await cost(() => desk.refresh(tokens.refresh_token ?? ''));
    expect({ userinfo: userinfo.commands, introspection: introspection.commands, refresh: refresh.commands }).toEqual({
      userinfo: 4,
      introspection: 6,
      refresh: 7,
    });
  });

  it('does not grow with applications', async () => {
    const before = await cost(() => desk.login(world.visitor()));
    await Promise.all(Array.from({ length: 1_000 }, (_, index) => world.application(`app${index}`)));
    const after = await cost(() => desk.login(world.visitor()));
    expect(after.names).toEqual(before.names);
  });

  it('nothing at all for discovery and keys', async () => {
    const documents = await cost(async () => {
      await world.call('/oidc/jwks');
      await world.call('/.well-known/openid-configuration');
    });
    expect(documents.commands).toBe(0);
  });

  it('while Redis is away: 503 with Retry-After for programs, the application\u2019s own error for people, keys as ever', async () => {
    const visitor = world.visitor();
    const tokens = await desk.login(visitor);
    process.kill(world.redisPid, 'SIGSTOP');
    try {
      const refused = await desk.refresh(tokens.refresh_token ?? '');
      expect([refused.status, refused.headers['retry-after']]).toEqual([503, '2']);
      expect(refused.json()).toMatchObject({ error: 'temporarily_unavailable' });
      const asked = await visitor.go(desk.question().path);
      expect(asked.location?.origin).toBe('https://desk.test');
      expect(asked.location?.searchParams.get('error')).toBe('temporarily_unavailable');
      expect((await world.call('/oidc/jwks')).status).toBe(200);
      expect((await world.call('/.well-known/openid-configuration')).status).toBe(200);
    } finally {
      process.kill(world.redisPid, 'SIGCONT');
    }
    expect((await desk.login(world.visitor())).access_token).toBeTruthy();
  });
});
