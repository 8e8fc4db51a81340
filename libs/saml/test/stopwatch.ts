import { performance } from 'node:perf_hooks';

/**
 * Milliseconds that `work` holds the event loop up: the least of three runs when the first is long, because a stall
 * comes back every time and a neighbour's work on this machine does not.
 */
export function stallOf(work: () => void, long: number): number {
  const once = (): number => {
    const began = performance.now();
    work();
    return performance.now() - began;
  };
  const first = once();
  return first < long ? first : Math.min(first, once(), once());
}
