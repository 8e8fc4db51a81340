import { capabilityOf } from '../capabilities.js';
import { networks } from '../networks.js';
import type { Snapshot, SnapshotAdmin, SnapshotBrand, SnapshotUsersource } from './snapshot.js';

/**
 * How the admins can get in (I2). `proven`: an active admin can reach the admin pages by a usersource that is enabled,
 * theirs, and proven at its current settings. `likely`: the same, but nobody has come through yet, as on the first
 * day. Recovery is not counted: it is for when this question was answered wrongly (I3).
 */
export type WayIn = 'none' | 'likely' | 'proven';

const RANK: Record<WayIn, number> = { none: 0, likely: 1, proven: 2 };

export const isWorse = (now: WayIn, before: WayIn): boolean => RANK[now] < RANK[before];

export function wayIn(snapshot: Snapshot): WayIn {
  if (hasWayIn(snapshot, (source) => source.proven)) return 'proven';
  return hasWayIn(snapshot, () => true) ? 'likely' : 'none';
}

function hasWayIn({ admins, brands }: Snapshot, counts: (source: SnapshotUsersource) => boolean): boolean {
  const active = admins.filter((admin) => admin.active);
  return Object.values(brands).some(
    (brand) =>
      brand.enabled &&
      Object.entries(brand.usersources).some(
        ([id, source]) =>
          source.enabled &&
          source.audience === 'agents' &&
          counts(source) &&
          isReachable(id, source, brand) &&
          active.some((admin) => canUse(admin, id, source, brand)),
      ),
  );
}

function canUse(admin: SnapshotAdmin, id: string, source: SnapshotUsersource, brand: SnapshotBrand): boolean {
  if (brand.audiences?.agents?.mfa === 'required' && !admin.secondFactor) return false;
  return source.type === 'local' ? admin.password : admin.links.includes(id);
}

/** Would the policy show it on `/admin/`, or go there by itself? */
function isReachable(id: string, source: SnapshotUsersource, brand: SnapshotBrand): boolean {
  const automatic = Object.entries(brand.usersources).filter(([, other]) => isAutomaticForAgents(other));
  if (automatic.some(([other]) => other === id)) return !isForNobody(source, brand);
  const hidden = automatic.length > 0 && !bypassReachesAdmin(brand);
  return !hidden && isOffered(source);
}

function isAutomaticForAgents(source: SnapshotUsersource): boolean {
  return (
    source.enabled &&
    source.audience === 'agents' &&
    source.sso === 'automatic' &&
    capabilityOf(source.type, source.can).sso.includes('automatic')
  );
}

// Networks none of which can be read, and everybody off them denied: a door for nobody.
function isForNobody(source: SnapshotUsersource, brand: SnapshotBrand): boolean {
  return brand.audiences?.agents?.offNetwork === 'deny' && !networks(source.networks).reachable;
}

function bypassReachesAdmin({ bypass }: SnapshotBrand): boolean {
  return bypass.surfaces.includes('admin') && networks(bypass.networks).reachable;
}

function isOffered(source: SnapshotUsersource): boolean {
  const can = capabilityOf(source.type, source.can);
  const display = source.display ?? can.display;
  if (can.password) return display === 'form';
  return can.redirect && (display === 'button' || display === 'icon' || source.hintable);
}
