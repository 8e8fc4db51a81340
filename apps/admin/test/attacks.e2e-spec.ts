import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { usersourceSettings } from '@passbroker/usersources/settings';
import { AdminWorld, fresh, multipass, oidc, type AskOptions } from './admin-world.js';

/** By somebody who has a token of the admin API and wants more than it allows. */
let world: AdminWorld;
beforeAll(async () => {
  world = await AdminWorld.start(2);
}, 60_000);
afterAll(() => world.stop());

const SECRET = 'canary-secret-0123456789abcdef012345';

describe('ADM-003: a name in the path', () => {
  it('finds records of its own kind only, and what is not there looks the same', async () => {
    const source = await world.post('/v1/usersources', multipass(fresh('us')));
    const account = await world.post('/v1/accounts', { audience: 'users', name: 'Ada' });
    const token = await world.post('/v1/api-tokens', { name: fresh('t'), scopes: ['brands:read'] });
    const ids = { usersources: source.body.id, accounts: account.body.id, 'api-tokens': token.body.id };
    for (const [room, own] of Object.entries(ids)) {
      expect([room, (await world.get(`/v1/${room}/${own}`)).status]).toEqual([room, 200]);
      const missing = await world.get(`/v1/${room}/nothing-of-the-kind`);
      for (const id of Object.values(ids).filter((other) => other !== own)) {
        const foreign = await world.get(`/v1/${room}/${id}`);
        expect([foreign.status, foreign.body.code]).toEqual([404, missing.body.code]);
        const gone = await world.remove(`/v1/${room}/${id}`, { headers: { 'if-match': '*' } });
        expect(gone.status).toBe(404);
      }
    }
  });

  it('cannot be overruled by the body: neither which record it is, nor of which brand', async () => {
    const slug = fresh('us');
    const victim = await world.post('/v1/usersources', multipass(fresh('us')));
    await world.post('/v1/usersources', multipass(slug));
    await world.post('/v1/brands', { slug: fresh('brand'), name: 'B', hosts: [`${fresh('b')}.test`] });
    for (const body of [{ id: victim.body.id }, { slug: victim.body.slug }, { brand: 'brand-1' }, { revision: 99 }]) {
      expect([body, (await world.change(`/v1/usersources/${slug}`, body)).status]).toEqual([body, 422]);
    }
    expect((await world.get(`/v1/usersources/${victim.body.slug}`)).body.revision).toBe(1);
    expect((await world.change(`/v1/usersources/${slug}`, { label: 'Mine' })).status).toBe(200);
  });
});

describe('ADM-007: a secret', () => {
  const directory = { servers: ['ldaps://dc.acme.test'], baseDn: 'dc=acme,dc=test', bindPassword: SECRET };
  const cases: [type: string, settings: Record<string, unknown>, member: string, elsewhere: unknown][] = [
    ['ldap', { ...directory, bindDn: 'cn=reader,dc=acme,dc=test' }, 'servers', ['ldaps://evil.test']],
    [
      'active-directory',
      { ...directory, netbiosName: 'ACME', bindName: 'reader@acme.test' },
      'servers',
      ['ldaps://dc.acme.test', 'ldaps://evil.test'],
    ],
    [
      'oidc',
      { issuer: 'https://op.acme.test', clientId: 'broker', clientSecret: SECRET },
      'issuer',
      'https://evil.test',
    ],
  ];

  it.each(cases)('of %s is not sent elsewhere by who does not know it', async (type, settings, member, elsewhere) => {
    const [secret = ''] = usersourceSettings(type)?.secrets.filter((name) => Object.hasOwn(settings, name)) ?? [];
    const slug = fresh('exfil');
    const wish = { ...multipass(slug), type, settings };
    const made = await world.post('/v1/usersources', wish);
    expect([made.status, made.body.secretsSet]).toEqual([201, [secret]]);
    const path = `/v1/usersources/${slug}`;
    const rest = Object.fromEntries(Object.entries(settings).filter(([name]) => name !== secret));
    const attempts = [
      await world.change(path, { settings: { [member]: elsewhere } }),
      await world.change(`${path}?dryRun=true`, { settings: { [member]: elsewhere } }),
      await world.change(path, { settings: { [member]: elsewhere, [secret]: '********' } }),
      await world.put(path, { ...wish, settings: { ...rest, [member]: elsewhere } }, { headers: { 'if-match': '*' } }),
    ];
    expect(attempts.map(({ status }) => status)).toEqual([422, 422, 422, 422]);
    for (const { body } of attempts) expect(body.errors.map(({ pointer }) => pointer)).toContain(`/settings/${secret}`);
    expect((await world.get(path)).body.settings[member]).toEqual(settings[member]);
    // Positive control: with the secret said again it may go there.
    const both = await world.change(path, { settings: { [member]: elsewhere, [secret]: SECRET } });
    expect([both.status, both.body.settings[member]]).toEqual([200, elsewhere]);
  });
});

describe('ADM-019: what the audit says of a write', () => {
  it('is the server’s: who, when, from where and by which request', async () => {
    const token = await world.token(['brands:read', 'brands:write']);
    const slug = fresh('brand');
    const wish = { slug, name: 'B', hosts: [`${slug}.test`] };
    for (const more of [{ actor: { type: 'system' } }, { at: '2001-01-01T00:00:00Z' }, { createdAt: '2001-01-01' }]) {
      expect([more, (await world.post('/v1/brands', { ...wish, ...more }, { token })).status]).toEqual([more, 422]);
    }
    const headers = {
      ...{ 'x-request-id': 'forged', 'request-id': 'forged', 'x-forwarded-for': '203.0.113.9', 'x-actor': 'bootstrap' },
      ...{ forwarded: 'for=203.0.113.9', date: 'Mon, 01 Jan 2001 00:00:00 GMT', 'x-remote-user': 'root' },
    };
    const asked: AskOptions = { token, headers };
    const made = await world.post('/v1/brands', wish, asked);
    expect(made.status).toBe(201);
    const event = world.audited.at(-1);
    expect(event).toMatchObject({ action: 'brand.created', actor: { type: 'api_token' } });
    const text = JSON.stringify(event);
    for (const lie of ['forged', '203.0.113.9', '2001', 'root', 'bootstrap']) expect(text).not.toContain(lie);
    expect(made.headers.get('x-request-id')).toBe(event?.context.requestId);
  });

  it('cannot be written, altered or asked to be forgotten by any operation', async () => {
    const operations = world.contract.operations().filter(({ path }) => path.includes('audit'));
    expect(operations.map(({ method }) => method)).toEqual(['GET', 'GET']);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await world.ask(method, '/v1/audit-events', {}, false)).status).toBe(405);
      expect((await world.ask(method, '/v1/audit-events/ev_1', {}, false)).status).toBe(405);
    }
  });
});

describe('ADM-020: a token in an address', () => {
  it('is refused, is in no log line, and opens nothing in a cookie or a field either', async () => {
    const token = await world.token(['brands:read']);
    const addresses = ['key', 'api_key', 'token', 'access_token', 'apiKey', 'authorization'].map(
      (name) => `/v1/brands?${name}=${token}`,
    );
    for (const address of addresses) {
      expect((await world.get(address, { token: null })).status).toBe(401);
      // Beside a good token it is a parameter that does not exist.
      expect((await world.get(address, { token })).status).toBe(400);
    }
    const headers: Record<string, string>[] = [
      { cookie: `token=${token}` },
      { 'x-api-key': token },
      { authorization: token },
    ];
    for (const one of headers) expect((await world.get('/v1/brands', { token: null, headers: one })).status).toBe(401);
    expect((await world.get('/v1/brands', { token })).status).toBe(200);
    expect(world.lines.join('\n')).not.toContain(token);
    expect(JSON.stringify(world.audited)).not.toContain(token);
  });
});

describe('ADM-006: a mask that was read somewhere', () => {
  it.each(['****', '********', '••••••'])('%s is not taken for the secret', async (mask) => {
    const slug = fresh('app');
    const made = await world.post('/v1/applications', oidc(slug));
    const refused = await world.change(`/v1/applications/${slug}`, { settings: { client_secret: mask } });
    expect([refused.status, refused.body.errors[0]?.code]).toEqual([422, 'masked']);
    const read = await world.get(`/v1/applications/${slug}`);
    expect(JSON.stringify(read.body)).not.toContain(made.body.secrets?.['client_secret'] ?? 'none');
    // Positive control: what was read, written back as it is, keeps what is set.
    const back = await world.put(
      `/v1/applications/${slug}`,
      { ...oidc(slug), settings: read.body.settings },
      { headers: { 'if-match': '*' } },
    );
    expect([back.status, back.body.secretsSet, back.body.secrets]).toEqual([200, ['client_secret'], undefined]);
  });
});
