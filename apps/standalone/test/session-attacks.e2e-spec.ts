import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { cookie } from '@passbroker/sign-in';
import { Browser, type Page } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { CALLBACK, configure, multipassOf, question, redeem, REDIRECT, signIn, token } from './world/people.js';
import { MARKUP } from './world/markup.js';

const ALIVE =
  /<script>(parent\.)?alert|<img src=x|<svg.onload|<a href="javascript|["'] autofocus onfocus=["']|<iframe src|<details open|<object data/i;

const isAnswer = (url: URL): boolean => url.href.startsWith(REDIRECT);

describe('attacks on sessions and walks, over two gateways', () => {
  let broker: Broker;
  let clientSecret: string;

  beforeAll(async () => {
    broker = await startBroker();
    ({ clientSecret } = await configure(broker));
  }, 60_000);
  afterAll(() => broker?.close());

  const origin = () => new URL(broker.origin);
  /** What a browser is shown at `/`: its person, or the sign-in. */
  const isSignedIn = async (headers: Record<string, string>): Promise<boolean> => {
    const answer = await fetch(broker.origin, { headers, redirect: 'manual' });
    return (await answer.text()).includes('Sign out');
  };

  it('SESS-003, SESS-004: every cookie is HttpOnly and Lax, on this host alone, and __Host- where there is https', async () => {
    const set: string[] = [];
    const browser = broker.browser();
    const asked = question(broker);
    let page = await browser.get(asked.url);
    for (let hop = 0; hop < 12; hop += 1) {
      set.push(...[page.headers['set-cookie'] ?? []].flat());
      if (!page.location || isAnswer(page.location)) break;
      const next =
        page.location.port === '4998' ? `${broker.origin}${CALLBACK}?${multipassOf('cookies')}` : page.location;
      page = await browser.get(next);
    }
    expect(set.some((one) => one.startsWith('passbroker_session='))).toBe(true);
    for (const one of set) {
      expect(one).toMatch(/; ?path=\//i);
      expect(one).toMatch(/; ?httponly/i);
      expect(one).toMatch(/; ?samesite=(lax|strict)/i);
      expect(one).not.toMatch(/; ?domain=/i);
    }
    expect(cookie('x', 'y', true)).toMatch(/^__Host-x=y; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
  });

  it('SESS-008: the cookie of a session that was signed out is dead on every replica', async () => {
    const browser = broker.browser();
    await signIn(broker, browser, 'leaver');
    const header = `passbroker_session=${browser.cookies.value('passbroker_session', origin()) ?? ''}`;
    const replicas = ['0', '1'];
    const alive = () =>
      Promise.all(replicas.map((replica) => isSignedIn({ cookie: header, 'x-test-replica': replica })));
    expect(await alive()).toEqual([true, true]);
    const page = await browser.visit('/logout');
    const [form] = page.forms;
    if (!form) throw new Error('nothing to press');
    await browser.submit(form);
    expect(await alive()).toEqual([false, false]);
  });

  it('SESS-010: a session of one brand is worth nothing on another', async () => {
    const host = `other.localhost:${origin().port}`;
    await broker.api('POST', '/v1/brands', { slug: 'other', name: 'Other', hosts: [host] });
    await broker.api('POST', '/v1/usersources', {
      slug: 'other-local',
      type: 'local',
      brand: 'other',
      audience: 'users',
      label: 'E-mail and password',
      enabled: true,
    });
    await wait(1_200);
    const browser = broker.browser();
    await signIn(broker, browser, 'two-brands');
    const header = `passbroker_session=${browser.cookies.value('passbroker_session', origin()) ?? ''}`;
    expect(await isSignedIn({ cookie: header })).toBe(true);
    const other = new Browser(`http://${host}`, { headers: { cookie: header } });
    const page = await other.visit('/');
    expect([page.status, page.forms.length > 0, page.text.includes('Sign out')]).toEqual([200, true, false]);
    expect((await other.get('/account')).text).not.toContain('two-brands');
  });

  it('SESS-012: twenty walks of one browser to two applications each end at their own', async () => {
    await broker.api('POST', '/v1/applications', {
      slug: 'second',
      protocol: 'oidc',
      brand: 'default',
      audience: 'users',
      name: 'Second',
      enabled: true,
      settings: { client_id: 'second', redirect_uris: [`${REDIRECT}2`], token_endpoint_auth_method: 'none' },
    });
    const browser = broker.browser();
    await signIn(broker, browser, 'tabs');
    const ends = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const second = index % 2 === 1;
        const asked = question(broker, {
          state: `tab-${index}`,
          ...(second && { client_id: 'second', redirect_uri: `${REDIRECT}2`, scope: 'openid' }),
        });
        const page = await walkApart(browser, asked.url);
        return { second, index, location: page.location };
      }),
    );
    for (const { second, index, location } of ends) {
      expect([location?.pathname, location?.searchParams.get('state')]).toEqual([
        second ? '/cb2' : '/cb',
        `tab-${index}`,
      ]);
      expect(location?.searchParams.get('code')).toBeTruthy();
    }
  });

  /** A tab: the browser's cookies, a window of its own. */
  async function walkApart(browser: Browser, url: string): Promise<Page> {
    const tab = new Browser(broker.origin);
    for (const name of browser.cookies.names(origin())) {
      tab.cookies.set(`${name}=${browser.cookies.value(name, origin()) ?? ''}; Path=/`, origin());
    }
    return tab.visit(url, { until: isAnswer });
  }

  it('SESS-013, OIDC-OP-011: going back after a login begins again, kindly, and gives nothing twice', async () => {
    const browser = broker.browser();
    const { answer } = await signIn(broker, browser, 'back');
    expect(answer.searchParams.get('code')).toBeTruthy();
    for (const url of new Set(browser.history.map(String))) {
      const page = await browser.get(url);
      expect(page.status).toBeLessThan(500);
      if (new URL(url).pathname.startsWith('/oidc/auth/'))
        expect(page.location && isAnswer(page.location)).not.toBe(true);
    }
  });

  it.each(MARKUP)('WEB-004: the name %j is text on every page', async (name) => {
    const uid = randomBytes(6).toString('hex');
    const browser = broker.browser();
    await browser.visit(`${broker.origin}${CALLBACK}?${multipassOf(uid, { name })}`);
    const pages = [
      browser.page,
      await browser.visit('/'),
      await browser.visit('/logout'),
      await browser.visit('/account'),
    ];
    // Somebody else's link in the same browser asks by name.
    pages.push(await browser.visit(`${broker.origin}${CALLBACK}?${multipassOf(`${uid}-2`, { name })}`));
    for (const page of pages) expect(page?.body ?? '').not.toMatch(ALIVE);
    expect(pages.some((page) => page?.text.includes('alert(1)'))).toBe(true);
  });

  it.each(MARKUP)('WEB-005, WEB-006: %j in a state or an error is text', async (text) => {
    const browser = broker.browser();
    await signIn(broker, browser, 'poster');
    const page = await browser.visit(question(broker, { response_mode: 'form_post', state: text }).url);
    expect([page.status, page.forms[0]?.fields['state']]).toEqual([200, text]);
    expect(page.body).not.toMatch(ALIVE);
    const encoded = encodeURIComponent(text);
    const errors = [
      '/problem?code=',
      '/problem?reference=',
      '/login?error=',
      '/login?return_to=',
      '/oidc/auth?client_id=',
    ];
    for (const address of errors) {
      const shown = await broker.browser().visit(`${address}${encoded}`, { until: (url) => url.port === '4998' });
      expect(shown.status).toBeLessThan(500);
      expect(shown.body).not.toMatch(ALIVE);
    }
  });

  it('OIDC-OP-041: Basic credentials that are loosely encoded, or nearly right, are wrong', async () => {
    const right = Buffer.from(`helpdesk:${clientSecret}`).toString('base64');
    const ask = async (basic: string) => {
      const answer = await fetch(`${broker.origin}/oidc/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=refresh_token&refresh_token=x',
      });
      return `${answer.status} ${((await answer.json()) as { error: string }).error}`;
    };
    // Positive control: it is the token that is wrong.
    expect(await ask(right)).toBe('400 invalid_grant');
    const wrong = [`helpdesk:${clientSecret}x`, `helpdesk:${clientSecret.slice(0, -1)}`, 'helpdesk:', ':', 'helpdesk'];
    for (const one of wrong)
      expect(await ask(Buffer.from(one).toString('base64'))).toMatch(/^40[01] invalid_(client|request)/);
  });

  it('OIDC-OP-056: an application that never answers does not hold up a sign-out', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', () => resolve()));
    const address = silent.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    try {
      await broker.api('PATCH', '/v1/applications/helpdesk', {
        settings: { backchannel_logout_uri: `http://localhost:${port}/out` },
      });
      await wait(1_200);
      const browser = broker.browser();
      const { answer, asked } = await signIn(broker, browser, 'slow-out');
      const { body } = await redeem(broker, clientSecret, answer, asked);
      const since = performance.now();
      const page = await browser.visit(`/oidc/session/end?id_token_hint=${String(body['id_token'])}`);
      const [form] = page.forms;
      if (form) await browser.submit(form);
      expect(performance.now() - since).toBeLessThan(4_000);
      expect(sockets.size).toBeGreaterThan(0);
      expect(
        await isSignedIn({
          cookie: `passbroker_session=${browser.cookies.value('passbroker_session', origin()) ?? ''}`,
        }),
      ).toBe(false);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });

  it('OIDC-OP-027: what was given ends with the account', async () => {
    const { answer, asked } = await signIn(broker, broker.browser(), 'revoked');
    const { body } = await redeem(broker, clientSecret, answer, asked);
    const refresh = (refreshToken: unknown) =>
      token(broker, clientSecret, { grant_type: 'refresh_token', refresh_token: String(refreshToken) });
    const first = await refresh(body['refresh_token']);
    expect(first.status).toBe(200);
    const found = (await broker.api('GET', '/v1/accounts?email=revoked%40acme.test'))['data'] as { id: string }[];
    await broker.api('PATCH', `/v1/accounts/${found[0]?.id}`, { disabled: true });
    await wait(1_000);
    expect(await refresh(first.body['refresh_token'])).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});
