import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith } from '@passbroker/testing';
import { z } from 'zod';
import { RelyingParty, verified } from './world/relying-party.js';
import { BRAND, startWorld, type World } from './world/world.js';

const setShape = z.object({ keys: z.array(z.looseObject({ kid: z.string(), alg: z.string() })) });

describeWith('redis', 'token keys in rotation', () => {
  let world: World;
  let desk: RelyingParty;

  beforeAll(async () => {
    world = await startWorld();
    await world.application('desk');
    desk = new RelyingParty(world, 'desk');
  });
  afterAll(() => world.close());

  const published = async (replica = 0) => setShape.parse((await world.call('/oidc/jwks', {}, replica)).json()).keys;
  const rotate = async (body: unknown) => {
    const answer = await world.minters[0]?.questions['keys.rotate']?.(body);
    world.catalog.news('key', BRAND);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return answer;
  };

  it('OIDC-OP-071: publishes the current and the next key of each algorithm, public members only', async () => {
    const keys = await published();
    expect(keys.map(({ alg }) => alg)).toEqual(['ES256', 'ES256', 'RS256', 'RS256']);
    for (const key of keys)
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(key).not.toHaveProperty(member);
  });

  it('two replicas that begin together have the same keys', async () => {
    expect(await published(1)).toEqual(await published(0));
    expect(world.keyStore.keys.size).toBe(4);
  });

  it('BUS-017: at rest a private key is sealed to the minter', () => {
    for (const key of world.keyStore.keys.values()) {
      expect(key.sealed.split('.')).toHaveLength(5);
      expect(JSON.stringify(key.publicJwk)).not.toContain('"d"');
    }
  });

  it('signs with the key that was next; tokens of the old one still verify and still serve as a hint', async () => {
    const before = await published();
    const old = await desk.login(world.visitor());
    await rotate({ brand: BRAND, alg: 'ES256' });
    const after = await published();
    expect(after.map(({ kid }) => kid)).toEqual(expect.arrayContaining(before.map(({ kid }) => kid)));
    expect(after).toHaveLength(5);
    const fresh = await desk.login(world.visitor(), { id_token_hint: old.id_token });
    const [oldKid, newKid] = [
      (await verified(world, old.id_token, 'desk')).kid,
      (await verified(world, fresh.id_token, 'desk')).kid,
    ];
    expect(oldKid).toBe(before[0]?.kid);
    expect(newKid).toBe(before[1]?.kid);
    expect((await desk.refresh(old.refresh_token ?? '')).status).toBe(200);
    expect(await published(1)).toEqual(after);
  });

  it('refuses a question that is not one', async () => {
    await expect(rotate({ brand: BRAND, alg: 'none' })).rejects.toMatchObject({ code: 'request.malformed' });
  });
});
