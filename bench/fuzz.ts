/** node bench/fuzz.ts: nonsense at every endpoint of gateway and minter. Nothing may fail, and no log line may tell. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

import { makeApplications, REDIRECT } from '#bench/driver/applications';
import { closeConnections } from '#bench/driver/connection';
import { Multipass } from '#bench/driver/multipass';
import { Site } from '#bench/driver/site';
import { Random } from '#bench/fuzz/random';
import { generate, type Valid } from '#bench/fuzz/requests';
import { send, type Raw } from '#bench/fuzz/wire';
import { circumstances, preface, writeBetween } from '#bench/report/document';
import { startBroker } from '#bench/subjects/broker';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    slots: { type: 'string', default: '12' },
    'no-write': { type: 'boolean', default: false },
  },
});

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const SLOW_MS = 5_000;
/** A path is no secret: log lines hold it. */
const CONTROL = 'control';

/** What no log line may hold, and by what name to report it. */
class Canaries {
  readonly #secrets = new Map<string, string>();
  readonly found = new Map<string, string>();
  #tail = '';
  lines = 0;

  plant(name: string, secret: string): void {
    // Short pieces of anything are in everything.
    if (secret.length >= 12) this.#secrets.set(secret, name);
  }

  hear(text: string): void {
    const lines = (this.#tail + text).split('\n');
    this.#tail = lines.pop() ?? '';
    this.lines += lines.length;
    for (const [secret, name] of this.#secrets) {
      const line = lines.find((one) => one.includes(secret));
      if (line !== undefined && !this.found.has(name))
        this.found.set(name, line.replaceAll(secret, `<${name}>`).slice(0, 400));
    }
  }
}

async function main(): Promise<number> {
  const apps = makeApplications();
  const canaries = new Canaries();
  for (const { name, secret } of apps.values()) canaries.plant(`client_secret of ${name}`, secret);
  note('starting');
  const subject = await startBroker('services', apps.values(), {
    onOutput: (text) => canaries.hear(text),
    // Whoever looks for trouble turns this on, and sends the output to somebody.
    env: { LOG_LEVEL: 'trace' },
  });
  try {
    const { broker } = subject;
    const web = apps.get('web-es256');
    if (!broker || !web) throw new Error('nothing to ask');
    canaries.plant(CONTROL, '/oidc/token/introspection');
    canaries.plant('apiKey', broker.apiKey);
    canaries.plant('password', broker.agent.password);
    const site = await Site.open(subject);
    const multipass = await Multipass.open(broker, subject.origin);
    const browser = site.browser();
    const tokens = await site.login(web, browser, { upstream: multipass });
    canaries.plant('access token', tokens.access_token);
    canaries.plant('refresh token', tokens.refresh_token ?? '');
    canaries.plant('id_token', tokens.id_token ?? '');
    for (const value of browser.cookieValues()) canaries.plant('cookie', value);

    const authorization = new URLSearchParams({
      client_id: web.name,
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'openid profile email',
      state: 'state-of-the-fuzzer',
      nonce: 'nonce-of-the-fuzzer',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWjxWMBDrGZhI',
      code_challenge_method: 'S256',
      prompt: 'login',
      max_age: '10',
      login_hint: broker.agent.name,
      ui_locales: 'en de',
      id_token_hint: tokens.id_token ?? '',
    }).toString();
    const walks: { id: string; cookie: string }[] = [];
    const openWalk = async (): Promise<void> => {
      const other = site.browser();
      const answer = await other.go(new URL(`${site.endpoints.authorization_endpoint}?${authorization}`));
      const id = /\/sign-in\/([^/?]+)/.exec(answer.headers.location ?? '')?.[1];
      if (id !== undefined) walks.push({ id, cookie: other.cookieHeader() });
    };
    await openWalk();

    const secretsOf = (query: string): string => {
      for (const value of new URLSearchParams(query).values()) canaries.plant('multipass', value);
      return query;
    };
    const random = new Random(Number(values.seed));
    const walk = () => walks[random.below(walks.length)];
    // Each is planted before it is sent, and kept for a while: a repeated one is worth asking too.
    let token = secretsOf(multipass.callback().search.slice(1));
    const valid: Valid = {
      host: new URL(subject.origin).host,
      origin: subject.origin,
      authorization: () => authorization,
      multipass: () => {
        if (random.chance(0.02)) token = secretsOf(multipass.callback().search.slice(1));
        return token;
      },
      cookie: () => (random.chance(0.5) ? browser.cookieHeader() : (walk()?.cookie ?? '')),
      transaction: () => walk()?.id ?? 'x'.repeat(43),
      basic: `Basic ${Buffer.from(`${web.name}:${web.secret}`).toString('base64')}`,
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token ?? '',
      idToken: tokens.id_token ?? '',
      password: broker.agent.password,
      name: broker.agent.name,
    };
    canaries.plant('basic credentials', valid.basic.slice(6));

    const total = Number(values.requests);
    const statuses = new Map<number, number>();
    const failed: { raw: Raw; status: number; head: string }[] = [];
    let slow = 0;
    let sent = 0;
    const work = async (): Promise<void> => {
      while (sent < total) {
        sent += 1;
        if (sent % 500 === 0) await openWalk();
        if (sent % 5_000 === 0) note(`${sent} sent, ${failed.length} failed`);
        const raw = generate(random, valid);
        const heard = await send(subject.door(raw.target.split('?')[0] ?? '/'), raw);
        statuses.set(heard.status, (statuses.get(heard.status) ?? 0) + 1);
        if (heard.status >= 500 || heard.status === 0) failed.push({ raw, ...heard });
        if (heard.ms > SLOW_MS) slow += 1;
      }
    };
    const since = Date.now();
    await Promise.all(Array.from({ length: Number(values.slots) }, work));
    const seconds = (Date.now() - since) / 1000;

    // Positive controls: the scan finds what is logged, and after all that it still lets somebody in.
    await site.login(web, site.browser(), { upstream: multipass });
    if (!canaries.found.delete(CONTROL)) throw new Error('the scan of log lines finds nothing');

    for (const { raw, status, head } of failed.slice(0, 30)) {
      note(
        `${status}: ${raw.method} ${raw.target.slice(0, 200)}\n  ${JSON.stringify(raw.headers).slice(0, 600)}\n  ${raw.body.slice(0, 200)}`,
      );
      note(`  → ${head.slice(-300).replaceAll(/\r?\n/g, ' ')}`);
    }
    for (const [name, line] of canaries.found) note(`in a log line: ${name}: ${line}`);

    const where = circumstances('');
    where.command = `node bench/fuzz.ts --requests ${total} --seed ${values.seed}`;
    const counted = [...statuses]
      .toSorted(([a], [b]) => a - b)
      .map(([status, count]) => `${status || 'no answer'}: ${count}`);
    const text = [
      preface(where),
      `${total} requests in ${seconds.toFixed(0)} s to gateway and minter. Answers by status: ${counted.join(', ')}.`,
      `5xx or no answer: **${failed.length}**. Slower than ${SLOW_MS / 1000} s: ${slow}. ` +
        `Planted secrets found in ${canaries.lines} log lines (level trace): **${canaries.found.size}**. A sign-in afterwards works.`,
    ].join('\n\n');
    process.stdout.write(`${text}\n`);
    if (!values['no-write']) writeBetween('fuzz', text);
    return failed.length > 0 || canaries.found.size > 0 ? 1 : 0;
  } finally {
    closeConnections();
    await subject.stop();
  }
}

process.exitCode = await main();
