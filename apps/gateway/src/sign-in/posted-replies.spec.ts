import { createHash } from 'node:crypto';
import { connectRedis, createLogger, type Redis } from '@passbroker/platform';
import { startEmbeddedRedisForTest } from '@passbroker/testing';
import { PostedReplies } from './posted-replies.js';

describe('messages that another site posted', () => {
  let server: Awaited<ReturnType<typeof startEmbeddedRedisForTest>>;
  let redis: Redis;
  let posted: PostedReplies;

  beforeAll(async () => {
    server = await startEmbeddedRedisForTest();
    redis = connectRedis(server.url, createLogger('posted', 'silent'), 'posted');
    posted = new PostedReplies(redis);
  });
  afterAll(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('are found again as they were posted, also by a browser that asks twice', async () => {
    const id = await posted.keep('okta', '', { SAMLResponse: 'a+b/c==', RelayState: 'x y' });
    const expected = {
      method: 'POST',
      rawQuery: 'SAMLResponse=a%2Bb%2Fc%3D%3D&RelayState=x+y',
      fields: { SAMLResponse: 'a+b/c==', RelayState: 'x y' },
    };
    expect(await posted.find('okta', id)).toEqual(expected);
    expect(await posted.find('okta', id)).toEqual(expected);
  });

  it('keep the query of the address they were posted to', async () => {
    const id = await posted.keep('okta', 'state=a%20b', { jwt: 'x.y.z' });
    expect((await posted.find('okta', id)).rawQuery).toBe('state=a%20b&jwt=x.y.z');
  });

  it('are not found at the door of another usersource', async () => {
    const id = await posted.keep('okta', '', { SAMLResponse: 'abc' });
    await expect(posted.find('adfs', id)).rejects.toMatchObject({ code: 'request.malformed' });
  });

  it('cannot be read by whoever reads Redis', async () => {
    const id = await posted.keep('okta', '', { SAMLResponse: 'a response worth stealing' });
    const kept = await redis.get(`posted:okta:${createHash('sha256').update(id).digest('base64url')}`);
    expect(kept).toMatch(/^[\w-]{40,}$/);
    expect(kept).not.toContain('stealing');
    expect(Buffer.from(kept ?? '', 'base64url').toString('latin1')).not.toContain('stealing');
  });

  it('are refused when nothing real is that long', async () => {
    await expect(posted.keep('okta', '', { SAMLResponse: 'a'.repeat(140_000) })).rejects.toMatchObject({
      code: 'request.too_large',
    });
  });
});
