import { createServer, type Server } from 'node:http';
import { z } from 'zod';
import { Browser, describeWith, type Form } from '@passbroker/testing';
import { samlWorld, type SamlWorld } from './world/simplesamlphp.js';

const eventsShape = z.object({
  data: z.array(z.object({ detail: z.string(), targets: z.array(z.object({ id: z.string() })) })),
});

/** What stands between the broker and the metadata, and counts who comes for it. */
class Road {
  fetches = 0;
  bend: (metadata: string) => { status: number; body: string } = (body) => ({ status: 200, body });
  private readonly server: Server;

  constructor(to: () => string) {
    this.server = createServer((_, reply) => {
      this.fetches += 1;
      void fetch(to())
        .then((answer) => answer.text())
        .then((text) => {
          const { status, body } = this.bend(text);
          reply.writeHead(status, { 'content-type': 'application/samlmetadata+xml' }).end(body);
        });
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    return typeof address === 'object' && address ? `http://127.0.0.1:${address.port}/metadata` : '';
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

describeWith(['simplesamlphp', 'php'], "the keys of Debian's SimpleSAMLphp", () => {
  let world: SamlWorld;
  let road: Road;
  let metadataUrl: string;
  let home: string;

  beforeAll(async () => {
    world = await samlWorld();
    home = `${world.broker.origin}/`;
    road = new Road(() => world.idp.metadataUrl);
    metadataUrl = await road.open();
  }, 90_000);
  afterAll(async () => {
    road?.close();
    await world?.close();
  });
  beforeEach(() => {
    road.bend = (body) => ({ status: 200, body });
    road.fetches = 0;
  });

  /** Always the same one of the two gateways. */
  const at = (replica: number): Browser => new Browser(home, { headers: { 'x-test-replica': String(replica) } });

  const comesIn = async (slug: string, replica: number): Promise<boolean> =>
    (await world.enter(at(replica), slug)).url.href === home;

  async function test(slug: string): Promise<{ state: unknown; text: string }> {
    const tried = await world.broker.api('POST', `/v1/usersources/${slug}:test`, {});
    return { state: tried['state'], text: JSON.stringify(tried) };
  }

  async function heldAt(replica: number, slug: string): Promise<{ browser: Browser; form: Form }> {
    const browser = at(replica);
    const page = await browser.visit(`${home}sso/start/${slug}`);
    return { browser, form: (await world.atUpstream(browser, page)).form };
  }

  const certificates = async (): Promise<string[]> => {
    const text = await (await fetch(world.idp.metadataUrl)).text();
    const all = [...text.matchAll(/<ds:X509Certificate>([^<]+)</g)].map(([, one = '']) => one.replace(/\s/g, ''));
    return [...new Set(all)];
  };

  it('are both trusted while the next one is announced, and the old one no longer (SAML-SP-134)', async () => {
    await world.add('announced', { metadataUrl });
    const early = await heldAt(0, 'announced');
    const late = await heldAt(0, 'announced');
    await world.idp.announceKey();
    expect(await certificates()).toHaveLength(2);
    const { text } = await test('announced');
    expect(text.match(/ until 2040-/g)).toHaveLength(2);
    // Signed with the old key, which is still listed.
    expect((await early.browser.submit(early.form)).url.href).toBe(home);
    await world.idp.rollOver();
    const before = road.fetches;
    expect([await comesIn('announced', 0), await comesIn('announced', 1)]).toEqual([true, true]);
    expect(road.fetches).toBe(before);
    // A key that neither of the gateways knows has them both read the newest.
    await world.idp.rollOver();
    expect([await comesIn('announced', 0), await comesIn('announced', 1)]).toEqual([true, true]);
    const sessions = await world.sessions();
    expect((await late.browser.submit(late.form)).status).toBe(403);
    expect(await world.sessions()).toBe(sessions);
  });

  it('heal by one fetch of both gateways when nobody was told, and by no more than one a minute', async () => {
    await world.add('unannounced', { metadataUrl });
    expect([await comesIn('unannounced', 0), await comesIn('unannounced', 1)]).toEqual([true, true]);
    const before = road.fetches;
    await world.idp.rollOver();
    expect([await comesIn('unannounced', 0), await comesIn('unannounced', 1)]).toEqual([true, true]);
    expect(road.fetches - before).toBe(1);
    // A flood of messages with strange keys would be one of requests.
    await world.idp.rollOver();
    expect([await comesIn('unannounced', 0), await comesIn('unannounced', 1)]).toEqual([false, false]);
    expect(road.fetches - before).toBe(1);
    // The admin need not wait.
    expect((await test('unannounced')).state).toBe('ok');
    expect([await comesIn('unannounced', 0), await comesIn('unannounced', 1)]).toEqual([true, true]);
  });

  it.each([
    ['an error', () => ({ status: 503, body: '' }), '503'],
    ['a page', () => ({ status: 200, body: '<html><body>Maintenance</body></html>' }), ''],
    [
      'what has ended (SAML-SP-127)',
      (body: string) => ({
        status: 200,
        body: body.replace('<md:EntityDescriptor ', '<md:EntityDescriptor validUntil="2020-01-01T00:00:00Z" '),
      }),
      '2020-01-01',
    ],
  ])('are the last good ones when the metadata address answers with %s', async (_, bend, words) => {
    const slug = `kept-${words === '503' ? 'error' : words === '' ? 'page' : 'ended'}`;
    await world.add(slug, { metadataUrl });
    expect(await comesIn(slug, 0)).toBe(true);
    road.bend = bend;
    const { state, text } = await test(slug);
    expect(state).toBe('down');
    expect(text).toContain(words);
    expect([await comesIn(slug, 0), await comesIn(slug, 1)]).toEqual([true, true]);
    road.bend = (body) => ({ status: 200, body });
    expect((await test(slug)).state).toBe('ok');
  });

  /** What the audit holds of a usersource's keys; events take a moment. */
  async function changes(id: string, wanted: number): Promise<string[]> {
    const query = '/v1/audit-events?action=usersource.keys_changed&limit=100';
    for (const deadline = Date.now() + 5_000; ;) {
      const { data } = eventsShape.parse(await world.broker.api('GET', query));
      const own = data.filter(({ targets }) => targets.some((one) => one.id === id));
      if (own.length >= wanted || Date.now() > deadline) return own.map(({ detail }) => detail);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  it('are told of to the audit whenever they change (SAML-SP-129)', async () => {
    const id = await world.add('told', { metadataUrl });
    expect([await comesIn('told', 0), await comesIn('told', 1)]).toEqual([true, true]);
    await world.idp.rollOver();
    expect([await comesIn('told', 0), await comesIn('told', 1)]).toEqual([true, true]);
    await test('told');
    expect(await changes(id, 1)).toEqual([expect.stringMatching(/^new: [0-9A-F:]{95}; gone: [0-9A-F:]{95}$/)]);
  });

  it('wait for the admin where certificates are pinned (SAML-SP-129)', async () => {
    const id = await world.add('pinned', { metadataUrl, idpCertificates: await certificates() });
    expect(await comesIn('pinned', 0)).toBe(true);
    await world.idp.announceKey();
    expect((await test('pinned')).text).toContain('is in the metadata but not in idpCertificates');
    expect(await changes(id, 1)).toEqual([expect.stringMatching(/^new: [0-9A-F:]{95}$/)]);
    expect(await comesIn('pinned', 0)).toBe(true);
    const [announced] = await certificates();
    await world.idp.rollOver();
    const sessions = await world.sessions();
    expect([await comesIn('pinned', 0), await comesIn('pinned', 1)]).toEqual([false, false]);
    expect(await world.sessions()).toBe(sessions);
    await world.broker.api('PATCH', `/v1/usersources/${id}`, { settings: { idpCertificates: [announced] } });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect([await comesIn('pinned', 0), await comesIn('pinned', 1)]).toEqual([true, true]);
  });
});
