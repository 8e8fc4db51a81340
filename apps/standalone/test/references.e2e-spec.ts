import { startBroker, type Broker } from './world/broker.js';
import { configure, question } from './world/people.js';

const REFERENCE = /\b[0-9A-HJKMNP-TV-Z]{8}\b/;

describe('the reference on a page', () => {
  let broker: Broker;

  beforeAll(async () => {
    broker = await startBroker({ gateways: 1, minters: 1 });
    await configure(broker);
  }, 60_000);
  afterAll(() => broker?.close());

  const eventOf = async (reference: string): Promise<Record<string, unknown> | undefined> => {
    for (const end = Date.now() + 10_000; Date.now() < end;) {
      const found = await broker.api('GET', `/v1/audit-events?reference=${reference}`);
      const [event] = found['data'] as Record<string, unknown>[];
      if (event) return event;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return undefined;
  };

  it.each([
    ['the gateway', '/customer/authentication/multipass/callback?multipass=x&signature=y', 'multipass.signature'],
    ['the minter', '', 'request.malformed'],
  ])('leads to the reason, when %s refuses', async (_who, path, code) => {
    const elsewhere = question(broker, { redirect_uri: 'http://localhost:4998/unregistered' });
    const page = await broker.browser().visit(path || elsewhere.url);
    const [reference = ''] = REFERENCE.exec(page.text) ?? [];
    expect(page.text).toContain('Reference');
    expect(await eventOf(reference)).toMatchObject({ reference, outcome: { result: 'refused', code } });
  });
});
