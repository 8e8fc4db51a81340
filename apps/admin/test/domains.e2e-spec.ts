import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { CachedCatalog } from '@passbroker/catalog';
import { AdminWorld, fresh, multipass } from './admin-world.js';

/** The DNS, by name. */
const dns = new Map<string, string[]>();
let away = false;
let world: AdminWorld;
let gateway: CachedCatalog;
beforeAll(async () => {
  const txtRecords = async (name: string) => {
    if (away) throw new Error('queryTxt ETIMEOUT');
    return dns.get(name) ?? [];
  };
  world = await AdminWorld.start(2, { txtRecords });
  gateway = new CachedCatalog({ dataSource: await world.open('gateway'), service: 'gateway', log: world.log });
}, 60_000);
afterAll(async () => {
  await gateway.close();
  await world.stop();
});
afterEach(() => {
  dns.clear();
  away = false;
});

const domain = async (name: string) => (await world.post('/v1/domains', { name })).body;
const verify = (id: string, query = '') => world.post(`/v1/domains/${id}:verify${query}`, {});
/** What a gateway makes of a usersource; news come to it as the bus brings them. */
async function inForce(slug: string) {
  for (const change of world.announced.splice(0)) gateway.heard(change);
  const record = await gateway.usersourceBySlug(slug);
  return [record?.domains, record?.linking.authoritativeDomains];
}
const claiming = (slug: string, ...names: string[]) =>
  multipass(slug, { domains: names, linking: { mode: 'auto_verified', authoritativeDomains: names } });

describe('a domain that usersources name (I8)', () => {
  it('counts for nothing until its record was seen, then on every gateway', async () => {
    const [slug, name] = [fresh('owner'), `${fresh('acme')}.com`];
    const made = await world.post('/v1/usersources', claiming(slug, name));
    expect([made.status, made.body.domains]).toEqual([201, [name]]);
    expect(made.body.warnings).toEqual([expect.stringContaining(`${name} counts for nothing`)]);
    expect(await inForce(slug)).toEqual([[], []]);

    const { id, record, verified } = await domain(name);
    expect([verified, record?.name]).toEqual([false, `_passbroker.${name}`]);
    expect(record?.value).toMatch(/^passbroker-domain=[0-9a-f]{40}$/);
    const early = await verify(id);
    expect([early.status, early.body.code]).toEqual([409, 'domain.unproven']);
    dns.set(record?.name ?? '', ['v=spf1 -all', `${record?.value}0`]);
    expect((await verify(id)).status).toBe(409);
    expect(await inForce(slug)).toEqual([[], []]);

    dns.set(record?.name ?? '', ['v=spf1 -all', record?.value ?? '']);
    const dry = await verify(id, '?dryRun=true');
    expect([dry.body.verified, (await world.get(`/v1/domains/${id}`)).body.verified]).toEqual([true, false]);
    const done = await verify(id);
    expect(done.body).toMatchObject({ verified: true, verifiedAt: world.clock.now().toISOString(), revision: 2 });
    expect(await inForce(slug)).toEqual([[name], [name]]);
    expect((await world.get(`/v1/usersources/${slug}`)).body.warnings).toEqual([]);
    expect(world.audited.at(-1)).toMatchObject({ action: 'domain.verified', targets: [{ type: 'domain', id }] });
    // Once seen, the record may go.
    dns.clear();
    expect((await verify(id)).status).toBe(200);
  });

  it('says nothing of the domains below it, nor above', async () => {
    const [slug, name] = [fresh('below'), `${fresh('own')}.com`];
    const { id, record } = await domain(name);
    dns.set(record?.name ?? '', [record?.value ?? '']);
    await verify(id);
    await world.post('/v1/usersources', claiming(slug, `shop.${name}`, name, 'com.co'));
    expect(await inForce(slug)).toEqual([[name], [name]]);
  });

  it('counts at once where nobody can register the name', async () => {
    const slug = fresh('nobodys');
    const names = ['acme.test', 'corp.local', 'hr.corp.internal', 'shop.example.com'];
    await world.post('/v1/usersources', claiming(slug, ...names, 'test.com', 'acmetest.dev', 'example.com.evil.net'));
    expect(await inForce(slug)).toEqual([names, names]);
    const made = await domain('acme.test');
    expect([made.verified, made.record]).toEqual([true, null]);
  });

  it('is one record, and stays while a usersource names it', async () => {
    const name = `${fresh('once')}.com`;
    const { id } = await domain(name);
    const twice = await world.post('/v1/domains', { name: name.toUpperCase() });
    expect([twice.status, twice.body.code, twice.body.errors[0]?.pointer]).toEqual([409, 'resource.exists', '/name']);
    const slug = fresh('names');
    await world.post('/v1/usersources', claiming(slug, name));
    const kept = await world.remove(`/v1/domains/${id}`);
    expect([kept.status, kept.body.code]).toEqual([409, 'resource.in_use']);
    await world.remove(`/v1/usersources/${slug}`, { headers: { 'if-match': '*' } });
    expect((await world.remove(`/v1/domains/${id}`)).status).toBe(204);
    expect((await world.get(`/v1/domains?name=${name}`)).body.data).toEqual([]);
  });

  it('is not refused for a DNS that is away', async () => {
    const { id } = await domain(`${fresh('away')}.com`);
    away = true;
    const answer = await verify(id);
    expect([answer.status, answer.body.code]).toEqual([503, 'service.unavailable']);
  });

  it('is a name, and nothing that could lead elsewhere', async () => {
    for (const name of ['com', 'acme..com', '-acme.com', '127.0.0.1:53', 'acme.com/x', '*.acme.com', 'ä.com', '']) {
      expect([name, (await world.post('/v1/domains', { name })).status]).toEqual([name, 422]);
    }
  });

  it('routes nobody in a simulation either', async () => {
    const [slug, name] = [fresh('route'), `${fresh('route')}.com`];
    await world.post('/v1/usersources', multipass(slug, { domains: [name] }));
    const route = async () => {
      const { body } = await world.post('/v1/policies:simulate', {
        ...{ brand: 'default', request: { path: '/login', loginHint: `ann@${name}` } },
        draft: { audiences: { users: { hrd: 'route' } } },
      });
      return body.decision.action;
    };
    expect(await route()).toBe('login_page');
    const { id, record } = await domain(name);
    dns.set(record?.name ?? '', [record?.value ?? '']);
    await verify(id);
    expect(await route()).toBe('redirect_idp');
  });
});
