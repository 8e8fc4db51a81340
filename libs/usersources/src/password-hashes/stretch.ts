import { setImmediate as breathe } from 'node:timers/promises';

/** About a millisecond of SHA-512, then everybody else's turn. */
const AT_ONCE = 512;

/**
 * Many rounds of a digest that Node runs on its one thread: in slices, so that a sign-in whose hash has half a million
 * rounds takes long itself and holds up nobody else.
 */
export async function stretch(rounds: number, from: Buffer, round: (last: Buffer, index: number) => Buffer) {
  let last = from;
  for (let index = 0; index < rounds; index += 1) {
    if (index % AT_ONCE === AT_ONCE - 1) await breathe();
    last = round(last, index);
  }
  return last;
}
