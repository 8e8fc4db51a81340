import type { PendingChange } from '@passbroker/catalog';
import { checkChange, mergePatch, type SnapshotInput } from '@passbroker/usersource-policy';
import { fingerprint } from '../policies/fingerprint.js';

type Brands = NonNullable<SnapshotInput['brands']>;
type Source = NonNullable<Brands[string]['usersources']>[string];

/**
 * Whether a change leaves the admins a way in also when the waiting one is taken back after it: each of two may be
 * harmless as long as the other stands.
 */
export function survivesRollback(snapshot: SnapshotInput, patch: unknown, waiting: PendingChange): boolean {
  const before = takenBack(snapshot, waiting);
  const after = takenBack(asSnapshot(mergePatch(snapshot, patch)), waiting);
  const check = checkChange(before, { admins: after.admins, brands: replaced(before.brands, after.brands) });
  return check.accepted || !check.errors.includes('admin.no_way_in');
}

function takenBack(snapshot: SnapshotInput, waiting: PendingChange): SnapshotInput {
  const brands: Brands = Object.fromEntries(
    Object.entries(snapshot.brands ?? {}).map(([name, brand]) => {
      const usersources: Record<string, Source> = Object.fromEntries(
        Object.entries(brand.usersources ?? {}).map(([slug, source]) => [
          slug,
          Object.hasOwn(waiting.before, slug) ? earlier(source, waiting.before[slug]) : source,
        ]),
      );
      return [name, { ...brand, usersources }];
    }),
  );
  return { ...snapshot, brands };
}

function earlier(source: Source, was: PendingChange['before'][string] | undefined): Source {
  if (!was) return source;
  const { settings, jit, ...members } = was.members;
  const said = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  return {
    ...source,
    ...said,
    ...(jit && { jit: jit.create }),
    ...(settings && { settings: fingerprint(settings), proven: was.provenAt !== null }),
  };
}

/** As a merge patch that also takes away what is gone. */
function replaced(before: Brands = {}, after: Brands = {}): unknown {
  const brands = Object.entries(after).map(([name, brand]) => {
    const gone = nothing(before[name]?.usersources);
    return [name, { ...brand, usersources: { ...gone, ...brand.usersources } }] as const;
  });
  return { ...nothing(before), ...Object.fromEntries(brands) };
}

const nothing = (of: object = {}) => Object.fromEntries(Object.keys(of).map((name) => [name, null]));

/** What is put together of two checked halves has their shape. */
export const asSnapshot = (value: unknown): SnapshotInput => (typeof value === 'object' && value !== null ? value : {});
