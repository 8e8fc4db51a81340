export interface Spread {
  median: number;
  p10: number;
  p90: number;
}

/** Linear between neighbours, so that nine rounds give more than nine answers. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export const spreadOf = (values: readonly number[]): Spread => ({
  median: quantile(values, 0.5),
  p10: quantile(values, 0.1),
  p90: quantile(values, 0.9),
});

/** Round by round: what disturbs the machine disturbs both neighbours. */
export const ratios = (ours: readonly number[], theirs: readonly number[]): number[] =>
  ours.map((value, round) => value / (theirs[round] ?? Number.NaN));

export type Verdict = 'met' | 'missed' | 'unclear';

/** A miss only when the whole interval lies on the bad side: a median that misses alone asks for more rounds. */
export function judge(spread: Spread, goal: number): Verdict {
  if (spread.median <= goal) return 'met';
  return spread.p10 > goal ? 'missed' : 'unclear';
}
