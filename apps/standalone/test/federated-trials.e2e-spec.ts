import { createHmac, randomUUID } from 'node:crypto';
import { base64url } from 'jose';
import { z } from 'zod';
import {
  startHostileOp,
  startSocialProvider,
  type Browser,
  type HostileOp,
  type Page,
  type SocialProvider,
} from '@passbroker/testing';
import { SamlIdp } from '../../../libs/testing/src/peers/saml-idp.js';
import { startBroker, type Broker } from './world/broker.js';
import { CLIENT_SECRET, heard, isCallback, seconds, Upstreams } from './world/upstreams.js';

const SECRET = 'canary-shared-secret-0123456789abcdef';
/** What opens something, wherever an upstream puts it. */
const CANARY = 'canary-that-opens-something';
const isElsewhere = (url: URL): boolean => url.port === '4998';
const tested = z.object({ state: z.string(), trial: z.object({ url: z.string() }) });
const usersource = z.object({ enabled: z.boolean(), proven: z.object({ settingsVersion: z.number() }).nullable() });

/** What an admin sees who tries a usersource before anybody is let in by it, over two gateways. */
describe('an admin tries a federated usersource in a window', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let idp: SamlIdp;
  let op: HostileOp;
  let google: HostileOp;
  let social: SocialProvider;

  beforeAll(async () => {
    broker = await startBroker();
    upstreams = await Upstreams.of(broker);
    idp = new SamlIdp('');
    await idp.listen();
    [op, google] = [await startHostileOp(), await startHostileOp({ path: '/accounts.google.com' })];
    social = await startSocialProvider();
    social.clientSecret = CLIENT_SECRET;
    const off = { enabled: false };
    const icon = { ...off, display: 'icon' };
    const app = { clientId: 'broker', clientSecret: CLIENT_SECRET };
    await upstreams.add('saml', 'saml', { metadata: idp.metadata() }, off);
    await upstreams.oidc('oidc', op.issuer, {}, off);
    await upstreams.add('jwt', 'jwt', { remoteLoginUrl: 'http://localhost:4998/login', secret: SECRET }, off);
    await upstreams.add('google', 'google', { ...app, standIn: new URL(google.issuer).origin }, icon);
    await upstreams.add('github', 'github', { ...app, standIn: social.origin }, icon);
    await heard();
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await Promise.all([idp?.close(), op?.close(), google?.close(), social?.close()]);
    await broker?.close();
  });
  beforeEach(() => {
    const name = 'Tess Trial';
    idp.wish = {};
    for (const one of [op, google]) one.script = {};
    idp.person = {
      nameId: 'tess',
      attributes: { email: ['tess@acme.test'], displayName: [name], userPassword: [CANARY], department: ['Sales'] },
    };
    const said = { email: 'tess@acme.test', email_verified: true, name, department: 'Sales' };
    for (const one of [op, google]) one.person = { sub: 'tess', ...said, refresh_token: CANARY };
    const { email } = said;
    social.answers = new Map<string, unknown>([
      ['/api.github.com/user', { id: 7, login: 'tess', name, department: 'Sales', private_key: CANARY }],
      ['/api.github.com/user/emails', [{ email, primary: true, verified: true }]],
    ]);
  });

  const token = (secret = SECRET): string => {
    const about = { sub: 'tess', name: 'Tess Trial', email: 'tess@acme.test', department: 'Sales', api_token: CANARY };
    const claims = { ...about, jti: randomUUID(), iat: seconds(), exp: seconds() + 60 };
    const input = [{ alg: 'HS256', typ: 'JWT' }, claims].map((one) => base64url.encode(JSON.stringify(one))).join('.');
    return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
  };

  /** Opens the window that `:test` offers, and comes back from wherever it leads. */
  async function tries(slug: string, browser: Browser, jwt = token()): Promise<Page> {
    const { trial } = tested.parse(await broker.api('POST', `/v1/usersources/${slug}:test`, {}));
    const there = await browser.visit(trial.url, { until: isElsewhere });
    const form = slug === 'saml' ? there.forms[0] : undefined;
    if (form) return browser.submit(form);
    if (!there.location) return there;
    const back = new URL(there.location.searchParams.get('return') ?? '');
    back.searchParams.set('jwt', jwt);
    return browser.visit(back);
  }
  const read = async (slug: string) => usersource.parse(await broker.api('GET', `/v1/usersources/${slug}`));
  const accounts = async (): Promise<unknown> => (await broker.api('GET', '/v1/accounts?audience=users'))['data'];
  const spoils: Record<string, () => void> = {
    saml: () => (idp.wish = { assertion: { audience: 'https://other.test/sp' } }),
    oidc: () => (op.script = { claims: (all) => ({ ...all, aud: 'another' }) }),
    google: () => (google.script = { claims: (all) => ({ ...all, aud: 'another' }) }),
    github: () => social.answers.delete('/api.github.com/user'),
    jwt: () => undefined,
  };

  it.each(['saml', 'oidc', 'jwt', 'google', 'github'])(
    'of %s: shows what came back, without its secrets; makes no account and no session; proves the settings',
    async (slug) => {
      const before = [await accounts(), await upstreams.sessions()];
      expect(await read(slug)).toEqual({ enabled: false, proven: null });

      // Nobody comes in, and nothing is proven, when what comes back is not right.
      spoils[slug]?.();
      const failed = await tries(slug, broker.browser(), token('another-shared-secret-0123456789abcdef'));
      expect(failed.text).toContain('did not sign you in');
      expect(failed.text).toMatch(/upstream\.untrusted|usersource\.unreachable/);
      expect((await read(slug)).proven).toBeNull();
      idp.wish = {};
      for (const one of [op, google]) one.script = {};
      social.answers.set('/api.github.com/user', { id: 7, login: 'tess', name: 'Tess Trial', private_key: CANARY });

      const browser = broker.browser();
      const page = await tries(slug, browser);
      expect([page.status, page.url.origin]).toEqual([200, broker.origin]);
      expect(page.text).toContain(`By ${slug} works`);
      expect(page.text).toContain('tess@acme.test');
      expect(page.text).toContain('Tess Trial');
      expect(page.body).not.toContain(CANARY);
      expect(broker.log.join('\n')).not.toContain(CANARY);
      expect(browser.cookies.value('passbroker_session', new URL(broker.origin))).toBeUndefined();
      expect([await accounts(), await upstreams.sessions()]).toEqual(before);
      expect(await read(slug)).toEqual({ enabled: false, proven: { settingsVersion: 1 } });
    },
    30_000,
  );

  it('lets nobody in while it is off, and in a window that another admin has not asked for', async () => {
    const { trial } = tested.parse(await broker.api('POST', '/v1/usersources/oidc:test', {}));
    const elsewhere = new URL(trial.url);
    elsewhere.pathname = '/sso/start/saml';
    const page = await broker.browser().visit(elsewhere, { until: isCallback });
    expect([page.status >= 400, page.status < 500]).toEqual([true, true]);
    expect((await broker.browser().visit('/sso/start/oidc')).text).not.toContain('Tess');
  });
});
