import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AdminWorld, fresh, multipass, oidc } from './admin-world.js';

let world: AdminWorld;
beforeAll(async () => {
  world = await AdminWorld.start();
}, 60_000);
afterAll(() => world.stop());

describe('usersources', () => {
  it('are made as the contract writes them, and read back without their secret', async () => {
    const slug = fresh('intranet');
    const made = await world.post('/v1/usersources', multipass(slug, { jit: { create: 'on' } }));

    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`/v1/usersources/${slug}`);
    expect(made.headers.get('etag')).toBe('"1"');
    expect(made.body).toMatchObject({
      slug,
      brand: 'default',
      display: 'button',
      sso: 'none',
      jit: { create: 'on', grant: [] },
      linking: { mode: 'prove', authoritativeDomains: [] },
      settings: { siteKey: 'acme', remoteLoginUrl: 'https://www.acme.test/login' },
      secretsSet: ['apiKey'],
      badge: null,
      proven: null,
      health: 'unknown',
      warnings: [],
    });
    expect(made.body.settings.apiKey).toBeUndefined();
    const read = await world.get(`/v1/usersources/${slug}`);
    expect(read.body).toEqual(made.body);
    expect((await world.get(`/v1/usersources/${made.body.id}`)).body).toEqual(made.body);
  });

  it('keep their secret where only the gateway can open it', async () => {
    const slug = fresh('sealed');
    await world.post('/v1/usersources', multipass(slug));
    const stored = await world.writer.usersources.get(slug);
    const sealed: unknown = Reflect.get(Object(stored?.settings['apiKey']), 'sealed');

    expect(await world.gateway.open(String(sealed))).toBe('canary-api-key-0123456789abcdef012345');
    await expect(world.minter.open(String(sealed))).rejects.toThrow('secret.unreadable');
  });

  it('lose a secret by null, keep it by silence, and never take a mask for one', async () => {
    const path = `/v1/usersources/${(await world.post('/v1/usersources', multipass(fresh('mask')))).body.slug}`;
    const before = (await world.writer.usersources.get(path.split('/').at(-1) ?? ''))?.settings['apiKey'];

    const kept = await world.change(path, { settings: { siteKey: 'other' } });
    expect(kept.body).toMatchObject({ secretsSet: ['apiKey'], settings: { siteKey: 'other' } });
    expect((await world.writer.usersources.get(kept.body.id))?.settings['apiKey']).toEqual(before);

    const masked = await world.change(path, { settings: { apiKey: '****************' } });
    expect(masked.status).toBe(422);
    expect(masked.body.errors).toMatchObject([{ pointer: '/settings/apiKey', code: 'masked' }]);
    expect((await world.writer.usersources.get(kept.body.id))?.settings['apiKey']).toEqual(before);

    const cleared = await world.change(path, { settings: { apiKey: null } });
    // This type cannot be without one.
    expect(cleared.status).toBe(422);
    expect(cleared.body.errors).toMatchObject([{ pointer: '/settings/apiKey' }]);
  });

  it('refuse a sealed object of somebody else’s making', async () => {
    const wish = multipass(fresh('forged'));
    const refused = await world.post('/v1/usersources', {
      ...wish,
      settings: { ...wish.settings, apiKey: { sealed: 'eyJhbGciOiJkaXIifQ..x.y.z' } },
    });
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toMatchObject([{ pointer: '/settings/apiKey', code: 'invalid_type' }]);
  });

  it('name every unknown type, member and setting by a pointer', async () => {
    const type = await world.post('/v1/usersources', multipass(fresh('x'), { type: 'telepathy' }));
    expect(type.body.errors).toMatchObject([{ pointer: '/type', code: 'unknown_type' }]);
    const member = await world.post('/v1/usersources', multipass(fresh('x'), { colour: 'red', 'a/b': 1 }));
    expect(member.body.errors.map(({ pointer }) => pointer).sort()).toEqual(['/a~1b', '/colour']);
    const wish = multipass(fresh('x'));
    const setting = await world.post('/v1/usersources', { ...wish, settings: { ...wish.settings, apikey: 'x' } });
    expect(setting.body.errors).toMatchObject([{ pointer: '/settings/apikey' }]);
    const brand = await world.post('/v1/usersources', multipass(fresh('x'), { brand: 'nobody' }));
    expect(brand.body.errors).toMatchObject([{ pointer: '/brand' }]);
    expect([type.status, member.status, setting.status, brand.status]).toEqual([422, 422, 422, 422]);
  });

  it('are replaced whole by PUT: what is left out takes its default, except the secret', async () => {
    const slug = fresh('whole');
    const { slug: _slug, ...file } = multipass(slug, { order: 7, domains: ['Acme.test'] });
    const made = await world.put(`/v1/usersources/${slug}`, file);
    expect(made.status).toBe(201);
    expect(made.body.domains).toEqual(['acme.test']);

    const { apiKey: _apiKey, ...settings } = file.settings;
    const again = await world.put(
      `/v1/usersources/${slug}`,
      { ...file, order: undefined, domains: undefined, settings },
      { headers: { 'if-match': made.headers.get('etag') ?? '' } },
    );
    expect(again.status).toBe(200);
    expect(again.body).toMatchObject({ order: 100, domains: [], secretsSet: ['apiKey'] });
  });

  it('do not change by a PUT that says what is there', async () => {
    const slug = fresh('same');
    const { apiKey: _apiKey, ...settings } = multipass(slug).settings;
    await world.post('/v1/usersources', multipass(slug));
    const news = world.announced.length;
    const again = await world.put(`/v1/usersources/${slug}`, multipass(slug, { settings }), {
      headers: { 'if-match': '*' },
    });
    expect(again.status).toBe(200);
    expect(again.headers.get('etag')).toBe('"1"');
    expect(world.announced).toHaveLength(news);
  });

  it('never change slug, type, audience or brand', async () => {
    const path = `/v1/usersources/${(await world.post('/v1/usersources', multipass(fresh('fixed')))).body.slug}`;
    await world.post('/v1/brands', { slug: 'second', name: 'Second', hosts: ['second.test'] });
    for (const change of [{ slug: 'other' }, { type: 'local' }, { audience: 'agents' }, { brand: 'second' }]) {
      const refused = await world.change(path, change);
      expect(refused.status).toBe(422);
      expect(refused.body.errors).toContainEqual(
        expect.objectContaining({ pointer: `/${Object.keys(change)[0]}`, code: 'immutable' }),
      );
    }
  });

  it('show standing warnings, and say at once that a key is short', async () => {
    const wish = multipass(fresh('warned'));
    const made = await world.post('/v1/usersources', {
      ...wish,
      settings: { ...wish.settings, apiKey: 'sixteen-letters!', acceptUnsigned: true },
    });
    expect(made.body.warnings).toHaveLength(2);
    expect((await world.get(`/v1/usersources/${wish.slug}`)).body.warnings).toHaveLength(1);
  });
});

describe('applications', () => {
  it('get a secret that is shown once and opens only at the minter', async () => {
    const slug = fresh('helpdesk');
    const made = await world.post('/v1/applications', oidc(slug));
    expect(made.status).toBe(201);
    const secret = made.body.secrets?.['client_secret'] ?? '';
    expect(secret.length).toBeGreaterThan(30);

    const read = await world.get(`/v1/applications/${slug}`);
    expect(read.body.secrets).toBeUndefined();
    expect(read.body.secretsSet).toEqual(['client_secret']);
    expect(read.text).not.toContain(secret);
    const stored = await world.writer.applications.get(slug);
    const sealed = String(Reflect.get(Object(stored?.settings['client_secret']), 'sealed'));
    expect(await world.minter.open(sealed)).toBe(secret);
    await expect(world.gateway.open(sealed)).rejects.toThrow('secret.unreadable');
  });

  it('get a new secret when null clears the old one', async () => {
    const slug = fresh('rotating');
    const first = (await world.post('/v1/applications', oidc(slug))).body.secrets?.['client_secret'];
    const second = await world.change(`/v1/applications/${slug}`, { settings: { client_secret: null } });
    expect(second.status).toBe(200);
    expect(second.body.secrets?.['client_secret']).not.toBe(first);
  });

  it('cannot keep a secret that their settings forbid', async () => {
    const slug = fresh('public');
    await world.post('/v1/applications', oidc(slug));
    const refused = await world.change(`/v1/applications/${slug}`, {
      settings: { token_endpoint_auth_method: 'none' },
    });
    expect(refused.body.errors).toMatchObject([{ pointer: '/settings/client_secret' }]);
    const changed = await world.change(`/v1/applications/${slug}`, {
      settings: { token_endpoint_auth_method: 'none', client_secret: null },
    });
    expect(changed.body).toMatchObject({ secretsSet: [] });
    expect(changed.body.secrets).toBeUndefined();
  });

  it('answer to their slug and to no other client_id', async () => {
    const refused = await world.post('/v1/applications', oidc(fresh('named'), { settings: { client_id: 'another' } }));
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toContainEqual(expect.objectContaining({ pointer: '/settings/client_id' }));
  });
});

describe('brands', () => {
  it('take hosts that nobody else has', async () => {
    const slug = fresh('brand');
    const made = await world.post('/v1/brands', { slug, name: 'Acme', hosts: [`${slug}.test`] });
    expect(made.body).toMatchObject({ origin: `http://${slug}.test`, registration: 'closed' });
    const rival = await world.post('/v1/brands', { slug: fresh('brand'), name: 'Rival', hosts: [`${slug}.test`] });
    expect(rival.status).toBe(409);
    expect(rival.body.errors).toMatchObject([{ pointer: '/hosts' }]);
  });

  it('take no logo that can hold a script', async () => {
    for (const logo of ['data:image/svg+xml;base64,PHN2Zz4=', 'http://plain.test/logo.png', 'javascript:alert(1)']) {
      const refused = await world.post('/v1/brands', {
        slug: fresh('b'),
        name: 'B',
        hosts: ['b.test'],
        looks: { logo },
      });
      expect(refused.status).toBe(422);
    }
  });

  it('stay as long as something is in them', async () => {
    const refused = await world.remove('/v1/brands/default', { headers: { 'if-match': '*' } });
    expect(refused.status).toBe(409);
  });
});

describe('accounts', () => {
  it('take a password that nobody reads back', async () => {
    const made = await world.post('/v1/accounts', {
      audience: 'users',
      name: 'Ada',
      username: fresh('ada'),
      emails: [{ value: `${fresh('ada')}@example.com`, verified: true }],
      password: 'canary horse battery',
    });
    expect(made.status).toBe(201);
    expect(made.text).not.toMatch(/canary|argon2/);
    const changed = await world.patch(`/v1/accounts/${made.body.id}`, { name: 'Ada L.', password: null });
    expect(changed.body.name).toBe('Ada L.');
  });

  it('refuse the passwords that are tried first, and say no more about them', async () => {
    for (const password of ['short', 'password1234', 'Passw0rd!!!!', 'aaaaaaaaaaaa', '123456789012', 'Qwertyuiop12']) {
      const refused = await world.post('/v1/accounts', { audience: 'users', name: 'Bob', password });
      expect([password, refused.status]).toEqual([password, 422]);
      expect(refused.body.errors).toMatchObject([{ pointer: '/password' }]);
      expect(refused.text).not.toContain(password);
    }
  });

  it('have addresses that nobody else has, whatever the case', async () => {
    const value = `${fresh('eve')}@example.com`;
    await world.post('/v1/accounts', { audience: 'users', name: 'Eve', emails: [{ value }] });
    const rival = await world.post('/v1/accounts', {
      audience: 'users',
      name: 'Mallory',
      emails: [{ value: value.toUpperCase() }],
    });
    expect(rival.status).toBe(409);
    expect(rival.body.errors).toMatchObject([{ pointer: '/emails' }]);
    const found = await world.get(`/v1/accounts?email=${encodeURIComponent(value)}`);
    expect(found.body.data).toHaveLength(1);
  });

  it('are admins only among agents, and never change sides', async () => {
    const user = await world.post('/v1/accounts', { audience: 'users', name: 'U', admin: true });
    expect(user.body.errors).toMatchObject([{ pointer: '/admin' }]);
    const made = await world.post('/v1/accounts', { audience: 'users', name: 'U' });
    const moved = await world.patch(`/v1/accounts/${made.body.id}`, { audience: 'agents' });
    expect(moved.body.errors).toMatchObject([{ pointer: '/audience', code: 'immutable' }]);
  });
});

describe('keys', () => {
  it('are rotated by the minter, which is asked over the bus', async () => {
    const brand = (await world.get('/v1/brands/default')).body.id;
    const answer = await world.post('/v1/keys:rotate', { brand: 'default', alg: 'ES256' });
    expect(answer.status).toBe(200);
    expect(world.asked.at(-1)).toEqual({ to: 'minter', type: 'keys.rotate', body: { brand, alg: 'ES256' } });
  });

  it('say that the minter is away, in words of ours', async () => {
    const { Refusal } = await import('@passbroker/model');
    world.answerQuestion = async () => {
      throw new Refusal('bus.no_answer', 'stack and secrets');
    };
    const answer = await world.post('/v1/keys:rotate', { brand: 'default' });
    expect([answer.status, answer.body.code]).toEqual([503, 'service.unavailable']);
    expect(answer.text).not.toContain('stack and secrets');
  });
});
