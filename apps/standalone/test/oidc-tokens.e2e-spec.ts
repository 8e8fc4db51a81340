import { base64url } from 'jose';
import { startHostileOp, type Browser, type HostileOp, type Json, type Script } from '@passbroker/testing';
import {
  LOGOUT_EVENT,
  NO_ALGORITHMS,
  wrongClaims,
  wrongLogoutTokens,
} from '../../../libs/usersources/test/wrong-tokens.js';
import { startBroker, type Broker } from './world/broker.js';
import { heard, seconds, Upstreams, type Arrival } from './world/upstreams.js';

const EITHER = ['upstream.untrusted', 'upstream.malformed'];
const encoded = (value: unknown): string => base64url.encode(JSON.stringify(value));
const isDoor = ({ pathname }: URL): boolean => /^\/sso\/[\w-]+\/callback$/.test(pathname);

/** Tokens bent in one word each, over two gateways; the honest one of the same provider beside each class. */
describe('tokens of an OpenID provider, bent', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let op: HostileOp;
  let other: HostileOp;
  let keys: HostileOp['keys'];

  beforeAll(async () => {
    broker = await startBroker();
    [op, other] = [await startHostileOp(), await startHostileOp()];
    keys = op.keys;
    upstreams = await Upstreams.of(broker);
    await upstreams.oidc('op', op.issuer, {}, { slo: true });
    await upstreams.oidc('other', other.issuer);
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await op?.close();
    await other?.close();
    await broker?.close();
  });
  beforeEach(() => {
    op.script = {};
    op.session = undefined;
    op.keys = keys;
    op.person = { sub: 'jane', email: 'jane@acme.test', email_verified: true, name: 'Jane' };
  });

  const scripted = (name: string, script: Script) => ({
    name,
    come: (): Promise<Arrival> => {
      op.script = script;
      return upstreams.setOut('op');
    },
  });
  const honest = async (script: Script = {}): Promise<void> => {
    op.script = script;
    expect(await upstreams.admitted('op')).toMatchObject({ name: 'Jane' });
  };
  const refuses = (id: string, control = () => honest()): Promise<void> => {
    const wrong = wrongClaims(op.issuer, seconds())[id] ?? [];
    expect(wrong).not.toEqual([]);
    const attacks = wrong.map((more) =>
      scripted(
        JSON.stringify(more, (_, value: unknown) => value ?? null),
        { claims: (all) => ({ ...all, ...more }) },
      ),
    );
    return upstreams.refusesEach(attacks, EITHER, control);
  };

  it('OIDC-RP-003: refuses a nonce that is missing or another', () => refuses('OIDC-RP-003'), 30_000);

  it(
    'OIDC-RP-003: refuses a code of the attacker’s own sign-in',
    () =>
      upstreams.refuses(
        async () => {
          const [attacker, victim] = [
            await upstreams.setOut('op', undefined, isDoor),
            await upstreams.setOut('op', undefined, isDoor),
          ];
          const injected = new URL(victim.last.location ?? '');
          injected.searchParams.set('code', attacker.last.location?.searchParams.get('code') ?? '');
          return { ...victim, last: await victim.browser.visit(injected) };
        },
        ['upstream.refused'],
        () => honest(),
      ),
    30_000,
  );

  it(
    'OIDC-RP-004: refuses a token without a signature',
    () =>
      upstreams.refusesEach(
        NO_ALGORITHMS.flatMap((alg) =>
          ['', 'x'].map((signature) =>
            scripted(`${alg} ${signature}`, { idToken: (all) => `${encoded({ alg })}.${encoded(all)}.${signature}` }),
          ),
        ),
        EITHER,
        () => honest(),
      ),
    30_000,
  );

  it('OIDC-RP-010: refuses every issuer but the one', () => refuses('OIDC-RP-010'), 30_000);

  it(
    'OIDC-RP-011: refuses other audiences, and company whose azp is not ours',
    () =>
      refuses('OIDC-RP-011', async () => {
        await honest();
        await honest({ claims: (all) => ({ ...all, aud: ['broker', 'another'], azp: 'broker' }) });
      }),
    30_000,
  );

  it(
    'OIDC-RP-012: refuses tokens that are over, never over, old, or of the future',
    () =>
      refuses('OIDC-RP-012', () =>
        honest({ claims: (all) => ({ ...all, iat: seconds() - 30, exp: seconds() + 30, nbf: seconds() }) }),
      ),
    30_000,
  );

  it(
    'OIDC-RP-013: refuses a subject that is missing, empty, no text, or longer than any',
    () =>
      refuses('OIDC-RP-013', async () => {
        op.person = { ...op.person, sub: 'x'.repeat(255), email: 'long@acme.test' };
        await honest();
      }),
    30_000,
  );

  it(
    'OIDC-RP-014: refuses userinfo about somebody else, or about nobody',
    () =>
      upstreams.refusesEach(
        ['john', 'Jane', undefined, null, ['jane']].map((sub) =>
          scripted(String(sub), { userinfo: (all) => ({ ...all, sub }) }),
        ),
        ['upstream.untrusted'],
        () => honest({ userinfo: (all) => ({ ...all, department: 'Sales' }) }),
      ),
    30_000,
  );

  it(
    'OIDC-RP-015: refuses hashes of another code or access token',
    () => refuses('OIDC-RP-015', () => honest({ claims: ({ at_hash: _, ...all }) => all })),
    30_000,
  );

  it('OIDC-RP-002: takes an answer once, in the browser that set out, by one parameter of each name', async () => {
    const arrival = await upstreams.setOut('op', undefined, isDoor);
    const answer = arrival.last.location ?? new URL(broker.origin);
    const again = async (address: URL, browser: Browser): Promise<Arrival> => ({
      ...arrival,
      browser,
      last: await browser.visit(address, { until: ({ origin }) => origin !== broker.origin }),
    });
    const bent = (change: (query: URLSearchParams) => void): URL => {
      const address = new URL(answer);
      change(address.searchParams);
      return address;
    };
    await upstreams.refusesEach(
      [
        { name: 'another browser', come: () => again(answer, broker.browser()) },
        {
          name: 'another state',
          come: () =>
            again(
              bent((query) => query.set('state', 'x')),
              arrival.browser,
            ),
        },
        {
          name: 'no state',
          come: () =>
            again(
              bent((query) => query.delete('state')),
              broker.browser(),
            ),
        },
      ],
      ['transaction.expired'],
      async () => {
        const last = (await again(answer, arrival.browser)).last;
        expect(await upstreams.claims({ ...arrival, last })).toMatchObject({ name: 'Jane' });
      },
    );
    const before = await upstreams.sessions();
    expect((await again(answer, arrival.browser)).last.status).toBe(400);
    expect(await upstreams.sessions()).toBe(before);
    await upstreams.settled();
    const twice = (name: string) => ({
      name,
      come: async (): Promise<Arrival> => {
        const set = await upstreams.setOut('op', undefined, isDoor);
        const address = new URL(set.last.location ?? '');
        address.searchParams.append(name, address.searchParams.get(name) ?? '');
        return { ...set, last: await set.browser.visit(address) };
      },
    });
    await upstreams.refusesEach(['code', 'iss'].map(twice), ['upstream.malformed'], () => honest());
  }, 30_000);

  it(
    'OIDC-RP-018: takes no code of one connection at the door of another',
    () =>
      upstreams.refuses(
        async () => {
          const browser = broker.browser();
          const here = await upstreams.setOut('op', browser, isDoor);
          const there = await upstreams.setOut('other', browser, isDoor);
          const swapped = new URL(there.last.location ?? '');
          for (const name of ['code', 'iss']) {
            swapped.searchParams.set(name, here.last.location?.searchParams.get(name) ?? '');
          }
          const last = await browser.visit(swapped);
          expect(other.heard.map(({ path }) => path)).not.toContain('/token');
          return { ...there, last };
        },
        ['upstream.untrusted'],
        () => honest(),
      ),
    30_000,
  );

  describe('OIDC-RP-026: a logout token', () => {
    let next = 0;
    const send = async (more: Json, typ = 'logout+jwt', key = op.keys[0]): Promise<number> => {
      next += 1;
      const about = { sub: 'jane', events: { [LOGOUT_EVENT]: {} }, jti: `j-${next}` };
      const all = { iss: op.issuer, aud: 'broker', iat: seconds(), exp: seconds() + 120, ...about, ...more };
      const token = await op.sign(JSON.parse(JSON.stringify(all)) as Json, { typ }, key);
      return post(token);
    };
    const post = async (token: string): Promise<number> => {
      const body = new URLSearchParams({ logout_token: token });
      return (await fetch(`${broker.origin}/sso/op/slo`, { method: 'POST', body })).status;
    };
    const isIn = async (browser: Browser): Promise<boolean> => (await browser.visit('/')).text.includes('Hello, Jane');
    const signedIn = async (): Promise<Browser> => {
      const browser = broker.browser();
      expect(await upstreams.admitted('op', browser)).toMatchObject({ name: 'Jane' });
      return browser;
    };

    it('ends sessions when it is honest, once, and in no other words', async () => {
      const browser = await signedIn();
      for (const [what, more, typ] of wrongLogoutTokens(seconds())) {
        const status = await send(more, typ);
        expect([what, status >= 400 && status < 500]).toEqual([what, true]);
      }
      expect(await isIn(browser)).toBe(true);
      expect(await send({ jti: 'once' })).toBe(200);
      expect(await isIn(browser)).toBe(false);
      const later = await signedIn();
      expect(await send({ jti: 'once' })).toBeGreaterThanOrEqual(400);
      expect(await isIn(later)).toBe(true);
    }, 30_000);

    it('ends none when it is forged', async () => {
      const browser = await signedIn();
      const foreign = op.rotate('RS256', { kid: keys[0]?.kid });
      op.keys = keys;
      expect(await send({}, 'logout+jwt', foreign)).toBeGreaterThanOrEqual(400);
      expect(await post(`${encoded({ alg: 'none', typ: 'logout+jwt' })}.${encoded({ sub: 'jane' })}.`)).toBe(403);
      expect(await post('')).toBeGreaterThanOrEqual(400);
      expect(await isIn(browser)).toBe(true);
      expect(await send({})).toBe(200);
      expect(await isIn(browser)).toBe(false);
    }, 30_000);
  });
});
