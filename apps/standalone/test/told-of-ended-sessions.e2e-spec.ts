import { createServer, type Server } from 'node:http';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { listen } from '@passbroker/platform';
import type { Browser } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { configure, redeem, signIn } from './world/people.js';

/** An application hears of it after at most this long. */
const SOON_MS = 1_000;
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

describe('an application, when a session ends without its browser', () => {
  let broker: Broker;
  let receiver: Server;
  let clientSecret: string;
  let people = 0;
  const told: string[] = [];

  beforeAll(async () => {
    receiver = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      req.on('end', () => {
        told.push(new URLSearchParams(body).get('logout_token') ?? '');
        res.end();
      });
    });
    const port = await listen(receiver, 0, '127.0.0.1');
    broker = await startBroker();
    const backchannel_logout_uri = `http://localhost:${port}/out`;
    const application = { backchannel_logout_uri, backchannel_logout_session_required: true };
    ({ clientSecret } = await configure(broker, { application }));
  }, 60_000);
  afterAll(async () => {
    receiver?.closeAllConnections();
    receiver?.close();
    await broker?.close();
  });
  beforeEach(() => void told.splice(0));

  const pass = async (browser: Browser, uid: string): Promise<Record<string, unknown>> => {
    const { answer, asked } = await signIn(broker, browser, uid);
    return decodeJwt(String((await redeem(broker, clientSecret, answer, asked)).body['id_token']));
  };
  const somebody = async () => {
    people += 1;
    const [browser, uid] = [broker.browser(), `person-${people}`];
    const claims = await pass(browser, uid);
    const found = await broker.api('GET', `/v1/accounts?email=${uid}@acme.test`);
    const [account] = found['data'] as { id: string }[];
    return { browser, uid, claims, account: account?.id ?? '' };
  };
  const sessionsOf = async (account: string): Promise<string[]> => {
    const { data } = (await broker.api('GET', `/v1/sessions?account=${account}`)) as unknown as {
      data: { id: string }[];
    };
    return data.map(({ id }) => id);
  };
  const heard = async (many: number): Promise<Record<string, unknown>[]> => {
    const end = Date.now() + SOON_MS;
    while (told.length < many && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    const keys = createRemoteJWKSet(new URL(`${broker.origin}/oidc/jwks`));
    const checks = { issuer: `${broker.origin}/oidc`, audience: 'helpdesk', typ: 'logout+jwt' };
    return Promise.all(told.map(async (token) => (await jwtVerify(token, keys, checks)).payload));
  };
  const quiet = () => new Promise((resolve) => setTimeout(resolve, SOON_MS));

  it('is told within a second when an admin revokes it: once, by one of two minters, of that session only', async () => {
    const person = await somebody();
    const elsewhere = await pass(broker.browser(), person.uid);
    const [, first] = await sessionsOf(person.account);
    await broker.api('DELETE', `/v1/sessions/${first}`);
    const [token] = await heard(1);
    expect(token).toMatchObject({ sub: person.claims['sub'], sid: person.claims['sid'], events: { [EVENT]: {} } });
    expect(token).not.toHaveProperty('nonce');
    expect(token?.['sid']).not.toBe(elsewhere['sid']);
    await quiet();
    expect(told).toHaveLength(1);
  });

  it('is told of each when all of an account are revoked, and of nobody else’s', async () => {
    const person = await somebody();
    const second = await pass(broker.browser(), person.uid);
    await somebody();
    await broker.api('DELETE', `/v1/accounts/${person.account}/sessions`);
    const tokens = await heard(2);
    expect(tokens.map(({ sid }) => sid).sort()).toEqual([person.claims['sid'], second['sid']].sort());
    await quiet();
    expect(told).toHaveLength(2);
  });

  it('is told when its owner ends it from another browser', async () => {
    const person = await somebody();
    const here = broker.browser();
    await pass(here, person.uid);
    const page = await here.visit(`${broker.origin}/account`);
    const other = page.forms.find(({ fields }) => fields['session'] !== undefined && fields['session'] !== 'others');
    await here.submit(other ?? page.form('Sign out'));
    expect(await heard(1)).toMatchObject([{ sid: person.claims['sid'] }]);
  });

  it('is told once of a sign-out that came by the minter: nothing follows it', async () => {
    const person = await somebody();
    await person.browser.visit(`${broker.origin}/logout`);
    await person.browser.click('Sign out');
    expect(await heard(1)).toMatchObject([{ sid: person.claims['sid'] }]);
    await quiet();
    expect(told).toHaveLength(1);
  });

  it('gets another sid when the person signs in again in the same browser', async () => {
    const person = await somebody();
    await broker.api('DELETE', `/v1/accounts/${person.account}/sessions`);
    await heard(1);
    const again = await pass(person.browser, person.uid);
    expect(again['sub']).toBe(person.claims['sub']);
    expect(again['sid']).not.toBe(person.claims['sid']);
  });
});
