import type { Browser } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { configure, question, redeem, signIn, token } from './world/people.js';

/** Ended anywhere, over everywhere, after at most this long. */
const SOON_MS = 1_000;
const PASSWORD = 'velvet-otter-42-lantern';

interface Listed {
  id: string;
  createdAt: string;
  device: { userAgent: string } | null;
}

describe('sessions, over two gateways, two minters and the admin API', () => {
  let broker: Broker;
  let clientSecret: string;
  let people = 0;

  beforeAll(async () => {
    broker = await startBroker();
    ({ clientSecret } = await configure(broker));
  }, 60_000);
  afterAll(() => broker?.close());

  interface Person {
    browser: Browser;
    uid: string;
    account: string;
    refresh: string;
  }
  const pass = async (browser: Browser, uid: string): Promise<string> => {
    const { answer, asked } = await signIn(broker, browser, uid);
    return String((await redeem(broker, clientSecret, answer, asked)).body['refresh_token']);
  };
  const somebody = async (): Promise<Person> => {
    people += 1;
    const [browser, uid] = [broker.browser(), `person-${people}`];
    const refresh = await pass(browser, uid);
    const found = await broker.api('GET', `/v1/accounts?email=${uid}@acme.test`);
    const [account] = found['data'] as { id: string }[];
    return { browser, uid, refresh, account: account?.id ?? '' };
  };
  const sessionsOf = async ({ account }: Person, query = ''): Promise<Listed[]> =>
    (await broker.api('GET', `/v1/sessions?account=${account}${query}`))['data'] as Listed[];
  const isIn = async (browser: Browser): Promise<boolean> => {
    const page = await browser.visit(question(broker, { prompt: 'none' }).url, {
      until: (url) => url.origin !== broker.origin,
    });
    return page.location?.searchParams.has('code') ?? false;
  };
  const refreshes = async (person: Person, replica = 0): Promise<boolean> => {
    const form = { grant_type: 'refresh_token', refresh_token: person.refresh };
    const { status, body } = await token(broker, clientSecret, form, replica);
    if (status === 200) person.refresh = String(body['refresh_token']);
    return status === 200;
  };
  const soon = () => new Promise((resolve) => setTimeout(resolve, SOON_MS));

  it('are listed by the admin API in pages, newest first', async () => {
    const person = await somebody();
    for (let more = 0; more < 4; more += 1) await pass(broker.browser(), person.uid);
    const all = await sessionsOf(person);
    expect(all).toHaveLength(5);
    expect(all.map(({ createdAt }) => createdAt)).toEqual(
      all
        .map(({ createdAt }) => createdAt)
        .sort()
        .reverse(),
    );
    const walk: string[] = [];
    let after = '';
    do {
      const answer = await broker.api('GET', `/v1/sessions?account=${person.account}&limit=2${after}`);
      const { data, page } = answer as unknown as { data: Listed[]; page: { next: string | null } };
      walk.push(...data.map(({ id }) => id));
      after = page.next === null ? '' : `&after=${page.next}`;
    } while (after !== '');
    expect(walk).toEqual(all.map(({ id }) => id));
    const last = await broker.api('GET', `/v1/sessions?account=${person.account}&limit=4`);
    const { next } = last['page'] as { next: string };
    const end = await broker.api('GET', `/v1/sessions?account=${person.account}&limit=4&after=${next}`);
    const { previous } = end['page'] as { previous: string };
    const back = await broker.api('GET', `/v1/sessions?account=${person.account}&limit=4&before=${previous}`);
    expect((back['data'] as Listed[]).map(({ id }) => id)).toEqual(walk.slice(0, 4));
    const [one] = all;
    expect(await broker.api('GET', `/v1/sessions/${one?.id}`)).toEqual(one);
  });

  it('SESS-021: revoked by an admin: browser and refresh token are out on every replica; other sessions stay', async () => {
    const person = await somebody();
    const elsewhere = { ...person, browser: broker.browser() };
    elsewhere.refresh = await pass(elsewhere.browser, person.uid);
    const [, first] = await sessionsOf(person);
    expect([await isIn(person.browser), await refreshes(person, 0), await refreshes(person, 1)]).toEqual([
      true,
      true,
      true,
    ]);
    await broker.api('DELETE', `/v1/sessions/${first?.id}`);
    expect([await refreshes(person, 0), await refreshes(person, 1), await isIn(person.browser)]).toEqual([
      false,
      false,
      false,
    ]);
    expect([await isIn(elsewhere.browser), await refreshes(elsewhere)]).toEqual([true, true]);
    await expect(broker.api('GET', `/v1/sessions/${first?.id}`)).rejects.toThrow('404');
  });

  it('SESS-021: all revoked: everything is over, and signing in again works at once', async () => {
    const person = await somebody();
    await broker.api('DELETE', `/v1/accounts/${person.account}/sessions`);
    expect([await refreshes(person), await isIn(person.browser), (await sessionsOf(person)).length]).toEqual([
      ...[false, false, 0],
    ]);
    person.refresh = await pass(person.browser, person.uid);
    expect([await refreshes(person), await isIn(person.browser)]).toEqual([true, true]);
  });

  it('SESS-025: of a disabled account do not rise when it is enabled again', async () => {
    const person = await somebody();
    expect(await refreshes(person)).toBe(true);
    await broker.api('PATCH', `/v1/accounts/${person.account}`, { disabled: true });
    await broker.api('PATCH', `/v1/accounts/${person.account}`, { disabled: false });
    await soon();
    expect([await refreshes(person), await isIn(person.browser)]).toEqual([false, false]);
    person.refresh = await pass(person.browser, person.uid);
    expect(await refreshes(person)).toBe(true);
  });

  it('SESS-024: of somebody whose password an admin replaced are over', async () => {
    const person = await somebody();
    await broker.api('PATCH', `/v1/accounts/${person.account}`, { password: PASSWORD });
    expect([await refreshes(person), await isIn(person.browser)]).toEqual([false, false]);
  });

  it('that the person signs out of take their refresh tokens along, also when the browser never gets to the minter', async () => {
    const person = await somebody();
    const stays = await somebody();
    await person.browser.visit(`${broker.origin}/logout`);
    await person.browser.click('Sign out', { until: (url) => url.pathname.startsWith('/oidc/') });
    expect([await refreshes(person), await isIn(person.browser)]).toEqual([false, false]);
    expect([await refreshes(stays), await isIn(stays.browser)]).toEqual([true, true]);
  });
});
