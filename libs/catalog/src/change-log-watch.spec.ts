import { ChangeLogWatch } from './change-log-watch.js';

/** A change log as the watch sees it; revisions may be missing. */
function watched(revisions: number[]) {
  const log = { revisions };
  const seen: number[] = [];
  let lost = 0;
  const clock = { now: 0 };
  const watch = new ChangeLogWatch(
    async (text, values = []) => {
      const rows = log.revisions.map((revision) => ({ revision, kind: 'brand', id: 'br_1' }));
      if (!text.includes('lateral')) return { rows: rows.reverse(), count: rows.length };
      const [last, gaps] = values;
      const ends = { oldest: log.revisions[0] ?? null, newest: log.revisions.at(-1) ?? null };
      const found = rows.filter(
        ({ revision }) => revision > Number(last) || (Array.isArray(gaps) && gaps.includes(revision)),
      );
      const none = { revision: null, kind: null, id: null };
      return { rows: (found.length > 0 ? found : [none]).map((row) => ({ ...row, ...ends })), count: 1 };
    },
    () => clock.now,
    (change) => seen.push(change.revision),
    () => (lost += 1),
  );
  return { watch, log, seen, clock, lost: () => lost };
}

describe('watching the change log', () => {
  it('begins at the end and tells what comes after, once', async () => {
    const { watch, log, seen } = watched([1, 2, 3]);
    await watch.look();
    log.revisions.push(4, 5);
    await watch.look();
    await watch.look();
    expect(seen).toEqual([4, 5]);
  });

  it('comes back for revisions that were skipped, also before it began, and not for ever', async () => {
    const { watch, log, seen, clock } = watched([1, 3]);
    await watch.look();
    log.revisions = [1, 2, 3, 6];
    await watch.look();
    log.revisions = [1, 2, 3, 5, 6];
    await watch.look();
    expect(seen).toEqual([2, 6, 5]);
    clock.now = 61_000;
    log.revisions = [1, 2, 3, 4, 5, 6];
    await watch.look();
    expect(seen).toEqual([2, 6, 5]);
  });

  it('forgets everything when the log no longer reaches back to its place, or is another log', async () => {
    const { watch, log, seen, lost } = watched([1, 2, 3]);
    await watch.look();
    expect(lost()).toBe(1);
    log.revisions = [50, 51];
    await watch.look();
    expect([lost(), seen]).toEqual([2, []]);
    log.revisions = [7];
    await watch.look();
    expect(lost()).toBe(3);
    log.revisions = [7, 8];
    await watch.look();
    expect(seen).toEqual([8]);
  });
});
