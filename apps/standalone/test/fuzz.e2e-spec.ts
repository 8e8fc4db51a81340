import type { Page } from '@passbroker/testing';
import { Client } from 'pg';
import { ADMIN_TOKEN } from './world/broker.js';
import { routesOfGateway } from './world/gateway-routes.js';
import { everythingAsked, plans, request, type Good, type Raw } from './world/nonsense.js';
import { API_KEY, CALLBACK, configure, multipassOf, question, redeem, signIn } from './world/people.js';
import { serviceSecretOf, startProcesses, type Processes } from './world/processes.js';
import { openTokenKeys } from './world/token-keys.js';
import { send, type Heard } from './world/wire.js';

const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 20_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_122);
const AT_ONCE = 8;
const SLOW_MS = 2_000;
const AGENT = { name: 'ada@acme.test', password: 'canary-velvet-otter-42' };
const OWNER = { name: 'lou@acme.test', password: 'canary-copper-heron-17' };
const MINTER = /^\/(oidc|saml\/idp|pass)(\/|$)|^\/\.well-known\/(openid-configuration|oauth-authorization-server)/;
/** What only somebody who wrote the code should see. */
const INSIDES = /node_modules|\.[jt]s:\d+|ioredis|typeorm|ECONN|ZodError|at async |Cannot (read|GET|POST)/;

describe('twenty thousand requests of nonsense', () => {
  let broker: Processes;
  let clientSecret: string;
  const canaries = new Map<string, string>();
  const plant = (name: string, secret: string): string => {
    // Short pieces of anything are in everything.
    if (secret.length >= 12) canaries.set(secret, name);
    return secret;
  };

  beforeAll(async () => {
    broker = await startProcesses();
    ({ clientSecret } = await configure(broker));
    for (const [audience, name, { name: value, password }] of [
      ['agents', 'Ada', AGENT],
      ['users', 'Lou', OWNER],
    ] as const) {
      await broker.api('POST', '/v1/accounts', { audience, name, emails: [{ value, verified: true }], password });
    }
  }, 120_000);
  afterAll(() => broker?.close());

  const cookiesOf = (browser: ReturnType<Processes['browser']>): string => {
    const origin = new URL(broker.origin);
    const pairs = browser.cookies.names(origin).map((name) => {
      const value = browser.cookies.value(name, origin) ?? '';
      return `${name}=${plant(`cookie ${name}`, value)}`;
    });
    return pairs.join('; ');
  };

  /** A walk under way, a person signed in, and one on the way out: everything a stranger would like to bend. */
  async function goodThings(): Promise<Good> {
    const browser = broker.browser();
    const { answer, asked } = await signIn(broker, browser, 'good');
    const code = plant('code', answer.searchParams.get('code') ?? '');
    const { body } = await redeem(broker, clientSecret, answer, asked);
    const idToken = plant('id token', String(body['id_token']));

    const waiting = broker.browser();
    const walk = await waiting.get(question(broker).url);
    const transaction = plant('transaction', walk.location?.pathname.split('/').at(-1) ?? '');

    const leaving = broker.browser();
    const left = await signIn(broker, leaving, 'leaving');
    const tokens = await redeem(broker, clientSecret, left.answer, left.asked);
    const then = await leaving.get(`/oidc/session/end?id_token_hint=${String(tokens.body['id_token'])}`);
    const frame = then.location?.searchParams.get('then') ?? '';
    let ended: Page = await leaving.follow(then, { until: (url) => url.pathname === '/oidc/session/ended' });
    if (!ended.location) {
      const [form] = ended.forms;
      if (!form) throw new Error(`no sign-out: ${ended.text}`);
      ended = await leaving.submit(form, {}, { until: (url) => url.pathname === '/oidc/session/ended' });
    }

    // An agent at their own page, and a stranger who comes with the address of somebody who is known.
    const local = broker.browser();
    const form = (await local.visit('/agent/')).form('Password');
    await local.submit(form, { 'E-mail or username': AGENT.name, Password: AGENT.password });
    const stranger = broker.browser();
    await stranger.visit(question(broker).url, { until: (url) => url.port === '4998' });
    const met = await stranger.get(`${broker.origin}${CALLBACK}?${multipassOf('stranger', { email: OWNER.name })}`);
    const ownership = plant('question to an owner', met.location?.pathname.split('/').at(-1) ?? '');
    const basic = Buffer.from(`helpdesk:${clientSecret}`).toString('base64');
    const accessToken = plant('access token', String(body['access_token']));
    const good: Good = {
      host: new URL(broker.origin).host,
      origin: broker.origin,
      transaction,
      ownership,
      multipass: freshMultipass(0),
      authorization: new URL(
        question(broker, { prompt: 'login', max_age: '10', login_hint: 'x', ui_locales: 'en' }).url,
      ).search,
      then: plant('frame of a sign-out', frame),
      signedOut: plant('frame of a sign-out done', ended.location?.searchParams.get('signed_out') ?? ''),
      cookies: [cookiesOf(browser), cookiesOf(waiting), `${cookiesOf(leaving)}; a=b`, cookiesOf(local)],
      authorizations: [
        `Basic ${plant('basic credentials', basic)}`,
        `Bearer ${accessToken}`,
        `DPoP ${accessToken}`,
        `Bearer ${plant('admin token', ADMIN_TOKEN)}`,
      ],
      code,
      accessToken,
      refreshToken: plant('refresh token', String(body['refresh_token'])),
      idToken,
      clientSecret: plant('client secret', clientSecret),
      name: AGENT.name,
      password: plant('password', AGENT.password),
    };
    expect(local.cookies.names(new URL(broker.origin))).toContain('passbroker_session');
    expect(
      [good.then, good.signedOut, good.transaction, good.ownership, good.code].every((text) => text.length > 20),
    ).toBe(true);
    return good;
  }

  const freshMultipass = (number: number): string => {
    const query = multipassOf(`fuzzed-${number}`);
    for (const [name, value] of new URLSearchParams(query)) {
      plant(name, value);
      plant(`${name}, encoded`, encodeURIComponent(value));
    }
    return query;
  };

  it('WEB-026: break nothing, tell nothing, and leave no secret in a log line', async () => {
    const good = await goodThings();
    plant('api key', API_KEY);
    plant('password of a user', OWNER.password);
    for (const service of ['gateway', 'minter', 'admin'] as const)
      plant(`secret of ${service}`, serviceSecretOf(service));
    for (const { kid, text } of await openTokenKeys(broker)) plant(`private key ${kid}`, text);

    await nothingLeftOut(good);

    const todo = plans(SEED, REQUESTS);
    const statuses = new Map<number, number>();
    const wrong: string[] = [];
    let slowest = 0;
    let at = 0;
    const work = async (): Promise<void> => {
      for (let plan = todo[at]; plan; plan = todo[at]) {
        at += 1;
        if (at % 500 === 0) good.multipass = freshMultipass(at);
        const raw = request(plan, good);
        const heard = await send(doorOf(raw), raw);
        statuses.set(heard.status, (statuses.get(heard.status) ?? 0) + 1);
        slowest = Math.max(slowest, heard.ms);
        const what = trouble(heard);
        if (what && wrong.length < 40) wrong.push(`${what}: ${shown(raw)} → ${heard.head.slice(0, 300)}`);
      }
    };
    const since = performance.now();
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const seconds = (performance.now() - since) / 1_000;

    // Positive controls: it still signs people in, and what is logged is heard here.
    await send(broker.doors.gateway, {
      method: 'GET',
      target: '/canary-in-the-log',
      headers: [
        ['host', good.host],
        ['connection', 'close'],
      ],
      body: '',
    });
    const { answer } = await signIn(broker, broker.browser(), 'afterwards');
    expect(answer.searchParams.get('code')).toBeTruthy();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const log = broker.log.join('');
    expect(log).toContain('/canary-in-the-log');
    const stored = await auditOf(broker);
    expect(stored).toContain('sign_in.refused');

    const counted = [...statuses]
      .sort(([left], [right]) => left - right)
      .map(([status, count]) => `${status}: ${count}`);
    process.stdout.write(
      `  seed ${SEED}: ${at} requests in ${seconds.toFixed(0)} s, slowest ${slowest.toFixed(0)} ms; ${counted.join(', ')}\n` +
        `  ${canaries.size} secrets looked for in ${log.split('\n').length} log lines (${log.length} characters) and the audit\n`,
    );
    expect(wrong).toEqual([]);
    expect(broker.ended).toEqual([]);
    const told = [...canaries].filter(([secret]) => log.includes(secret) || stored.includes(secret));
    expect(told.map(([secret, name]) => `${name}: ${lineWith(log, secret)}`)).toEqual([]);
    expect(at).toBeGreaterThanOrEqual(REQUESTS);
  }, 300_000);

  /** Every door that the gateway's controllers open and that the minter's discovery names. */
  async function nothingLeftOut(good: Good): Promise<void> {
    const tried = everythingAsked(good);
    const routes = routesOfGateway();
    expect(routes.length).toBeGreaterThan(60);
    const untried = routes.filter(
      ({ method, pattern }) => !tried.some((one) => one.method === method && pattern.test(one.path)),
    );
    expect(untried.map(({ method, route }) => `${method} ${route}`)).toEqual([]);
    const discovery = await (await fetch(`${broker.origin}/oidc/.well-known/openid-configuration`)).text();
    const named = [...discovery.matchAll(/"\w+_(?:endpoint|uri)":"([^"]+)"/g)].map(
      ([, url]) => new URL(url ?? '').pathname,
    );
    expect(named.length).toBeGreaterThan(6);
    expect(named.filter((path) => !tried.some((one) => one.path === path))).toEqual([]);
  }

  const doorOf = ({ target }: Raw): URL =>
    MINTER.test(target.split('?')[0] ?? '') ? broker.doors.minter : broker.doors.gateway;

  it('refuse alike: what is wrong with a token is for the log', async () => {
    const visit = async (query: string) => {
      const page = await broker.browser().get(`${CALLBACK}?${query}`);
      return `${page.status} ${page.text.replace(/Reference [0-9A-Z]{8}/, '')}`;
    };
    const query = multipassOf('alike');
    const parts = new URLSearchParams(query);
    const swap = (name: string, value: string) => {
      const other = new URLSearchParams(parts);
      other.set(name, value);
      return other.toString();
    };
    const token = parts.get('multipass') ?? '';
    const answers = await Promise.all([
      visit(swap('signature', 'AAAA')),
      visit(swap('multipass', `${token.slice(0, -8)}AAAAAAA=`)),
      visit(swap('multipass', 'AAAA')),
      visit(`multipass=${encodeURIComponent(token)}`),
    ]);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^403 /);
    // Positive control: unbent, it lets somebody in.
    expect((await broker.browser().get(`${CALLBACK}?${query}`)).location).toBeDefined();
  });
});

function trouble({ status, ms, head, body }: Heard): string | undefined {
  if (status === 0) return 'no answer';
  if (status >= 500) return `status ${status}`;
  if (ms > SLOW_MS) return `slow (${Math.round(ms)} ms)`;
  if (INSIDES.test(body)) return `tells of its insides (${INSIDES.exec(body)?.[0]})`;
  if (/<script>alert/i.test(body)) return 'repeats markup';
  if (/^set-cookie: a=b/im.test(head)) return 'repeats a header';
  if (/^location: .*evil\.test/im.test(head) && !/^location: \S*[?&#]\S*evil\.test/im.test(head))
    return 'leads to a stranger';
  // Node's own parser answers before anybody of ours is asked; so it does to expectations.
  const parsed = status !== 417 && /^(content-length|transfer-encoding|cache-control):/im.test(head);
  if (parsed && !/^x-content-type-options: nosniff/im.test(head)) return 'lacks the headers';
  return undefined;
}

const shown = ({ method, target, headers, body }: Raw): string =>
  `${method} ${target.slice(0, 160)} ${JSON.stringify(headers).slice(0, 400)} ${body.slice(0, 120)}`;

const lineWith = (log: string, secret: string): string =>
  (log.split('\n').find((line) => line.includes(secret)) ?? 'in the audit').replaceAll(secret, '…').slice(0, 300);

async function auditOf(broker: Processes): Promise<string> {
  const owner = new Client({ connectionString: broker.databaseUrl });
  await owner.connect();
  const { rows } = await owner.query<{ row: string }>('select t::text as row from catalog.audit_event t');
  await owner.end();
  return rows.map(({ row }) => row).join('\n');
}
