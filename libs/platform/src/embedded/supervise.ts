import { setTimeout as wait } from 'node:timers/promises';

import type { Logger } from '../log.js';
import type { Running } from './tied-process.js';

const FIRST_TRIES = 5;
const SHORTEST_MS = 100;
const LONGEST_MS = 5000;
const STEADY_MS = 60_000;

export interface Supervised {
  /** Of the present incarnation. */
  pid(): number;
  stop(): Promise<void>;
}

/** Starts a server, and starts it again whenever it ends unasked: at once, then ever more slowly. */
export async function supervise(name: string, log: Logger, launch: () => Promise<Running>): Promise<Supervised> {
  const stopping = new AbortController();
  let running = await firstLaunch(launch);

  const keep = async (): Promise<void> => {
    let pause = SHORTEST_MS;
    while (!stopping.signal.aborted) {
      const since = performance.now();
      const how = await running.ended;
      if (stopping.signal.aborted) return;
      if (performance.now() - since > STEADY_MS) pause = SHORTEST_MS;
      log.error({ server: name, how }, `embedded ${name} ended unasked; starting it again`);
      for (;;) {
        await wait(pause, undefined, { signal: stopping.signal });
        pause = Math.min(2 * pause, LONGEST_MS);
        try {
          running = await launch();
          log.warn({ server: name }, `embedded ${name} is back`);
          break;
        } catch (error) {
          log.error({ server: name, error: String(error) }, `embedded ${name} does not come back yet`);
        }
      }
    }
  };
  const kept = keep().catch(() => undefined); // Only the abort of the pause ends up here.

  return {
    pid: () => running.pid,
    stop: async () => {
      stopping.abort();
      await running.stop();
      await kept;
      await running.stop(); // It may have come back in between.
    },
  };
}

// A predecessor taken by SIGKILL may hold its shared memory for a moment, and a free port may be lost to another.
async function firstLaunch(launch: () => Promise<Running>): Promise<Running> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch();
    } catch (error) {
      if (attempt === FIRST_TRIES) throw error;
      await wait(SHORTEST_MS * attempt);
    }
  }
}
