import { availableParallelism } from 'node:os';

import { hash, verify } from '@node-rs/argon2';

import type { Application, ApplicationName } from '#bench/driver/applications';
import { operations, type Once, type Operation } from '#bench/driver/operations';
import type { Site } from '#bench/driver/site';
import { judge, ratios, spreadOf, type Spread, type Verdict } from '#bench/method/statistics';
import type { Subject } from '#bench/subjects/subject';

export interface Plan {
  rounds: number;
  ops: number;
  warm: number;
  slots: number;
}

export interface Side {
  subject: string;
  /** CPU ms per operation and round; what is reported aside is not in it. */
  rounds: number[];
  /** Median CPU ms per operation of each process. */
  processes: Record<string, number>;
  requests: number;
  redisCommands: number;
}

export interface Compared {
  operation: string;
  title: string;
  goal?: number;
  against: string;
  rounds: number;
  opsPerRound: number;
  sides: Side[];
  /** Ours by name, each against the baseline of the same round. */
  ratios: Record<string, Spread & { verdict?: Verdict }>;
  /** Ours by name, each against the other product of the same round. */
  againstPeer?: { peer: string; ratios: Record<string, Spread & { verdict: Verdict }> };
  /** One argon2id verify, CPU ms, where it was taken off. */
  hashMs?: number;
}

type Apps = ReadonlyMap<ApplicationName, Application>;

interface Runner {
  subject: Subject;
  once: Once;
  side: Side;
  asides: Record<string, number[]>;
}

const find = (name: string): Operation => {
  const found = operations.find((operation) => operation.name === name);
  if (!found) throw new Error(`no operation ${name}`);
  return found;
};

/** All sides in turn, round after round; once more with twice the rounds when the answer is unclear. */
export async function compare(
  operation: Operation,
  baseline: Site,
  ours: Site[],
  apps: Apps,
  plan: Plan,
): Promise<Compared> {
  const compared = await measure(operation, baseline, ours, apps, plan);
  const unclear = Object.values(compared.ratios).some(({ verdict }) => verdict === 'unclear');
  return unclear ? measure(operation, baseline, ours, apps, { ...plan, rounds: plan.rounds * 2 }) : compared;
}

async function measure(operation: Operation, baseline: Site, ours: Site[], apps: Apps, plan: Plan): Promise<Compared> {
  const against = operation.against ?? operation.name;
  const opsPerRound = Math.max(1, Math.round(plan.ops * operation.times));
  const runners = [
    await open(find(against), baseline, apps, plan),
    ...(await sequentially(
      ours.filter(({ subject }) => subject.broker !== undefined || subject.name === operation.peer),
      (site) => open(operation, site, apps, plan),
    )),
  ];
  const hashes: number[] = [];
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const runner of runners) await runRound(runner, opsPerRound, plan.slots);
    if (operation.hashes) hashes.push(await oneHash());
  }
  const hashMs = operation.hashes ? spreadOf(hashes).median : undefined;
  const [base, ...others] = runners;
  if (!base) throw new Error('no baseline');
  const compared: Compared = {
    operation: operation.name,
    title: operation.title,
    against,
    rounds: plan.rounds,
    opsPerRound,
    sides: runners.map(sideOf),
    ratios: Object.fromEntries(
      others.map(({ side }) => {
        const cost = side.rounds.map((value) => value - (hashMs ?? 0));
        const spread = spreadOf(ratios(cost, base.side.rounds));
        // A goal is for us; the other product is beside us to be compared with.
        const ours = side.subject !== operation.peer;
        return [
          side.subject,
          { ...spread, ...(operation.goal === undefined || !ours ? {} : { verdict: judge(spread, operation.goal) }) },
        ];
      }),
    ),
  };
  if (operation.goal !== undefined) compared.goal = operation.goal;
  const rival = others.find(({ side }) => side.subject === operation.peer);
  if (rival) compared.againstPeer = againstPeer(rival, others);
  if (hashMs !== undefined) compared.hashMs = hashMs;
  return compared;
}

/** No dearer than who does the same. */
const PEER_GOAL = 1;

function againstPeer(rival: Runner, others: readonly Runner[]): NonNullable<Compared['againstPeer']> {
  const entries = others
    .filter((runner) => runner !== rival)
    .map(({ side }): [string, Spread & { verdict: Verdict }] => {
      const spread = spreadOf(ratios(side.rounds, rival.side.rounds));
      return [side.subject, { ...spread, verdict: judge(spread, PEER_GOAL) }];
    });
  return { peer: rival.side.subject, ratios: Object.fromEntries(entries) };
}

async function open(operation: Operation, site: Site, apps: Apps, plan: Plan): Promise<Runner> {
  const once = await operation.prepare(site, apps, plan.slots);
  const warm = Math.max(
    plan.slots,
    Math.round(plan.warm * Math.min(1, operation.times * (operation.hashes ? 0.5 : 1))),
  );
  await repeat(once, warm, plan.slots);
  // Counted once, apart from the rounds: asking costs Redis something too.
  const counted = 40;
  const before = await site.subject.redisCommands();
  const requests = await repeat(once, counted, plan.slots);
  const commands = (await site.subject.redisCommands()) - before;
  const side: Side = {
    subject: site.subject.name,
    rounds: [],
    processes: {},
    requests: requests / counted,
    redisCommands: commands / counted,
  };
  return { subject: site.subject, once, side, asides: {} };
}

/** What is still written after the last answer (audit, logs) belongs to the round. */
const SETTLE_MS = 60;

async function runRound({ subject, once, side, asides }: Runner, ops: number, slots: number): Promise<void> {
  const before = subject.processes.map((process) => process.cpu());
  await repeat(once, ops, slots);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const spent = subject.processes.map((process, index) => (process.cpu() - (before[index] ?? 0)) / ops);
  side.rounds.push(spent.reduce((sum, value, index) => (subject.processes[index]?.aside ? sum : sum + value), 0));
  subject.processes.forEach(({ name }, index) => (asides[name] ??= []).push(spent[index] ?? 0));
}

const sideOf = ({ side, asides }: Runner): Side => ({
  ...side,
  processes: Object.fromEntries(Object.entries(asides).map(([name, values]) => [name, spreadOf(values).median])),
});

/** Runs it `count` times in so many slots; answers the requests it took. */
async function repeat(once: Once, count: number, slots: number): Promise<number> {
  let left = count;
  let requests = 0;
  const work = async (slot: number): Promise<void> => {
    while (left > 0) {
      left -= 1;
      // Not `+=` around an await: it would add to what was there before the other slots.
      const took = await once(slot);
      requests += took;
    }
  };
  await Promise.all(Array.from({ length: slots }, (_, slot) => work(slot)));
  return requests;
}

async function sequentially<In, Out>(values: readonly In[], work: (value: In) => Promise<Out>): Promise<Out[]> {
  const done: Out[] = [];
  for (const value of values) done.push(await work(value));
  return done;
}

const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
let kept: Promise<string> | undefined;

/** CPU ms of one verify with the broker's parameters, in this process, as disturbed as the rounds around it. */
async function oneHash(): Promise<number> {
  const hashed = await (kept ??= hash('correct horse battery staple', ARGON2ID));
  const times = 10;
  const before = process.cpuUsage();
  // As many side by side as the broker hashes at once: they share the memory's bandwidth, and get dearer by it.
  const work = async (): Promise<void> => {
    for (let time = 0; time < times / availableParallelism(); time += 1) {
      await verify(hashed, 'correct horse battery staple');
      done += 1;
    }
  };
  let done = 0;
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / done;
}
