import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AuditEvent } from '@passbroker/model';
import { PostgresAuditEvents } from '../src/audit-events/audit-events.postgres.js';
import { AuditRetention } from '../src/audit-events/audit-retention.js';
import { AdminWorld } from './admin-world.js';

const DAY_MS = 24 * 3_600_000;

let world: AdminWorld;
let events: PostgresAuditEvents;
beforeAll(async () => {
  world = await AdminWorld.start();
  events = new PostgresAuditEvents(world.dataSource);
}, 60_000);
afterAll(() => world.stop());
beforeEach(() => void (world.audited.length = 0));

const event = (id: string, daysAgo: number): AuditEvent => ({
  ...{ id, action: 'sign_in.completed', outcome: { result: 'ok', code: 'completed' }, targets: [] },
  at: new Date(Date.now() - daysAgo * DAY_MS).toISOString(),
  context: { service: 'gateway' },
});
const retention = (days: number | undefined) =>
  new AuditRetention({ events, days, audit: { record: (one) => void world.audited.push(one) }, log: world.log });
const left = async (): Promise<string[]> =>
  (await world.get('/v1/audit-events?action=sign_in.completed')).body.data.map(({ id }) => id);

describe('audit events', () => {
  it('are kept for ever unless somebody says how long', async () => {
    await events.store([event('ev_old', 4_000)]);
    expect(await retention(undefined).run()).toBe(0);
    expect(await left()).toEqual(['ev_old']);
  });

  it('go when they are older than that, which is an event itself', async () => {
    await events.store([event('ev_over', 91), event('ev_within', 89), event('ev_new', 0)]);
    expect(await retention(90).run()).toBe(2);
    expect(await left()).toEqual(['ev_new', 'ev_within']);
    expect(world.audited).toMatchObject([{ action: 'audit_events.deleted', detail: '2 events older than 90 days' }]);
    expect(await retention(90).run()).toBe(0);
    expect(world.audited).toHaveLength(1);
  });

  it('go once, of ten replicas that look at the same time', async () => {
    await events.store(Array.from({ length: 50 }, (_, at) => event(`ev_many_${at}`, 100)));
    const gone = await Promise.all(Array.from({ length: 10 }, () => retention(90).run()));
    expect(gone.reduce((sum, one) => sum + one, 0)).toBe(50);
  });

  it('refuses to let young ones go, whoever runs the admin', async () => {
    await expect(events.prune(29, 100)).rejects.toThrow();
    await expect(events.prune(0, 100)).rejects.toThrow();
    expect(await left()).toEqual(['ev_new', 'ev_within']);
  });
});
