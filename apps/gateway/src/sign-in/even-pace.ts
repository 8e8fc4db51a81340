import { setTimeout as sleep } from 'node:timers/promises';

/** A directory near by answers well within one. */
const PACE_MS = 400;

/**
 * Where several usersources share the form, or the one is an upstream's, a refusal waits for the next beat: how many of
 * them were asked, and so which of them knows the name, is not to be read from the time it took, nor whether a
 * directory had a hash to compute (PWD-002).
 */
export async function untilTheBeat(began: number, now: () => number = () => performance.now()): Promise<void> {
  const late = (now() - began) % PACE_MS;
  await sleep(PACE_MS - late);
}
