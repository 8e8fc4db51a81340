import { isDeepStrictEqual } from 'node:util';
import type { NewPendingChange, NewUsersource, Stored } from '@passbroker/catalog';
import type { UsersourceRecord } from '@passbroker/model';
import { mergePatch, type SnapshotInput } from '@passbroker/usersource-policy';
import { asSnapshot } from './taken-back.js';

export interface RiskyChange {
  record: NewUsersource;
  current: Stored<UsersourceRecord> | undefined;
  /** The configuration before, and the change to it, others' SSO that is taken over included. */
  snapshot: SnapshotInput;
  patch: unknown;
  /** Slug. */
  brand: string;
}

/** By which usersources an admin can show that the change has not locked them out. */
export function waysOf({ record, snapshot, patch }: RiskyChange): string[] {
  if (record.enabled && record.audience === 'agents' && record.sso === 'automatic') return [record.slug];
  const after = asSnapshot(mergePatch(snapshot, patch));
  return Object.values(after.brands ?? {}).flatMap(({ enabled = true, usersources = {} }) =>
    Object.entries(usersources).flatMap(([slug, source]) =>
      enabled && source.enabled !== false && source.audience === 'agents' ? [slug] : [],
    ),
  );
}

/** What has to be put back when nobody does. */
export function earlierOf({ record, current, snapshot, brand }: RiskyChange): NewPendingChange['before'] {
  const own = current
    ? { members: differing(current, record), provenAt: current.proven?.at ?? null }
    : { members: { enabled: false } };
  const rivals = Object.entries(snapshot.brands?.[brand]?.usersources ?? {}).filter(
    ([slug, { audience, enabled, sso = 'none' }]) =>
      slug !== record.slug && audience === record.audience && enabled !== false && sso !== 'none',
  );
  const swapped = record.enabled && record.sso !== 'none' ? rivals : [];
  return {
    ...Object.fromEntries(swapped.map(([slug, { sso }]) => [slug, { members: { sso } }])),
    [record.slug]: own,
  };
}

function differing(current: Stored<UsersourceRecord>, record: NewUsersource): Partial<NewUsersource> {
  const changed = Object.keys(record).filter(
    (name) => !isDeepStrictEqual(Reflect.get(current, name), Reflect.get(record, name)),
  );
  return Object.fromEntries(changed.map((name) => [name, Reflect.get(current, name)]));
}
