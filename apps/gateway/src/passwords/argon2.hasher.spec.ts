import { hash } from '@node-rs/argon2';
import { Argon2Hasher } from './argon2.hasher.js';

describe('password hashes', () => {
  it('are argon2id with today’s parameters, and older ones are known for what they are', async () => {
    const hasher = new Argon2Hasher(1);
    const encoded = await hasher.hash('secret');
    expect(encoded).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(hasher.needsRehash(encoded)).toBe(false);
    expect(hasher.needsRehash(await hash('secret', { memoryCost: 8_192, timeCost: 1, parallelism: 1 }))).toBe(true);
    expect([await hasher.verify(encoded, 'secret'), await hasher.verify(encoded, 'Secret')]).toEqual([true, false]);
  });

  it('that nobody can read match no password', async () => {
    expect(await new Argon2Hasher(1).verify('not a hash', '')).toBe(false);
  });

  it('are checked by few at a time; who finds the queue full is told at once', async () => {
    const hasher = new Argon2Hasher(1, 2);
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => hasher.waste('x')));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(3);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'password.busy' });
    // Nobody's place was lost on the way.
    await expect(hasher.waste('x')).resolves.toBeUndefined();
  });
});
