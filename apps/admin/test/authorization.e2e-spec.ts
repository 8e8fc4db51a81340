import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminWorld, fresh } from './admin-world.js';

let world: AdminWorld;
beforeAll(async () => {
  world = await AdminWorld.start();
}, 60_000);
afterAll(() => world.stop());

const target = (path: string) => path.replace('{id}', 'no-such-thing');

describe('who may do what', () => {
  it('every operation × {no token, expired, foreign, wrong scope, right scope}', async () => {
    const expiring = await world.token(['*'], {
      expiresAt: new Date(world.clock.now().getTime() + 1_000).toISOString(),
    });
    world.clock.advance(2);
    let cells = 0;
    for (const { method, path, operation } of world.contract.operations()) {
      const scope = operation['x-scope'];
      const body = operation.requestBody ? { body: {} } : {};
      const cell = async (token: string | null) => {
        cells += 1;
        return world.ask(method, target(path), { token, ...body });
      };
      if (scope === undefined) {
        expect([path, (await cell(null)).status]).toEqual([path, 200]);
        continue;
      }
      for (const token of [null, expiring, 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln', `pbt_${'A'.repeat(43)}00000000`]) {
        const answer = await cell(token);
        expect([method, path, answer.status]).toEqual([method, path, 401]);
        expect(answer.headers.get('www-authenticate')).toMatch(
          token === null ? /^Bearer realm="[^"]+"$/ : /invalid_token/,
        );
      }
      const others = world.contract
        .operations()
        .flatMap((one) => one.operation['x-scope'] ?? [])
        .filter((other) => other !== scope);
      const wrong = await cell(await world.token([...new Set(others)]));
      expect([method, path, wrong.status, wrong.body.code]).toEqual([method, path, 403, 'scope.insufficient']);
      expect(wrong.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
      const right = await cell(await world.token([scope]));
      expect([method, path, [401, 403].includes(right.status)]).toEqual([method, path, false]);
    }
    const operations = world.contract.operations();
    const open = operations.filter(({ operation }) => operation['x-scope'] === undefined).length;
    expect([cells, open]).toEqual([(operations.length - open) * 6 + open, 2]);
  }, 60_000);

  it('looks for a token in the Authorization header and nowhere else', async () => {
    const token = await world.token(['*']);
    const query = await world.get(`/v1/brands?access_token=${token}`, { token: null });
    const form = await world.ask('POST', '/v1/brands', { token: null, body: { access_token: token } });
    const basic = await world.get('/v1/brands', { token: null, headers: { authorization: `Basic ${token}` } });
    expect([query.status, form.status, basic.status]).toEqual([401, 401, 401]);
  });

  it('lets nobody grant what they do not have', async () => {
    const token = await world.token(['api-tokens:write', 'api-tokens:read', 'brands:read']);
    const more = await world.post('/v1/api-tokens', { name: 'x', scopes: ['brands:write'] }, { token });
    expect([more.status, more.body.code]).toEqual([403, 'scope.exceeded']);
    const all = await world.post('/v1/api-tokens', { name: 'x', scopes: ['*'] }, { token });
    expect(all.status).toBe(403);
    const strong = (await world.post('/v1/api-tokens', { name: 'strong', scopes: ['*'] })).body.id;
    const longer = await world.patch(`/v1/api-tokens/${strong}`, { expiresAt: null }, { token });
    expect(longer.status).toBe(403);
    const same = await world.post('/v1/api-tokens', { name: 'same', scopes: ['brands:read'] }, { token });
    expect(same.status).toBe(201);
  });

  it('lets no writer of accounts make or touch an admin', async () => {
    const token = await world.token(['accounts:read', 'accounts:write']);
    const admin = { audience: 'agents', name: 'Root', admin: true };
    expect((await world.post('/v1/accounts', admin, { token })).status).toBe(403);
    const made = (await world.post('/v1/accounts', admin)).body.id;
    const attempts = [
      await world.patch(`/v1/accounts/${made}`, { password: 'canary horse battery' }, { token }),
      await world.patch(`/v1/accounts/${made}`, { admin: false }, { token }),
      await world.remove(`/v1/accounts/${made}/second-factors`, { token }),
      await world.remove(`/v1/accounts/${made}`, { token }),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    const both = await world.token(['accounts:write', 'admins:write']);
    expect((await world.remove(`/v1/accounts/${made}/second-factors`, { token: both })).status).toBe(204);
    expect((await world.patch(`/v1/accounts/${made}`, { admin: false }, { token: both })).status).toBe(200);
  });

  it('forgets a token at once when it is deleted, and notes when it was last used', async () => {
    const made = await world.post('/v1/api-tokens', { name: fresh('short'), scopes: ['brands:read'] });
    expect((await world.get('/v1/brands', { token: made.body.token })).status).toBe(200);
    let read = await world.get(`/v1/api-tokens/${made.body.id}`);
    // It is noted beside the answer, not before it.
    for (let look = 0; look < 50 && read.body.lastUsedAt === null; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      read = await world.get(`/v1/api-tokens/${made.body.id}`);
    }
    expect(read.body.lastUsedAt).toBe(world.clock.now().toISOString());
    expect(read.body.token).toBeUndefined();
    await world.remove(`/v1/api-tokens/${made.body.id}`);
    expect((await world.get('/v1/brands', { token: made.body.token })).status).toBe(401);
  });

  it('gives a token 90 days unless it is told otherwise', async () => {
    const made = await world.post('/v1/api-tokens', { name: fresh('t'), scopes: ['brands:read'] });
    const days = (Date.parse(made.body.expiresAt ?? '') - world.clock.now().getTime()) / 86_400_000;
    expect(days).toBeCloseTo(90, 1);
    const forever = await world.post('/v1/api-tokens', { name: fresh('t'), scopes: ['brands:read'], expiresAt: null });
    expect(forever.body.expiresAt).toBeNull();
    const past = await world.post('/v1/api-tokens', {
      name: fresh('t'),
      scopes: ['brands:read'],
      expiresAt: '2001-01-01T00:00:00Z',
    });
    expect(past.status).toBe(422);
  });

  it('audits who was refused, by which code', async () => {
    const token = await world.token(['brands:read']);
    await world.remove('/v1/brands/default', { token });
    expect(world.audited.at(-1)).toMatchObject({
      action: 'admin_api.refused',
      outcome: { result: 'refused', code: 'scope.insufficient' },
      targets: [{ type: 'path', id: 'DELETE /v1/brands/default' }],
    });
  });
});
