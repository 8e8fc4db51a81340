import { capabilityOf } from '../capabilities.js';
import { networks } from '../networks.js';
import type { Snapshot, SnapshotAdmin, SnapshotBrand, SnapshotUsersource } from './snapshot.js';

/**
 * I2: can an active admin reach the admin pages by a usersource that is enabled, theirs, and proven at its
 * current settings? Recovery is not counted: it is for when this question was answered wrongly (I3).
 */
export function hasWayIn({ admins, brands }: Snapshot): boolean {
  const active = admins.filter((admin) => admin.active);
  return Object.values(brands).some(
    (brand) =>
      brand.enabled &&
      Object.entries(brand.usersources).some(
        ([id, source]) =>
          source.enabled &&
          source.audience === 'agents' &&
          source.proven &&
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
