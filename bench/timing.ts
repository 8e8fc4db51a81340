/** node bench/timing.ts: whether the sign-in page's answer comes sooner or later for a name that somebody has (PWD-002). */
import { randomBytes, randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

import type { Browser } from '#bench/driver/browser';
import { closeConnections } from '#bench/driver/connection';
import { fillSignIn } from '#bench/driver/form';
import { Site } from '#bench/driver/site';
import { quantile, spreadOf } from '#bench/method/statistics';
import { circumstances, preface, writeBetween } from '#bench/report/document';
import { row } from '#bench/report/table';
import { startBroker } from '#bench/subjects/broker';

const { values } = parseArgs({
  options: {
    tries: { type: 'string', default: '2000' },
    'no-write': { type: 'boolean', default: false },
  },
});

const GOAL_MS = 5;
/** Free tries of one name: none of them waits, and none is refused unhashed. */
const PER_NAME = 20;
const DOOR = '/agent/?sso=off';
const WRONG = 'not the password 51 of anybody';
const KINDS = ['unknown', 'known', 'known, others', 'refused unhashed'] as const;
type Kind = (typeof KINDS)[number];

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** As many letters in each, so that nothing but the account makes a difference. */
const nameOf = (kind: Kind, person: number): string => {
  const first = { unknown: 'nobody', known: 'regina', 'known, others': 'ottoka', 'refused unhashed': 'x'.repeat(330) };
  return `${first[kind]}.${String(person).padStart(4, '0')}@acme.test`;
};

/** Every try from an address of its own (RFC 2544's), as through a proxy: the throttle counts it, and has no reason to step in. */
let address = 0;
const nextAddress = (): string => {
  address += 1;
  return `198.18.${address >> 8}.${address & 255}`;
};

async function tryOnce(browser: Browser, origin: string, page: string, kind: Kind, person: number): Promise<number> {
  const { action, body } = fillSignIn(page, nameOf(kind, person), WRONG);
  const since = process.hrtime.bigint();
  const answer = await browser.go(new URL(action, origin), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': nextAddress() },
    body,
  });
  const took = Number(process.hrtime.bigint() - since) / 1e6;
  const expected = kind === 'refused unhashed' ? 400 : 422;
  if (answer.status !== expected) throw new Error(`${kind}: ${answer.status} instead of ${expected}`);
  return took;
}

/** Where the difference of the medians lies, in 95 of 100 drawings from what was seen. */
function interval(some: readonly number[], others: readonly number[]): [number, number] {
  const drawn = (from: readonly number[]): number =>
    quantile(
      from.map(() => from[randomInt(from.length)] ?? Number.NaN),
      0.5,
    );
  const differences = Array.from({ length: 400 }, () => drawn(some) - drawn(others));
  return [quantile(differences, 0.025), quantile(differences, 0.975)];
}

/** How likely two samples of one distribution differ as much as these (Kolmogorov and Smirnov); near 0: they are of two. */
function likeness(some: readonly number[], others: readonly number[]): number {
  const [a, b] = [some.toSorted((x, y) => x - y), others.toSorted((x, y) => x - y)];
  let [i, j, apart] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    while ((a[i] ?? Infinity) <= next) i += 1;
    while ((b[j] ?? Infinity) <= next) j += 1;
    apart = Math.max(apart, Math.abs(i / a.length - j / b.length));
  }
  const root = Math.sqrt((a.length * b.length) / (a.length + b.length));
  const lambda = (root + 0.12 + 0.11 / root) * apart;
  // The series does not converge for samples that are all but equal.
  if (lambda < 0.2) return 1;
  const terms = Array.from({ length: 100 }, (_, k) => (k % 2 === 0 ? 1 : -1) * Math.exp(-2 * ((k + 1) * lambda) ** 2));
  return Math.min(1, Math.max(0, 2 * terms.reduce((sum, term) => sum + term, 0)));
}

async function main(): Promise<number> {
  const tries = Number(values.tries);
  const people = Math.ceil(tries / PER_NAME);
  note('starting');
  const subject = await startBroker('services', [], { env: { TRUSTED_PROXIES: '127.0.0.1/32' } });
  try {
    if (!subject.broker) throw new Error('nothing to ask');
    const password = randomBytes(18).toString('base64url');
    for (let person = -1; person < people; person += 1)
      for (const kind of ['known', 'known, others'] as const)
        await subject.broker.addAgent(nameOf(kind, person), password);
    const site = await Site.open(subject);
    const browser = site.browser();
    const page = await browser.go(new URL(DOOR, subject.origin));
    const once = (kind: Kind, person: number): Promise<number> =>
      tryOnce(browser, subject.origin, page.body, kind, person);
    // Person -1 is for what the first tries of a process pay: connections, compilation, caches.
    for (let warm = 0; warm < PER_NAME; warm += 1) for (const kind of KINDS) await once(kind, -1);

    const took = new Map<Kind, number[]>(KINDS.map((kind) => [kind, []]));
    for (let at = 0; at < tries; at += 1) {
      if (at % 200 === 0) note(`${at} of ${tries}`);
      // In turns, and in another order each time: what disturbs the machine disturbs all alike.
      const order = [...KINDS];
      while (order.length > 0) {
        const [kind] = order.splice(randomInt(order.length), 1);
        if (kind) took.get(kind)?.push(await once(kind, at % people));
      }
    }

    const known = took.get('known') ?? [];
    const lines = KINDS.map((kind) => {
      const seen = took.get(kind) ?? [];
      const { median, p10, p90 } = spreadOf(seen);
      const [low, high] = interval(seen, known);
      const ms = (value: number): string => value.toFixed(2);
      const difference = median - spreadOf(known).median;
      const p = likeness(seen, known);
      const cells =
        kind === 'known'
          ? ['', '']
          : [`${ms(difference)} [${ms(low)} to ${ms(high)}]`, p < 0.001 ? '< 0.001' : p.toFixed(3)];
      return {
        kind,
        difference,
        text: row([kind, String(seen.length), `${ms(median)} [${ms(p10)}–${ms(p90)}]`, ...cells]),
      };
    });
    const differenceOf = (kind: Kind): number =>
      Math.abs(lines.find((line) => line.kind === kind)?.difference ?? Number.NaN);
    // The stopwatch sees what is there to be seen: an answer without a hash.
    if (!(differenceOf('refused unhashed') > GOAL_MS)) throw new Error('not even a missing hash shows: not measured');
    const met = differenceOf('unknown') < GOAL_MS;

    const where = circumstances('');
    where.command = `node bench/timing.ts --tries ${tries}`;
    const text = [
      preface(where),
      [
        row([
          'name',
          'tries',
          'answer after, ms (median, 10–90 %)',
          'median less that of known names, ms (95 %)',
          'p, Kolmogorov–Smirnov',
        ]),
        row(['---', '---:', '---:', '---:', '---:']),
        ...lines.map(({ text: line }) => line),
      ].join('\n'),
      `Goal: unknown and known names differ by less than ${GOAL_MS} ms in the median: **${met ? 'met' : 'missed'}**.`,
    ].join('\n\n');
    process.stdout.write(`${text}\n`);
    if (!values['no-write']) writeBetween('timing', text);
    return met ? 0 : 1;
  } finally {
    closeConnections();
    await subject.stop();
  }
}

process.exitCode = await main();
