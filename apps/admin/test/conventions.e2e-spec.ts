import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { sqlOf } from '@passbroker/catalog';
import { AdminWorld, fresh, multipass, oidc, type Answer } from './admin-world.js';

let world: AdminWorld;
beforeAll(async () => {
  world = await AdminWorld.start(2);
}, 60_000);
afterAll(() => world.stop());

const count = async (table: string): Promise<number> =>
  Number(
    Reflect.get(
      Object((await sqlOf(world.dataSource)(`select count(*)::int as n from catalog.${table}`)).rows[0]),
      'n',
    ),
  );

describe('If-Match', () => {
  it('is required for what holds policy, and a stale one loses', async () => {
    const slug = fresh('us');
    const made = await world.post('/v1/usersources', multipass(slug));
    const path = `/v1/usersources/${slug}`;
    const without = [
      await world.patch(path, { label: 'x' }),
      await world.put(path, multipass(slug)),
      await world.remove(path),
    ];
    expect(without.map(({ status }) => status)).toEqual([428, 428, 428]);
    const etag = made.headers.get('etag') ?? '';
    expect((await world.patch(path, { label: 'first' }, { headers: { 'if-match': etag } })).status).toBe(200);
    for (const stale of [etag, '"99"', 'W/"2"', 'nonsense', '']) {
      const late = await world.patch(path, { label: 'second' }, { headers: { 'if-match': stale } });
      expect([stale, late.status]).toEqual([stale, 412]);
    }
    expect((await world.get(path)).body.label).toBe('first');
  });

  it('lets exactly one of twenty writers with one tag win, over two replicas', async () => {
    const slug = fresh('race');
    const etag = (await world.post('/v1/usersources', multipass(slug))).headers.get('etag') ?? '';
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        world.ask(
          'PATCH',
          `/v1/usersources/${slug}`,
          { body: { label: `writer ${at}` }, headers: { 'if-match': etag } },
          true,
          at % 2,
        ),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 412)).toHaveLength(19);
  });

  it('lets If-None-Match: * make and never replace', async () => {
    const slug = fresh('once');
    const headers = { 'if-none-match': '*' };
    expect((await world.put(`/v1/applications/${slug}`, oidc(slug), { headers })).status).toBe(201);
    expect((await world.put(`/v1/applications/${slug}`, oidc(slug), { headers })).status).toBe(412);
    const absent = await world.put(`/v1/applications/${fresh('no')}`, oidc(slug), { headers: { 'if-match': '"1"' } });
    expect([absent.status, 412, 422]).toContain(absent.status);
  });
});

describe('Idempotency-Key', () => {
  it('does it once and answers twice, with the very secret that was shown once', async () => {
    const headers = { 'idempotency-key': fresh('key') };
    const wish = oidc(fresh('app'));
    const first = await world.post('/v1/applications', wish, { headers });
    const second = await world.ask('POST', '/v1/applications', { body: wish, headers }, true, 1);
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotent-replayed')).toBe('true');
    expect(second.headers.get('etag')).toBe(first.headers.get('etag'));
    expect(first.headers.get('idempotent-replayed')).toBeNull();
  });

  it('keeps the answer where nobody who reads the table can read it', async () => {
    const key = fresh('secret-key');
    const made = await world.post('/v1/applications', oidc(fresh('app')), { headers: { 'idempotency-key': key } });
    const { rows } = await sqlOf(world.dataSource)('select * from catalog.idempotency_key');
    const dump = JSON.stringify(rows);
    expect(rows.length).toBeGreaterThan(0);
    expect(dump).not.toContain(made.body.secrets?.['client_secret'] ?? 'none');
    expect(dump).not.toContain(key);
  });

  it('refuses the same key for another body, and lets other tokens use it', async () => {
    const headers = { 'idempotency-key': fresh('key') };
    await world.post('/v1/applications', oidc(fresh('app')), { headers });
    const other = await world.post('/v1/applications', oidc(fresh('app')), { headers });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency.mismatch']);
    const token = await world.token(['applications:write']);
    expect((await world.post('/v1/applications', oidc(fresh('app')), { headers, token })).status).toBe(201);
  });

  it('of ten at the same time does one', async () => {
    const headers = { 'idempotency-key': fresh('key') };
    const wish = { name: fresh('token'), scopes: ['brands:read'] };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => world.ask('POST', '/v1/api-tokens', { body: wish, headers }, true, at % 2)),
    );
    expect(answers.every(({ status }) => status === 201 || status === 409)).toBe(true);
    expect((await world.get(`/v1/api-tokens?name=${wish.name}`)).body.data).toHaveLength(1);
  });

  it('forgets what failed, and everything after a day', async () => {
    const headers = { 'idempotency-key': fresh('key') };
    expect((await world.post('/v1/applications', { slug: 'x' }, { headers })).status).toBe(422);
    const wish = oidc(fresh('app'));
    expect((await world.post('/v1/applications', wish, { headers })).status).toBe(201);
    world.clock.advance(86_401);
    const again = await world.post('/v1/applications', wish, { headers });
    expect([again.status, again.body.code]).toEqual([409, 'resource.exists']);
  });
});

describe('?dryRun=true', () => {
  it('answers as if it were done and leaves no trace', async () => {
    const slug = fresh('dry');
    await world.post('/v1/usersources', multipass(slug));
    const tables = [
      'usersource',
      'application',
      'account',
      'api_token',
      'brand',
      'change_log',
      'credential',
      'idempotency_key',
    ];
    const counts = () => Promise.all(tables.map(count));
    const [before, audited, news] = [await counts(), world.audited.length, world.announced.length];
    const dry: Answer[] = [
      await world.post('/v1/usersources?dryRun=true', multipass(fresh('dry'))),
      await world.post('/v1/applications?dryRun=true', oidc(fresh('dry')), { headers: { 'idempotency-key': 'k' } }),
      await world.post('/v1/accounts?dryRun=true', { audience: 'users', name: 'N', password: 'canary horse battery' }),
      await world.post('/v1/api-tokens?dryRun=true', { name: 'N', scopes: ['*'] }),
      await world.post('/v1/brands?dryRun=true', { slug: fresh('dry'), name: 'N', hosts: ['dry.test'] }),
      await world.change(`/v1/usersources/${slug}?dryRun=true`, { label: 'other' }),
      await world.put(`/v1/applications/${fresh('dry')}?dryRun=true`, { ...oidc('x'), slug: undefined, settings: {} }),
      await world.remove(`/v1/usersources/${slug}?dryRun=true`, { headers: { 'if-match': '*' } }),
      await world.post('/v1/keys:rotate?dryRun=true', { brand: 'default' }),
    ];
    expect(dry.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201, 200, 422, 204, 200]);
    expect(dry.filter(({ status }) => status < 300).every(({ headers }) => headers.get('dry-run') === 'true')).toBe(
      true,
    );
    expect(dry.some(({ body }) => body?.secrets ?? body?.token)).toBe(false);
    expect(dry[5]?.body.label).toBe('other');
    expect(await counts()).toEqual(before);
    expect([world.audited.length, world.announced.length, world.asked.length]).toEqual([audited, news, 0]);
  });

  it('is not mistaken for a typing error', async () => {
    for (const query of ['dryrun=true', 'dryRun=yes', 'dryRun=', 'dryRun=true&dryRun=false']) {
      const refused = await world.post(`/v1/usersources?${query}`, multipass(fresh('typo')));
      expect([query, refused.status]).toEqual([query, 400]);
    }
  });
});

describe('pages', () => {
  it('lead through 250 items and back, each once', async () => {
    const prefix = fresh('many');
    for (let at = 0; at < 250; at += 1) {
      await world.writer.applications.create({
        ...{ slug: `${prefix}-${at}`, protocol: 'oidc', brand: 'default', audience: 'agents', name: `${at}` },
        ...{ enabled: true, settings: { client_id: `${prefix}-${at}`, redirect_uris: ['http://localhost/cb'] } },
      });
    }
    const walk = async (from: string, step: 'next' | 'previous') => {
      const pages: string[][] = [];
      for (let path: string | null = from; path;) {
        const answer: Answer = await world.get(path);
        pages.push(answer.body.data.map(({ slug }) => slug));
        const cursor: string | null = answer.body.page[step];
        const rel = step === 'next' ? 'next' : 'prev';
        const link = new RegExp(`<([^>]+)>; rel="${rel}"`).exec(answer.headers.get('link') ?? '')?.[1];
        expect(link === undefined).toBe(cursor === null);
        path = link ?? null;
      }
      return pages;
    };
    const forth = await walk('/v1/applications?audience=agents&limit=30', 'next');
    expect(forth.flat()).toEqual(Array.from({ length: 250 }, (_, at) => `${prefix}-${at}`));
    expect(forth).toHaveLength(9);
    const last = await world.get(`/v1/applications?audience=agents&limit=100`);
    expect(last.body.data).toHaveLength(100);

    let path: string | undefined = '/v1/applications?audience=agents&limit=30';
    let end = path;
    while (path) {
      end = path;
      path = /<([^>]+)>; rel="next"/.exec((await world.get(path)).headers.get('link') ?? '')?.[1];
    }
    const back = await walk(end, 'previous');
    expect(back.reverse().flat()).toEqual(forth.flat());
  }, 60_000);

  it('hold at most 100, and refuse what is no number of items', async () => {
    expect((await world.get('/v1/applications?limit=1000000000')).body.data).toHaveLength(100);
    for (const limit of ['0', '-1', 'all', '1.5', '', '1e9', '99999999999999999999', 'NaN']) {
      expect([limit, (await world.get(`/v1/applications?limit=${limit}`)).status]).toEqual([limit, 400]);
    }
  });

  it('refuse cursors that are not ours, and both at once', async () => {
    for (const query of [
      'after=x',
      'after=W10',
      'before=%00',
      'after=',
      `after=${'A'.repeat(400)}`,
      'after=W10&before=W10',
    ]) {
      expect([query, (await world.get(`/v1/usersources?${query}`)).status]).toEqual([query, 400]);
    }
  });
});

describe('names', () => {
  it('that are empty, null or undefined match nothing rather than everything', async () => {
    for (const room of ['brands', 'usersources', 'applications', 'accounts', 'api-tokens']) {
      const before = (await world.get(`/v1/${room}`)).body.data.length;
      for (const name of ['undefined', 'null', '%20', '%00', '..', 'a%2Fb']) {
        const answer = await world.ask('DELETE', `/v1/${room}/${name}`, { headers: { 'if-match': '*' } }, false);
        expect([room, name, [400, 404].includes(answer.status)]).toEqual([room, name, true]);
      }
      expect((await world.get(`/v1/${room}`)).body.data).toHaveLength(before);
    }
    for (const query of ['brand=', 'brand=undefined', 'brand=null', 'type=']) {
      const answer = await world.get(`/v1/usersources?${query}`);
      expect(answer.status === 400 || answer.body.data.length === 0).toBe(true);
    }
    expect((await world.get('/v1/accounts?admin=')).status).toBe(400);
  });

  it('in the wrong method say which methods there are', async () => {
    const answer = await world.ask('POST', '/v1/brands/default', { body: {} }, false);
    expect([answer.status, answer.body.code]).toEqual([405, 'method.not_allowed']);
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT']);
    expect((await world.ask('GET', '/v2/brands', {}, false)).status).toBe(404);
  });
});

describe('answers', () => {
  it('carry problem+json, a request id and strict headers, also for a URL that cannot be read', async () => {
    for (const path of ['/v1/brands/none', '/v1/%zz', '/nowhere', `/v1/brands/${'x'.repeat(5_000)}`]) {
      const answer = await world.ask('GET', path, {}, false);
      expect([path.slice(0, 20), answer.headers.get('content-type')]).toEqual([
        path.slice(0, 20),
        expect.stringContaining('application/problem+json'),
      ]);
      expect(answer.body.requestId).toBe(answer.headers.get('x-request-id'));
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(answer.headers.get('content-security-policy')).toContain(`default-src 'none'`);
    }
  });

  it('refuse bodies that are no JSON, too large, poisoned or of another type', async () => {
    const post = (raw: string, type = 'application/json') =>
      world.ask('POST', '/v1/brands', { raw, headers: { 'content-type': type } });
    expect((await post('{"slug":')).status).toBe(400);
    expect((await post('{"__proto__":{"admin":true}}')).status).toBe(400);
    expect((await post('slug=x', 'application/x-www-form-urlencoded')).status).toBe(415);
    expect((await post('x', 'text/plain')).status).toBe(415);
    expect((await post('')).status).toBe(400);
    expect((await post(`{"slug":"${'x'.repeat(300_000)}"}`)).status).toBe(413);
    for (const raw of ['null', '[]', '"x"', '1']) expect([raw, (await post(raw)).status]).toEqual([raw, 422]);
  });
});

describe('a merge patch', () => {
  it('is RFC 7396: members change, null clears, lists are replaced', async () => {
    const slug = fresh('merge');
    await world.post(
      '/v1/usersources',
      multipass(slug, { domains: ['a.test', 'b.test'], jit: { create: 'on', grant: ['x'] } }),
    );
    const changed = await world.change(
      `/v1/usersources/${slug}`,
      { jit: { grant: ['y'] }, domains: ['c.test'], order: null, settings: { returnUrls: null } },
      { headers: { 'content-type': 'application/merge-patch+json' } },
    );
    expect(changed.body).toMatchObject({ jit: { create: 'on', grant: ['y'] }, domains: ['c.test'], order: 100 });
    expect(changed.body.settings).toEqual({ siteKey: 'acme', remoteLoginUrl: 'https://www.acme.test/login' });
    const gone = await world.change(`/v1/usersources/${slug}`, { label: null });
    expect(gone.body.errors).toMatchObject([{ pointer: '/label' }]);
  });
});
