import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AdminWorld, ADMIN_TOKEN, fresh, multipass, oidc } from './admin-world.js';

let world: AdminWorld;
beforeAll(async () => {
  world = await AdminWorld.start();
}, 60_000);
afterAll(() => world.stop());

describe('secrets', () => {
  it('are in no answer, log line, audit event or news, however they went in', async () => {
    const canaries = {
      apiKey: 'canary-0-0123456789abcdef0123456789',
      second: 'canary-1-0123456789abcdef0123456789',
      client: 'canary-2-0123456789abcdef0123456789',
      password: 'canary-3 correct horse',
      wrong: 'canary-4-0123456789abcdef0123456789',
    };
    const [source, application] = [fresh('us'), fresh('app')];
    const wish = multipass(source);
    const answers = [
      await world.post('/v1/usersources', { ...wish, settings: { ...wish.settings, apiKey: canaries.apiKey } }),
      await world.change(`/v1/usersources/${source}`, { settings: { apiKey: canaries.second } }),
      await world.post('/v1/applications', {
        ...oidc(application),
        settings: { ...oidc(application).settings, client_secret: canaries.client },
      }),
      await world.post('/v1/accounts', { audience: 'users', name: 'N', password: canaries.password }),
      // Refused ones too: messages must not repeat what they refuse.
      await world.post('/v1/usersources', { ...wish, type: canaries.wrong, settings: { apiKey: canaries.wrong } }),
      await world.post('/v1/usersources', { ...wish, settings: { ...wish.settings, nope: canaries.wrong } }),
      await world.post('/v1/accounts', { audience: 'users', name: 'N', password: [canaries.wrong] }),
      await world.get('/v1/usersources'),
      await world.get('/v1/applications'),
      await world.get('/v1/accounts'),
      await world.get('/v1/brands', { token: canaries.wrong }),
      await world.get(`/v1/brands?access_token=${canaries.wrong}`),
    ];
    const seen = [
      ...answers.map(({ text, headers }) => text + JSON.stringify([...headers])),
      ...world.lines,
      JSON.stringify(world.audited),
      JSON.stringify(world.announced),
    ].join('\n');
    for (const [name, canary] of Object.entries(canaries)) expect([name, seen.includes(canary)]).toEqual([name, false]);
    expect(seen).not.toContain(ADMIN_TOKEN);
    expect(seen).not.toContain('$argon2id$');
    expect(seen).not.toContain('"sealed"');
    // The trace of the change is there: which member, not what it holds.
    expect(world.audited).toContainEqual(expect.objectContaining({ detail: 'changed /settings/apiKey' }));
  });
});

describe('the audit', () => {
  const event = (at: number, more: object = {}) => ({
    id: `ev_${at}`,
    at: new Date(Date.UTC(2030, 0, 1, 0, 0, at)).toISOString(),
    action: 'sign_in.refused',
    outcome: { result: 'refused' as const, code: 'multipass.expired' },
    targets: [{ type: 'usersource', id: 'us_1' }],
    context: { service: 'gateway', ip: '192.0.2.1' },
    ...more,
  });

  it('leads from the reference a person reads out to the reason', async () => {
    const { PostgresAuditEvents } = await import('../src/audit-events/audit-events.postgres.js');
    const events = new PostgresAuditEvents(world.dataSource);
    const refused = event(1, { reference: '7K3QH2XW', detail: 'expired 40 s ago\0', actor: { type: 'visitor' } });
    await Promise.all([events.store([refused]), events.store([refused, event(2)])]);
    const found = await world.get('/v1/audit-events?reference=7k3qh2xw');
    expect(found.body.data).toEqual([{ ...refused, detail: 'expired 40 s ago' }]);
    expect((await world.get('/v1/audit-events/ev_1')).body.outcome.code).toBe('multipass.expired');
    expect((await world.get('/v1/audit-events/ev_none')).status).toBe(404);
  });

  it('is read newest first, by pages, and narrowed', async () => {
    const { PostgresAuditEvents } = await import('../src/audit-events/audit-events.postgres.js');
    const events = new PostgresAuditEvents(world.dataSource);
    await events.store(Array.from({ length: 45 }, (_, at) => event(100 + at, { action: 'paged' })));
    const first = await world.get('/v1/audit-events?action=paged&limit=20');
    const second = await world.get(`/v1/audit-events?action=paged&limit=20&after=${first.body.page.next}`);
    const third = await world.get(`/v1/audit-events?action=paged&limit=20&after=${second.body.page.next}`);
    const ids = [first, second, third].flatMap(({ body }) => body.data.map(({ id }) => id));
    expect(ids).toEqual(Array.from({ length: 45 }, (_, at) => `ev_${144 - at}`));
    expect(third.body.page.next).toBeNull();
    const back = await world.get(`/v1/audit-events?action=paged&limit=20&before=${third.body.page.previous}`);
    expect(back.body.data).toEqual(second.body.data);
    const since = await world.get(
      '/v1/audit-events?action=paged&since=2030-01-01T00:02:20Z&until=2030-01-01T00:02:22Z',
    );
    expect(since.body.data).toHaveLength(2);
    expect((await world.get('/v1/audit-events?since=yesterday')).status).toBe(400);
    expect((await world.get('/v1/audit-events?result=perhaps')).status).toBe(400);
  });
});

describe('2,000 requests of chance', () => {
  it('never make it fall over, and every answer keeps the contract', async () => {
    const operations = world.contract.operations();
    const junk = fc.oneof(
      { weight: 3, arbitrary: fc.jsonValue({ depthSize: 'small' }) },
      fc.constantFrom<unknown>(null, '', 'null', '****', -1, 1e308, [], {}, '\0', '../..', '\ud800', 'x'.repeat(3_000)),
    );
    const bases: Record<string, object> = {
      usersources: multipass('fuzz'),
      applications: oidc('fuzz'),
      brands: { slug: 'fuzz', name: 'Fuzz', hosts: ['fuzz.test'] },
      accounts: { audience: 'users', name: 'Fuzz' },
      'api-tokens': { name: 'fuzz', scopes: ['brands:read'] },
      'policies:simulate': { brand: 'default', request: { path: '/' } },
      'keys:rotate': { brand: 'default' },
    };
    /** Nearly right: one member is chance. */
    const nearly = (path: string, [member, value]: [string, unknown]) => {
      const base = bases[path.split('/')[2] ?? ''] ?? {};
      const names = [...Object.keys(base), 'settings', 'audiences', 'bypass', 'looks', 'draft', 'emails', member];
      return member === '' ? base : { ...base, [names[member.length % names.length] ?? member]: value };
    };
    const request = fc.record({
      operation: fc.constantFrom(...operations),
      id: fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('default', 'fuzz', 'local-users', 'undefined', '%00')),
      query: fc.oneof(
        fc.constant(''),
        fc.constantFrom('dryRun=true', 'swap=true', 'limit=1', 'limit=0'),
        fc.webQueryParameters(),
      ),
      chance: fc.tuple(fc.string(), junk),
      wild: fc.boolean(),
      header: fc.constantFrom<Record<string, string>>(
        { 'if-match': '*' },
        { 'if-match': '"1"' },
        { 'if-none-match': '*' },
        { 'idempotency-key': 'fuzz' },
        { 'content-type': 'application/merge-patch+json' },
        {},
      ),
    });
    const statuses = new Map<number, number>();
    await fc.assert(
      fc.asyncProperty(request, async ({ operation, id, query, chance, wild, header }) => {
        const path = operation.path.replace('{id}', encodeURIComponent(id));
        const body = wild ? chance[1] : nearly(operation.path, chance);
        const answer = await world.ask(operation.method, `${path}${query && '?'}${query}`, {
          headers: header,
          ...(operation.operation.requestBody ? { raw: JSON.stringify(body) ?? 'null' } : {}),
        });
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        if (answer.status >= 500) throw new Error(`${operation.method} ${path}: ${answer.text}`);
      }),
      { numRuns: 2_000, endOnFailure: true },
    );
    // The positive control: it was not one refusal 2,000 times.
    expect([...statuses.keys()].sort()).toEqual(expect.arrayContaining([200, 201, 400, 404, 422]));
  }, 120_000);
});
