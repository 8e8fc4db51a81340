/** node bench/start.ts: how soon the broker is there, and what it holds while nobody comes. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { makeApplications } from '#bench/driver/applications';
import { cpuOf, memoryOf } from '#bench/method/cpu';
import { judge, spreadOf, type Spread } from '#bench/method/statistics';
import { circumstances, preface, writeBetween } from '#bench/report/document';
import { row } from '#bench/report/table';
import { startProvider } from '#bench/subjects/baseline';
import { clear, layGround, standalone, type Ground } from '#bench/subjects/broker';
import { freePort, type Program } from '#bench/subjects/servers';

const COLD_START_MS = 3_000;
const IDLE_MB = 250;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    idle: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
    'no-write': { type: 'boolean', default: false },
  },
});

interface Started {
  what: string;
  readyMs: Spread;
  cpuMs: Spread;
  rssMb: Spread;
  pssMb: Spread;
}

/** Starts it again and again, each time after the last one has ended; memory is that of the last ones, when idle. */
async function measure(what: string, start: () => Promise<Program>): Promise<Started> {
  const runs = Number(values.runs);
  const idleRuns = Math.min(3, runs);
  const seen = { readyMs: [] as number[], cpuMs: [] as number[], rssMb: [] as number[], pssMb: [] as number[] };
  for (let run = 0; run < runs; run += 1) {
    const program = await start();
    seen.readyMs.push(program.readyMs);
    seen.cpuMs.push(cpuOf(program.pid));
    if (run >= runs - idleRuns) {
      await wait(Number(values.idle) * 1_000);
      const { rssMb, pssMb } = memoryOf(program.pid);
      seen.rssMb.push(rssMb);
      seen.pssMb.push(pssMb);
    }
    await program.stop();
  }
  return {
    what,
    readyMs: spreadOf(seen.readyMs),
    cpuMs: spreadOf(seen.cpuMs),
    rssMb: spreadOf(seen.rssMb),
    pssMb: spreadOf(seen.pssMb),
  };
}

/** The ports it was given last time must be free again. */
async function freed({ ports }: Ground): Promise<void> {
  for (const port of Object.values(ports)) {
    for (let look = 0; look < 100; look += 1) {
      const socket = createConnection(port, '127.0.0.1');
      const refused = await Promise.race([
        once(socket, 'connect').then(() => false),
        once(socket, 'error').then(() => true),
      ]).catch(() => true);
      socket.destroy();
      if (refused) break;
      await wait(50);
    }
  }
}

async function main(): Promise<number> {
  const ground = await layGround();
  try {
    const demoPorts = { HELP_DESK_PORT: String(await freePort()), INTRANET_PORT: String(await freePort()) };
    // The first start migrates the database and makes the keys: it is not the one that is meant.
    await (await standalone(ground)).stop();
    const results = [
      await measure(
        'bare oidc-provider (B0)',
        async () => (await startProvider(makeApplications().values(), ground.redis.url)).server,
      ),
    ];
    for (const demo of ['0', '1']) {
      results.push(
        await measure(`standalone, DEMO=${demo}`, async () => {
          await freed(ground);
          return standalone(ground, { DEMO: demo, ...demoPorts });
        }),
      );
    }
    const where = circumstances('');
    where.command = 'node bench/start.ts';
    const broker = results.filter(({ what }) => what.startsWith('standalone'));
    const cell = ({ median, p10, p90 }: Spread, digits = 0): string =>
      `${median.toFixed(digits)} [${p10.toFixed(digits)}–${p90.toFixed(digits)}]`;
    const text = [
      preface(where),
      [
        row(['process', 'to the ready line, ms', 'CPU till then, ms', 'RSS idle, MB', 'PSS idle, MB']),
        row(['---', '---:', '---:', '---:', '---:']),
        ...results.map(({ what, readyMs, cpuMs, rssMb, pssMb }) =>
          row([what, cell(readyMs), cell(cpuMs), cell(rssMb), cell(pssMb)]),
        ),
      ].join('\n'),
      `Goals: ready within ${COLD_START_MS / 1000} s: ${broker.map(({ readyMs }) => judge(readyMs, COLD_START_MS)).join(', ')}; ` +
        `at most ${IDLE_MB} MB idle (RSS): ${broker.map(({ rssMb }) => judge(rssMb, IDLE_MB)).join(', ')}.`,
    ].join('\n\n');
    process.stdout.write(values.json ? `${JSON.stringify({ ...where, results }, null, 2)}\n` : `${text}\n`);
    if (!values['no-write']) writeBetween('start', text);
    return broker.some(
      ({ readyMs, rssMb }) => judge(readyMs, COLD_START_MS) === 'missed' || judge(rssMb, IDLE_MB) === 'missed',
    )
      ? 1
      : 0;
  } finally {
    await clear(ground);
  }
}

process.exitCode = await main();
