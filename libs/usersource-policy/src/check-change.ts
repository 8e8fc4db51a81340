import { isDeepStrictEqual } from 'node:util';
import { mergePatch } from './merge-patch.js';
import { snapshot, type Snapshot, type SnapshotInput, type SnapshotUsersource } from './change/snapshot.js';
import { violations, type ChangeError } from './change/violations.js';
import { isWorse, wayIn } from './change/way-in.js';

export type { ChangeError } from './change/violations.js';
export type { SnapshotInput } from './change/snapshot.js';

export type ChangeCheck = { accepted: true } | { accepted: false; status: 400 | 409; errors: ChangeError[] };

/**
 * May this change be made? `patch` is a merge patch (RFC 7396) over `before`; the two may hold more than is looked at.
 * Refused is what the change breaks, not what was broken before it: else nobody could repair a broken
 * configuration, or take the first steps in a new one, one change at a time. On the first day nothing is proven yet;
 * then the likely way in is what no change may take away.
 */
export function checkChange(before: SnapshotInput, patch: unknown): ChangeCheck {
  const read = bothSides(before, patch);
  if (!read) return { accepted: false, status: 400, errors: ['change.malformed'] };
  const known = new Set(violations(read.before).map(({ code, where }) => `${code} ${where}`));
  const errors = new Set(
    violations(read.after)
      .filter(({ code, where }) => !known.has(`${code} ${where}`))
      .map(({ code }) => code),
  );
  if (isWorse(wayIn(read.after), wayIn(read.before))) errors.add('admin.no_way_in');
  return errors.size === 0 ? { accepted: true } : { accepted: false, status: 409, errors: [...errors].sort() };
}

/** Of these changes the admin who made them must show, within minutes, that they can still get in (commit-confirm). */
export function needsConfirmation(before: SnapshotInput, patch: unknown): boolean {
  const read = bothSides(before, patch);
  if (!read) return true;
  return Object.entries(read.after.brands).some(([name, brand]) => {
    const old = read.before.brands[name]?.usersources ?? {};
    const automaticNow = Object.entries(brand.usersources).some(
      ([id, source]) => isAgentsAutomatic(source) && !(old[id] && isAgentsAutomatic(old[id])),
    );
    const localGone = Object.entries(old).some(([id, source]) => {
      const kept = brand.usersources[id];
      return isAgentsLocal(source) && !(kept && isAgentsLocal(kept));
    });
    return automaticNow || localGone;
  });
}

/** The patch that turns one source's SSO mode on and every rival's off, in one step (I1). */
export function swapSso(
  before: SnapshotInput,
  brand: string,
  usersource: string,
  mode: 'background' | 'automatic',
): unknown {
  const sources = before.brands?.[brand]?.usersources ?? {};
  const audience = sources[usersource]?.audience;
  const rivals = Object.entries(sources).filter(
    ([id, source]) =>
      id !== usersource && source.audience === audience && source.sso !== undefined && source.sso !== 'none',
  );
  return {
    brands: {
      [brand]: {
        usersources: Object.fromEntries<{ sso: string }>([
          ...rivals.map(([id]) => [id, { sso: 'none' }] as const),
          [usersource, { sso: mode }],
        ]),
      },
    },
  };
}

function bothSides(before: unknown, patch: unknown): { before: Snapshot; after: Snapshot } | undefined {
  const old = snapshot.safeParse(before);
  const now = snapshot.safeParse(mergePatch(before, patch));
  return old.success && now.success ? { before: old.data, after: unproveEdited(old.data, now.data) } : undefined;
}

/** What was proven is the settings, not the name: new settings, type or filter have never let anybody in. */
function unproveEdited(before: Snapshot, after: Snapshot): Snapshot {
  const brands = Object.entries(after.brands).map(([name, brand]) => {
    const usersources = Object.entries(brand.usersources).map(([id, source]) => {
      const old = before.brands[name]?.usersources[id];
      return [id, old && isEdited(old, source) ? { ...source, proven: false } : source] as const;
    });
    return [name, { ...brand, usersources: Object.fromEntries(usersources) }] as const;
  });
  return { ...after, brands: Object.fromEntries(brands) };
}

function isEdited(old: SnapshotUsersource, now: SnapshotUsersource): boolean {
  return (
    old.type !== now.type ||
    !isDeepStrictEqual(old.settings, now.settings) ||
    !isDeepStrictEqual(old.filter, now.filter)
  );
}

function isAgentsAutomatic(source: SnapshotUsersource): boolean {
  return source.enabled && source.audience === 'agents' && source.sso === 'automatic';
}

function isAgentsLocal(source: SnapshotUsersource): boolean {
  return source.enabled && source.audience === 'agents' && source.type === 'local';
}
