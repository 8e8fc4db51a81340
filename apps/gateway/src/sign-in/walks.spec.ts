import { connectRedis, createLogger, type Redis } from '@passbroker/platform';
import { startEmbeddedRedisForTest } from '@passbroker/testing';
import { Walks, type Walk } from './walks.js';

const walk = (page: string, state?: string): Walk => ({
  to: { returnTo: page },
  carry: {},
  ...(state !== undefined && { state }),
});

describe('walks of one browser to one usersource', () => {
  let server: Awaited<ReturnType<typeof startEmbeddedRedisForTest>>;
  let redis: Redis;
  let walks: Walks;
  let browser = 0;

  beforeAll(async () => {
    server = await startEmbeddedRedisForTest();
    redis = connectRedis(server.url, createLogger('walks', 'silent'), 'walks');
    walks = new Walks(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  const begun = async (...all: Walk[]): Promise<(state?: string) => Promise<unknown>> => {
    const binding = `browser-${(browser += 1)}`;
    for (const one of all) await walks.remember('okta', binding, one);
    return async (state) => (await walks.take('okta', binding, state))?.to;
  };

  it('are told apart by the state that comes back, in whatever order the tabs do', async () => {
    const back = await begun(walk('/one', 's1'), walk('/two', 's2'), walk('/three', 's3'));
    expect(await back('s1')).toEqual({ returnTo: '/one' });
    expect(await back('s3')).toEqual({ returnTo: '/three' });
    expect(await back('s2')).toEqual({ returnTo: '/two' });
    expect(await back('s2')).toBeUndefined();
  });

  it('are not given to an answer with another state', async () => {
    const back = await begun(walk('/one', 's1'));
    expect(await back('forged')).toBeUndefined();
    expect(await back('s1')).toEqual({ returnTo: '/one' });
  });

  it('are taken newest first where no state comes back', async () => {
    const back = await begun(walk('/one'), walk('/two'));
    expect(await back()).toEqual({ returnTo: '/two' });
    expect(await back()).toEqual({ returnTo: '/one' });
  });

  it('without a state are still found by an answer that has one of its own', async () => {
    const back = await begun(walk('/one'));
    expect(await back('a site’s own')).toEqual({ returnTo: '/one' });
  });
});
