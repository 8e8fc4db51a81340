import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time in ms that a process has used, all threads: what `process.cpuUsage()` would answer inside it, but asked
 * from outside, so that the product needs no door for it and Redis is measured by the same clock. The scheduler counts
 * nanoseconds; `utime`+`stime` of /proc/PID/stat count hundredths of a second, which is half a round.
 */
export function cpuOf(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      // A thread that ended meanwhile. Node and Redis keep theirs.
    }
  }
  return nanoseconds / 1e6;
}

/** A process and all below it: Postgres works in children. */
export function family(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
  return [pid, ...children.flatMap(family)];
}

/** Of a whole family; who has died since the last look took its figure along, so ask before and after something short. */
export const cpuOfFamily = (pid: number): number => family(pid).reduce((sum, member) => sum + cpuOf(member), 0);

export interface Memory {
  rssMb: number;
  pssMb: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kilobytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
  return { rssMb: kilobytes('Rss') / 1024, pssMb: kilobytes('Pss') / 1024 };
}
