import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CachedCatalog } from '@passbroker/catalog';
import type { AuditEvent } from '@passbroker/model';
import { postgresStores } from '../src/compose.js';
import { forceWayIn } from '../src/forced-recovery.js';
import { AdminWorld, multipass } from './admin-world.js';

let world: AdminWorld;
let catalog: CachedCatalog;
const told: AuditEvent[] = [];
beforeAll(async () => {
  world = await AdminWorld.start();
  catalog = new CachedCatalog({ dataSource: world.dataSource, service: 'admin', log: world.log });
}, 60_000);
afterAll(async () => {
  await catalog?.close();
  await world.stop();
});

const force = (email: string, ...disable: string[]): Promise<string[]> =>
  forceWayIn(
    {
      ...{ writer: world.writer, catalog, changes: postgresStores(world.dataSource, () => undefined).changes },
      auditEvents: { store: async (events) => void told.push(...events) },
      now: world.clock.now,
    },
    email,
    disable,
  );
const person = (name: string, more: object) =>
  world.post('/v1/accounts', { name, emails: [{ value: `${name}@acme.test`, verified: true }], ...more });

describe('recovery by force', () => {
  it('makes an agent an active admin, and opens the default brand when every brand is closed', async () => {
    await person('ida', { audience: 'agents', disabled: true });
    const brand = await world.writer.brands.get('default');
    await world.writer.brands.update(brand?.id ?? '', { enabled: false });
    expect(await force('ida@acme.test')).toEqual([
      'made ida@acme.test an admin',
      'enabled the account of ida@acme.test',
      'enabled the brand default',
    ]);
    const [ida] = (await world.writer.accounts.list({ limit: 1 }, { email: 'ida@acme.test' })).data;
    expect(ida).toMatchObject({ admin: true, disabled: false, name: 'ida' });
    expect((await world.writer.brands.get('default'))?.enabled).toBe(true);
    expect(told.at(-1)).toMatchObject({ action: 'recovery.forced', actor: { type: 'system' } });
    expect(told.at(-1)?.detail).toContain('enabled the brand default');
    const events = told.length;
    expect([await force('ida@acme.test'), told.length]).toEqual([[], events]);
  });

  it('switches off the last way in, which the API refuses, and what waits cannot bring it back', async () => {
    const agents = (await world.writer.usersources.list({ limit: 100 }, { audience: 'agents' })).data;
    const [local] = agents.map(({ slug }) => slug);
    const [ida] = (await world.writer.accounts.list({ limit: 1 }, { email: 'ida@acme.test' })).data;
    await world.patch(`/v1/accounts/${ida?.id}`, { password: 'velvet otter 42 lantern' });
    await world.prove(local ?? '');
    const refused = await world.change(`/v1/usersources/${local}`, { enabled: false });
    expect([refused.status, refused.body.code]).toEqual([409, 'admin.no_way_in']);
    const stores = postgresStores(world.dataSource, () => undefined);
    const at = world.clock.now();
    const waiting = await stores.changes.begin({
      ...{ at, until: new Date(at.getTime() + 600_000), actor: 'tok_1', ways: ['staff'] },
      before: { [local ?? '']: { members: { enabled: true } } },
    });
    expect(await force('ida@acme.test', local ?? '')).toEqual([
      expect.stringContaining(`withdrew the change ${waiting.id}`),
      `switched off the usersource ${local}`,
    ]);
    expect((await world.writer.usersources.get(local ?? ''))?.enabled).toBe(false);
    expect(await stores.changes.rollBack(new Date(at.getTime() + 900_000))).toBeUndefined();
    expect((await world.writer.usersources.get(local ?? ''))?.enabled).toBe(false);
  });

  it('does nothing at all when something was misspelt, and makes nobody of the users an admin', async () => {
    await world.post('/v1/usersources', multipass('intranet'));
    await person('gus', { audience: 'agents' });
    await person('ann', { audience: 'users' });
    await expect(force('gus@acme.test', 'intranet', 'intrnaet')).rejects.toThrow('no usersource intrnaet');
    await expect(force('nobody@acme.test', 'intranet')).rejects.toThrow('nobody has the address');
    await expect(force('ann@acme.test', 'intranet')).rejects.toThrow('only an agent');
    const [gus] = (await world.writer.accounts.list({ limit: 1 }, { email: 'gus@acme.test' })).data;
    expect([gus?.admin, (await world.writer.usersources.get('intranet'))?.enabled]).toEqual([false, true]);
  });
});
