import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AdminWorld, fresh, multipass, oidc, type Answer } from './admin-world.js';

/** The conventions of writes, held against every operation that the OpenAPI document names: a new one needs a row. */
interface Write {
  path: string;
  body?: unknown;
  etag?: string;
}

const HANDLE = 'abcdefghijklmnopqrstuv-_';

/** The DNS, by name. */
const dns = new Map<string, string[]>();
let world: AdminWorld;
beforeAll(async () => {
  world = await AdminWorld.start(1, { txtRecords: async (name) => dns.get(name) ?? [] });
}, 60_000);
afterAll(() => world.stop());
beforeEach(async () => {
  const brand = (await world.writer.brands.get('default'))?.id;
  world.answerQuestion = async (type, body) => {
    if (type === 'sessions.get') return { ...session(body), brand };
    if (type === 'usersource.probe') return { state: 'ok', steps: [], ms: 1 };
    if (type === 'usersource.trial') return null;
    return type.startsWith('sessions.') ? { ended: 1 } : {};
  };
});

const session = (asked: unknown) => ({
  ...{ id: HANDLE, account: Reflect.get(Object(asked), 'account'), usersource: 'us_gone', audience: 'users' },
  ...{ methods: ['pwd'], mfa: false, device: { ip: '192.0.2.1', agent: 'Firefox' } },
  ...{ createdAt: 1_767_225_600_000, authTime: 1_767_225_600_000, lastSeen: 1_767_225_660_000 },
});

const made = async (path: string, body: object): Promise<{ at: string; id: string; etag: string }> => {
  const answer = await world.post(path, body);
  if (answer.status !== 201) throw new Error(answer.text);
  const id = answer.body.slug ?? answer.body.id;
  return { at: `${path}/${id}`, id, etag: answer.headers.get('etag') ?? '' };
};
const brandOf = (slug: string) => ({ slug, name: 'Acme', hosts: [`${slug}.test`] });
const somebody = () => made('/v1/accounts', { audience: 'users', name: 'Ada', emails: [] });
const someToken = () => made('/v1/api-tokens', { name: fresh('token'), scopes: ['brands:read'] });
const domainOf = () => ({ name: `${fresh('write')}.com` });
const someDomain = async () => {
  const { body } = await world.post('/v1/domains', domainOf());
  if (body.record) dns.set(body.record.name, [body.record.value]);
  return `/v1/domains/${body.id}`;
};
const declared = (path: string, draft: (slug: string) => object, member: string) => {
  const there = async () => made(path, draft(fresh('write')));
  return {
    create: async (): Promise<Write> => ({ path, body: draft(fresh('write')) }),
    replace: async (): Promise<Write> => {
      const { at, id, etag } = await there();
      return { path: at, body: { ...draft(id), [member]: 'Another' }, etag };
    },
    update: async (): Promise<Write> => {
      const { at, etag } = await there();
      return { path: at, body: { [member]: 'Another' }, etag };
    },
    remove: async (): Promise<Write> => {
      const { at, etag } = await there();
      return { path: at, etag };
    },
  };
};
const brands = declared('/v1/brands', brandOf, 'name');
const usersources = declared('/v1/usersources', multipass, 'label');
const applications = declared('/v1/applications', oidc, 'name');

const WRITES: Record<string, () => Promise<Write>> = {
  createBrand: brands.create,
  replaceBrand: brands.replace,
  updateBrand: brands.update,
  deleteBrand: brands.remove,
  createUsersource: usersources.create,
  replaceUsersource: usersources.replace,
  updateUsersource: usersources.update,
  deleteUsersource: usersources.remove,
  testUsersource: async () => ({
    path: `${(await made('/v1/usersources', multipass(fresh('write')))).at}:test`,
    body: {},
  }),
  createApplication: applications.create,
  replaceApplication: applications.replace,
  updateApplication: applications.update,
  deleteApplication: applications.remove,
  createAccount: async () => ({
    path: '/v1/accounts',
    body: { audience: 'users', name: 'Ada', emails: [], password: 'canary horse battery' },
  }),
  updateAccount: async () => ({ path: (await somebody()).at, body: { name: 'Another' } }),
  deleteAccount: async () => ({ path: (await somebody()).at }),
  resetSecondFactors: async () => ({ path: `${(await somebody()).at}/second-factors` }),
  revokeSessions: async () => ({ path: `${(await somebody()).at}/sessions` }),
  revokeSession: async () => ({ path: `/v1/sessions/${(await somebody()).id}_${HANDLE}` }),
  createDomain: async () => ({ path: '/v1/domains', body: domainOf() }),
  verifyDomain: async () => ({ path: `${await someDomain()}:verify`, body: {} }),
  deleteDomain: async () => ({ path: await someDomain() }),
  createAPIToken: async () => ({ path: '/v1/api-tokens', body: { name: fresh('token'), scopes: ['brands:read'] } }),
  updateAPIToken: async () => ({ path: (await someToken()).at, body: { name: 'Another' } }),
  deleteAPIToken: async () => ({ path: (await someToken()).at }),
  rotateKey: async () => ({ path: '/v1/keys:rotate', body: { brand: 'default' } }),
};
/** Posts that ask and change nothing. */
const QUESTIONS = ['simulatePolicy'];

const writes = () => world.contract.operations().filter(({ method }) => method !== 'GET');
const isWrite = (name: string) => !QUESTIONS.includes(name);

async function traces(): Promise<unknown> {
  const asked = world.asked.filter(({ type }) => type !== 'sessions.get').length;
  return { ...(await world.contents()), asked, audited: world.audited.length, announced: world.announced.length };
}

/** Every write, one after the other; what is wrong with which. */
async function ofEach(
  applies: (one: ReturnType<typeof writes>[number]) => boolean,
  look: (ask: (query: string, headers?: Record<string, string>) => Promise<Answer>, write: Write) => Promise<unknown>,
): Promise<Record<string, unknown>> {
  const seen: Record<string, unknown> = {};
  for (const one of writes()) {
    const { operationId } = one.operation;
    const row = WRITES[operationId];
    if (!row || !applies(one)) continue;
    const write = await row();
    const match: Record<string, string> = write.etag === undefined ? {} : { 'if-match': write.etag };
    const body = write.body === undefined ? {} : { body: write.body };
    seen[operationId] = await look(
      (query, headers = match) => world.ask(one.method, `${write.path}${query}`, { ...body, headers }),
      write,
    );
  }
  return seen;
}
const allThe = (seen: Record<string, unknown>, expected: unknown) =>
  Object.fromEntries(Object.keys(seen).map((name) => [name, expected]));
const takes = (name: string, required?: boolean) => (one: ReturnType<typeof writes>[number]) =>
  (one.operation.parameters ?? []).some(
    (parameter) => parameter.name === name && (required === undefined || parameter.required === required),
  );

describe('every write', () => {
  it('has a row here, and every row is a write', () => {
    const names = writes().map(({ operation }) => operation.operationId);
    expect(names.filter(isWrite).sort()).toEqual(Object.keys(WRITES).sort());
    expect(names).toEqual(expect.arrayContaining(QUESTIONS));
    expect(
      writes().flatMap((one) => (isWrite(one.operation.operationId) && !takes('dryRun')(one) ? [one.path] : [])),
    ).toEqual([]);
  });

  it('under ?dryRun=true is answered as it would be, and leaves no trace anywhere; without it, it does', async () => {
    const seen = await ofEach(
      () => true,
      async (ask) => {
        const before = await traces();
        const dry = await ask('?dryRun=true');
        const after = await traces();
        const really = await ask('');
        return {
          answered: dry.status === really.status && really.status < 300,
          said: [dry.headers.get('dry-run'), really.headers.get('dry-run')],
          traceless: JSON.stringify(after) === JSON.stringify(before),
          done: JSON.stringify(await traces()) !== JSON.stringify(after),
        };
      },
    );
    const good = { answered: true, said: ['true', null], traceless: true, done: true };
    expect(seen).toEqual(allThe(seen, good));
  }, 60_000);

  it('of what holds policy wants If-Match, and none goes past a stale one, nor a dry run', async () => {
    const needed = await ofEach(takes('If-Match', true), async (ask) => {
      const { status, body } = await ask('', {});
      return [status, body.code, (await ask('?dryRun=true', {})).status];
    });
    expect(needed).toEqual(allThe(needed, [428, 'revision.required', 428]));
    const policy = ['Brand', 'Usersource', 'Application'].flatMap((noun) => [`update${noun}`, `delete${noun}`]);
    expect(Object.keys(needed).sort()).toEqual(policy.sort());
    const stale = await ofEach(takes('If-Match'), async (ask) => {
      const { status, body } = await ask('', { 'if-match': '"999"' });
      return [
        status,
        body.code,
        (await ask('?dryRun=true', { 'if-match': '"999"' })).status,
        (await ask('')).status < 300,
      ];
    });
    expect(Object.keys(stale)).toEqual(expect.arrayContaining([...policy, 'replaceBrand', 'replaceUsersource']));
    expect(stale).toEqual(allThe(stale, [412, 'revision.mismatch', 412, true]));
  }, 60_000);

  it('by POST is done once under one Idempotency-Key', async () => {
    const seen = await ofEach(
      ({ method }) => method === 'POST',
      async (ask) => {
        const headers = { 'idempotency-key': fresh('every') };
        const first = await ask('', headers);
        const before = JSON.stringify(await traces());
        const second = await ask('', headers);
        return {
          answered: [first.status < 300, second.status === first.status, second.text === first.text],
          replayed: [first.headers.get('idempotent-replayed'), second.headers.get('idempotent-replayed')],
          once: JSON.stringify(await traces()) === before,
        };
      },
    );
    expect(Object.keys(seen).length).toBeGreaterThan(5);
    expect(seen).toEqual(allThe(seen, { answered: [true, true, true], replayed: [null, 'true'], once: true }));
  }, 60_000);
});
