import { Redis } from 'ioredis';
import { SamlIdp } from '../../../libs/testing/src/peers/saml-idp.js';
import { startProcesses, type Processes } from './world/processes.js';
import { CALLBACK, multipassOf, question } from './world/people.js';
import { heard, Upstreams } from './world/upstreams.js';

const FLOOD = 1_000;
const AT_ONCE = 50;
/** How long somebody may wait at the door while strangers flood it. */
const PATIENCE_MS = 5_000;
/** What one login that nobody finishes may take, and for how long. */
const WALK_BYTES = 10_000;
const LONGEST_S = 3_600;

describe('strangers in numbers', () => {
  let broker: Processes;
  let upstreams: Upstreams;
  let idp: SamlIdp;
  let redis: Redis;

  beforeAll(async () => {
    broker = await startProcesses({ LOG_LEVEL: 'info' });
    redis = new Redis(broker.redisUrl);
    upstreams = await Upstreams.of(broker);
    idp = new SamlIdp('');
    await idp.listen();
    const settings = { metadata: idp.metadata(), idpInitiated: true, relayStates: [`${broker.origin}/*`] };
    await upstreams.add('saml', 'portal', settings);
    await heard();
  }, 120_000);
  afterAll(async () => {
    redis?.disconnect();
    await upstreams?.close();
    await idp?.close();
    await broker?.close();
  });

  const answerOf = (name: string): Record<string, string> => {
    idp.person = { nameId: name, attributes: { email: [`${name}@acme.test`], displayName: [name] } };
    const door = `${broker.origin}/sso/portal`;
    return idp.respond(
      { id: '', acs: `${door}/acs`, issuer: `${door}/metadata`, relayState: undefined },
      { assertion: { inResponseTo: '' }, response: { inResponseTo: '' } },
    );
  };
  const comesIn = async (uid: string): Promise<void> => {
    const page = await broker.browser().visit(`${broker.origin}${CALLBACK}?${multipassOf(uid)}`);
    expect(page.text).toContain(`Hello, Person ${uid}`);
  };
  /** Read to its end: a connection that waits to be read keeps the test from ending. */
  const answered = async (address: string | URL, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(address, { ...init, redirect: 'manual' });
    await answer.arrayBuffer();
    return answer;
  };
  /** One post and where it leads, as a browser without cookies would do it. */
  const brought = async (fields: Record<string, string>): Promise<Response[]> => {
    const posted = await answered(`${broker.origin}/sso/portal/acs`, {
      ...{ method: 'POST', body: new URLSearchParams(fields) },
    });
    const to = posted.headers.get('location');
    return to === null ? [posted] : [posted, await answered(to)];
  };
  const inTurn = async (times: number, one: (at: number) => Promise<void>): Promise<void> => {
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < times; at = next++) await one(at);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  };

  it('DOS-001: a thousand SAML answers with bad signatures are refused, and whoever comes meanwhile gets in', async () => {
    const good = answerOf('good');
    const xml = Buffer.from(good['SAMLResponse'] ?? '', 'base64').toString('utf8');
    const bad = xml.replace(
      /(<(?:ds:)?SignatureValue>\s*)(.)/,
      (_, before: string, first: string) => before + (first === 'A' ? 'B' : 'A'),
    );
    expect(bad).not.toBe(xml);
    const forged = { ...good, SAMLResponse: Buffer.from(bad).toString('base64') };
    const statuses = new Map<number, number>();
    const flood = inTurn(FLOOD, async () => {
      const last = (await brought(forged)).at(-1);
      statuses.set(last?.status ?? 0, (statuses.get(last?.status ?? 0) ?? 0) + 1);
    });
    const waited: number[] = [];
    for (let person = 0; person < 10; person += 1) {
      const since = performance.now();
      await comesIn(`calm-${person}`);
      waited.push(performance.now() - since);
    }
    expect((await broker.ready('gateway')).status).toBe(200);
    await flood;
    process.stdout.write(
      `  ${FLOOD} forged answers; sign-ins meanwhile: ${waited.map((ms) => ms.toFixed(0)).join(', ')} ms\n`,
    );
    expect([...statuses.keys()]).toEqual([403]);
    expect(Math.max(...waited)).toBeLessThan(PATIENCE_MS);
    expect(broker.ended).toEqual([]);
    // Positive control: unspoilt, it lets somebody in.
    const [, last] = await brought(answerOf('good'));
    expect(last?.headers.getSetCookie().join()).toContain('passbroker_session=');
  }, 120_000);

  it('DOS-005: logins that nobody finishes take little, and go', async () => {
    const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1]);
    const before = new Set(await redis.keys('*'));
    const bytes = await used();
    await inTurn(FLOOD, async () => {
      const away = await answered(question(broker).url);
      expect(away.status).toBe(303);
      await answered(new URL(away.headers.get('location') ?? '', broker.origin));
    });
    const fresh = (await redis.keys('*')).filter((key) => !before.has(key));
    expect(fresh.length).toBeGreaterThanOrEqual(FLOOD);
    const each = ((await used()) - bytes) / FLOOD;
    const ends = await Promise.all(fresh.map(async (key) => [key, await redis.ttl(key)] as const));
    process.stdout.write(
      `  a login that nobody finishes: ${each.toFixed(0)} bytes, for ${Math.max(...ends.map(([, s]) => s))} s\n`,
    );
    expect(ends.filter(([, seconds]) => seconds < 0 || seconds > LONGEST_S)).toEqual([]);
    expect(each).toBeLessThan(WALK_BYTES);
    // Positive control: somebody who does finish still can.
    await comesIn('afterwards');
  }, 120_000);
});
