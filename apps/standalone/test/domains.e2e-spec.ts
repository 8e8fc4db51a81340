import { z } from 'zod';
import { startHostileOp, startNameServer, type HostileOp, type NameServer } from '@passbroker/testing';
import { PASSWORD } from './world/applications.js';
import { startBroker, type Broker } from './world/broker.js';
import { question } from './world/people.js';
import { heard, Upstreams } from './world/upstreams.js';

const OWN = 'acme-corp.com';
const madeDomain = z.object({ id: z.string(), record: z.object({ name: z.string(), value: z.string() }) });

/** Whose addresses a provider speaks for, with a name server that answers over the wire. */
describe('a domain with an owner', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let op: HostileOp;
  let names: NameServer;
  beforeAll(async () => {
    names = await startNameServer();
    broker = await startBroker({ nameServer: names.address });
    upstreams = await Upstreams.of(broker);
    op = await startHostileOp();
    await broker.api('PATCH', '/v1/brands/default', { audiences: { users: { hrd: 'route' } } });
    await upstreams.oidc(
      'corp',
      op.issuer,
      {},
      {
        domains: [OWN],
        linking: { mode: 'auto_verified', authoritativeDomains: [OWN] },
      },
    );
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await op?.close();
    await broker?.close();
    await names?.close();
  });

  const owner = async (name: string): Promise<string> => {
    const made = await broker.api('POST', '/v1/accounts', {
      ...{ audience: 'users', username: name, name, password: PASSWORD },
      emails: [{ value: `${name}@${OWN}`, verified: true }],
    });
    return String(made['id']);
  };
  const arrives = (name: string) => {
    op.person = { sub: `upstream-${name}`, email: `${name}@${OWN}`, email_verified: true, name };
    return upstreams.setOut('corp');
  };
  /** Where an application's question about somebody of the domain leads. */
  const routed = async () => {
    const { url } = question(broker, { login_hint: `somebody@${OWN}` });
    const there = new URL(op.issuer).origin;
    const { location } = await broker.browser().visit(url, { until: ({ origin }) => origin === there });
    return location?.origin === there;
  };

  it('is spoken for by nobody until its record was seen: no address is linked, nobody is routed (LINK-003)', async () => {
    await owner('ann');
    const { last } = await arrives('ann');
    expect(last.text).toContain('belongs to an account');
    expect(await routed()).toBe(false);
    const { id, record } = madeDomain.parse(await broker.api('POST', '/v1/domains', { name: OWN }));
    await expect(broker.api('POST', `/v1/domains/${id}:verify`, {})).rejects.toThrow(/409.*domain\.unproven/);
    expect(names.asked).toContain(record.name);

    names.texts.set(record.name, [record.value]);
    await broker.api('POST', `/v1/domains/${id}:verify`, {});
    await heard();
    const account = await owner('bea');
    expect((await upstreams.claims(await arrives('bea')))['sub']).toBe(account);
    expect(await routed()).toBe(true);
  }, 60_000);
});
