import type { Compared } from '#bench/method/compare';
import type { Spread, Verdict } from '#bench/method/statistics';

const ratio = (spread: Spread): string =>
  `**${spread.median.toFixed(2)}** [${spread.p10.toFixed(2)}–${spread.p90.toFixed(2)}]`;

const SAID: Record<Verdict, string> = { met: 'met', missed: 'MISSED', unclear: 'unclear' };

const verdicts = (compared: Compared): string => {
  const all = Object.values(compared.ratios).flatMap(({ verdict }) => (verdict ? [SAID[verdict]] : []));
  return new Set(all).size <= 1 ? (all[0] ?? '') : all.join(' / ');
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The ratios, one line per operation. */
export function ratioTable(results: readonly Compared[]): string {
  const names = Object.keys(results[0]?.ratios ?? {});
  return [
    row([
      'operation',
      'B0, CPU ms',
      ...names.map((name) => `${name}, CPU ms`),
      ...names.map((name) => `${name} : B0`),
      'goal',
      '',
    ]),
    row(['---', '---:', ...names.flatMap(() => ['---:', '---:']), '---:', '---']),
    ...results.map((compared) => {
      const [base, ...ours] = compared.sides;
      const other = compared.against === compared.operation ? '' : ` (against B0's ${compared.against})`;
      const off = compared.hashMs ?? 0;
      return row([
        compared.title + other,
        median(base?.rounds ?? []).toFixed(3),
        ...names.map((name) => median(ours.find(({ subject }) => subject === name)?.rounds ?? []).toFixed(3)),
        ...names.map((name) => {
          const spread = compared.ratios[name];
          return spread ? ratio(spread) : '';
        }),
        compared.goal === undefined ? '' : `≤ ${compared.goal.toFixed(2)}`,
        verdicts(compared) + (off > 0 ? `one verify: ${off.toFixed(1)} ms` : ''),
      ]);
    }),
  ].join('\n');
}

/** Beside other products, where one does the same. Empty when none was measured. */
export function peerTable(results: readonly Compared[]): string {
  const lines = results.flatMap(({ title, againstPeer }) =>
    againstPeer === undefined
      ? []
      : Object.entries(againstPeer.ratios).map(([name, spread]) =>
          row([title, `${name} : ${againstPeer.peer}`, ratio(spread), '≤ 1.00', SAID[spread.verdict]]),
        ),
  );
  if (lines.length === 0) return '';
  return [row(['operation', 'sides', 'CPU', 'goal', '']), row(['---', '---', '---:', '---:', '---']), ...lines].join(
    '\n',
  );
}

/** Who spends it: medians per process, requests and Redis commands per operation. */
export function shareTable(results: readonly Compared[]): string {
  return [
    row(['operation', 'side', 'CPU ms by process', 'requests', 'Redis commands']),
    row(['---', '---', '---', '---:', '---:']),
    ...results.flatMap((compared) =>
      compared.sides.map((side) =>
        row([
          side.subject === 'B0' ? compared.against : compared.operation,
          side.subject,
          Object.entries(side.processes)
            .map(([name, ms]) => `${name} ${ms.toFixed(3)}`)
            .join(', '),
          side.requests.toFixed(0),
          side.redisCommands.toFixed(1),
        ]),
      ),
    ),
  ].join('\n');
}
