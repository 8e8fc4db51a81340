/** node bench/many.ts: what a sign-in costs among ten thousand usersources, as a multiple of what it costs without them. */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Client } from 'pg';

import { makeApplications } from '#bench/driver/applications';
import { closeConnections } from '#bench/driver/connection';
import { operations, type Operation } from '#bench/driver/operations';
import { Site } from '#bench/driver/site';
import { compare, type Compared } from '#bench/method/compare';
import { spreadOf } from '#bench/method/statistics';
import { circumstances, preface, writeBetween } from '#bench/report/document';
import { row } from '#bench/report/table';
import { startBroker } from '#bench/subjects/broker';
import type { Subject } from '#bench/subjects/subject';

const MOST = 1.15;
const CHOSEN = ['login', 'login-multipass', 'login-password'];

const { values } = parseArgs({
  options: {
    usersources: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '11' },
    ops: { type: 'string', default: '60' },
    'no-write': { type: 'boolean', default: false },
  },
});

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/**
 * Directories of agents with a domain each: every other one on the very form that agents type their password into, the
 * rest hidden. Nobody of theirs comes. Straight into the table: the admin API judges the whole of it anew for each.
 */
async function fill(database: string, count: number): Promise<void> {
  const client = new Client({ connectionString: database });
  await client.connect();
  try {
    await client.query(
      `insert into catalog.usersource (id, slug, type, brand, audience, label, enabled, sso, display, "order", hintable,
         forward_passive, slo, domains, networks, jit, linking, settings, proven)
       select 'us_many' || n, 'many-' || n, 'ldap', brand, 'agents', 'Company ' || n, true, 'none',
         case when n % 2 = 0 then 'form' else 'hidden' end, 1000 + n, hintable, forward_passive, slo,
         jsonb_build_array('many-' || n || '.test'), networks, jit, linking, '{}'::jsonb, null
       from catalog.usersource, generate_series(1, $1::int) n where slug = 'intranet'`,
      [count],
    );
    await client.query(`insert into catalog.change_log (kind, id) select 'brand', id from catalog.brand`);
  } finally {
    await client.end();
  }
  // The log of changes is looked at every second.
  await wait(2_500);
}

/** Compared with itself, with nothing taken off. */
const asItIs = ({ against: _against, hashes: _hashes, peer: _peer, ...operation }: Operation): Operation => ({
  ...operation,
  goal: MOST,
});

function table(results: readonly Compared[], count: number): string {
  const [none, some] = ['without, CPU ms', `among ${count}, CPU ms`];
  const median = (side: Compared['sides'][number] | undefined): string =>
    spreadOf(side?.rounds ?? []).median.toFixed(2);
  return [
    row(['operation', none, some, 'ratio', 'Redis commands', 'goal', '']),
    row(['---', '---:', '---:', '---:', '---:', '---:', '---']),
    ...results.map(({ title, sides: [few, many], ratios }) => {
      const ratio = ratios['many'];
      if (!ratio) throw new Error('nothing to compare');
      const commands = [few, many].map((side) => side?.redisCommands.toFixed(1)).join(' → ');
      const told = `**${ratio.median.toFixed(2)}** [${ratio.p10.toFixed(2)}–${ratio.p90.toFixed(2)}]`;
      const words = title.replace(/ \(.*\)$/, '');
      return row([words, median(few), median(many), told, commands, `≤ ${MOST}`, ratio.verdict ?? '']);
    }),
  ].join('\n');
}

async function main(): Promise<number> {
  const count = Number(values.usersources);
  const apps = makeApplications();
  const subjects: Subject[] = [];
  try {
    note('starting two of them');
    for (const name of ['few', 'many']) subjects.push({ ...(await startBroker('services', apps.values())), name });
    const { databaseUrl } = subjects[1] ?? {};
    if (databaseUrl === undefined) throw new Error('no database to fill');
    await fill(databaseUrl, count);
    const sites: Site[] = [];
    for (const subject of subjects) sites.push(await Site.open(subject));
    const [few, ...many] = sites;
    if (!few) throw new Error('nothing to compare with');

    const plan = { rounds: Number(values.rounds), ops: Number(values.ops), warm: 400, slots: 8 };
    const results: Compared[] = [];
    for (const operation of operations.filter(({ name }) => CHOSEN.includes(name))) {
      note(operation.name);
      results.push(await compare(asItIs(operation), few, many, apps, plan));
    }
    const where = circumstances('');
    where.command = `node bench/many.ts --usersources ${count}`;
    const text = `${preface(where)}\n\n${table(results, count)}`;
    process.stdout.write(`${text}\n`);
    if (!values['no-write']) writeBetween('many', text);
    return results.some(({ ratios }) => ratios['many']?.verdict === 'missed') ? 1 : 0;
  } finally {
    closeConnections();
    await Promise.all(subjects.map((subject) => subject.stop().catch((error: unknown) => note(String(error)))));
  }
}

process.exitCode = await main();
