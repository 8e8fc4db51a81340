import { startHostileOp, type HostileOp } from '@passbroker/testing';
import { SamlIdp } from '../../../libs/testing/src/peers/saml-idp.js';
import { startBroker, type Broker } from './world/broker.js';
import { heard, isCallback, Upstreams, type Arrival } from './world/upstreams.js';

/** One browser, two tabs on their way to one upstream; two gateways. */
describe('two tabs at one upstream', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let op: HostileOp;
  let idp: SamlIdp;

  beforeAll(async () => {
    broker = await startBroker();
    upstreams = await Upstreams.of(broker);
    op = await startHostileOp();
    idp = new SamlIdp('');
    await idp.listen();
    idp.person = { nameId: 'ada', attributes: { email: ['ada@acme.test'], displayName: ['Ada'] } };
    await upstreams.oidc('op', op.issuer);
    await upstreams.add('saml', 'saml', { metadataUrl: `${idp.origin}/metadata` });
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await op?.close();
    await idp?.close();
    await broker?.close();
  });

  const stateOf = (address: string | URL | undefined) => new URL(address ?? '').searchParams.get('state');
  /** Each came to the application with the answer to its own question: its state, and a code of its own. */
  async function endWhereTheyBegan(tabs: Arrival[]): Promise<void> {
    const codes = tabs.map(({ last }) => last.location?.searchParams.get('code'));
    expect(new Set(codes).size).toBe(tabs.length);
    for (const tab of tabs) {
      expect(stateOf(tab.last.location)).toBe(stateOf(tab.asked.url));
      // A code is worth something only with the verifier of the tab that asked.
      expect(await upstreams.claims(tab)).toMatchObject({ email: expect.stringMatching(/@acme\.test$/) });
    }
  }

  it.each([
    ['the order they set out', [0, 1]],
    ['the other order', [1, 0]],
  ])(
    'of OpenID Connect, back in %s',
    async (_what, order) => {
      const browser = broker.browser();
      const isDoor = ({ pathname }: URL): boolean => pathname === '/sso/op/callback';
      const tabs = [await upstreams.setOut('op', browser, isDoor), await upstreams.setOut('op', browser, isDoor)];
      for (const at of order) {
        const tab = tabs[at];
        if (tab) tab.last = await browser.visit(tab.last.location ?? '', { until: isCallback });
      }
      await endWhereTheyBegan(tabs);
    },
    30_000,
  );

  it.each([
    ['the order they set out', [0, 1]],
    ['the other order', [1, 0]],
  ])(
    'of SAML, back in %s',
    async (_what, order) => {
      const browser = broker.browser();
      const tabs = [await upstreams.setOut('saml', browser), await upstreams.setOut('saml', browser)];
      for (const at of order) {
        const tab = tabs[at];
        const form = tab?.last.forms[0];
        if (tab && form) tab.last = await browser.submit(form, {}, { until: isCallback });
      }
      await endWhereTheyBegan(tabs);
    },
    30_000,
  );

  it('are not mixed up: the answer of one is none for the other, nor twice', async () => {
    const browser = broker.browser();
    const isDoor = ({ pathname }: URL): boolean => pathname === '/sso/op/callback';
    const first = await upstreams.setOut('op', browser, isDoor);
    const second = await upstreams.setOut('op', browser, isDoor);
    const mixed = new URL(first.last.location ?? '');
    mixed.searchParams.set('code', second.last.location?.searchParams.get('code') ?? '');
    expect((await browser.visit(mixed, { until: isCallback })).status).toBe(403);
    // That spoilt the first tab alone: its walk is walked.
    expect((await browser.visit(first.last.location ?? '', { until: isCallback })).status).toBe(400);
    // The provider has seen the second's code, and gives nothing for it again; a new try of that tab goes through.
    const again = await upstreams.setOut('op', browser);
    await endWhereTheyBegan([again]);
  }, 30_000);
});
