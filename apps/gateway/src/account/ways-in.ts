import type { WaysIn } from '@passbroker/catalog';
import { checkChange, type SnapshotInput } from '@passbroker/usersource-policy';

/** Whether the admins keep a way in that policy would show them: one behind another's Automatic SSO is none (I2). */
export function stayIn(now: WaysIn, then: WaysIn): boolean {
  const check = checkChange(snapshotOf(now), { admins: then.admins });
  return check.accepted || !check.errors.includes('admin.no_way_in');
}

function snapshotOf({ admins, brands, usersources }: WaysIn): SnapshotInput {
  const of = (brand: string) => usersources.filter((record) => record.brand === brand);
  return {
    admins,
    brands: Object.fromEntries(
      brands.map(({ id, enabled, bypass, audiences }) => [
        id,
        {
          ...{ enabled, bypass, audiences },
          usersources: Object.fromEntries(
            of(id).map((record) => [record.id, { ...record, proven: record.proven !== null }]),
          ),
        },
      ]),
    ),
  };
}
