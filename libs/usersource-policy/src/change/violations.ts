import type { Audience } from '@passbroker/model';
import { capabilityOf } from '../capabilities.js';
import { isNetwork } from '../networks.js';
import type { Snapshot, SnapshotUsersource } from './snapshot.js';

export type ChangeError =
  | 'admin.no_way_in'
  | 'sso.not_unique'
  | 'sso.not_redirectable'
  | 'sso.not_silent'
  | 'display.not_possible'
  | 'domain.not_unique'
  | 'jit.unrestricted'
  | 'network.malformed'
  | 'change.malformed';

/** `where` tells two breaches of one kind apart, so that an old one does not excuse a new one. */
export interface Violation {
  code: ChangeError;
  where: string;
}

const AUDIENCES: readonly Audience[] = ['users', 'agents'];

type Named = [id: string, source: SnapshotUsersource];

/** What is wrong with a configuration by itself, whoever changed it. */
export function violations({ brands }: Snapshot): Violation[] {
  return Object.entries(brands).flatMap(([name, brand]) => [
    ...ofEachSource(name, Object.entries(brand.usersources)),
    ...AUDIENCES.flatMap((audience) => {
      const enabled = Object.entries(brand.usersources).filter(
        ([, source]) => source.enabled && source.audience === audience,
      );
      return [...rivals(`${name}/${audience}`, enabled), ...contestedDomains(`${name}/${audience}`, enabled)];
    }),
    ...malformed(`${name}/bypass`, brand.bypass.networks),
  ]);
}

function ofEachSource(brand: string, sources: Named[]): Violation[] {
  return sources.flatMap(([id, source]) => {
    const where = `${brand}/${id}`;
    const can = capabilityOf(source.type, source.can);
    const found: Violation[] = malformed(where, source.networks);
    if (!can.sso.includes(source.sso))
      found.push({
        code: can.redirect && source.sso === 'background' ? 'sso.not_silent' : 'sso.not_redirectable',
        where,
      });
    if (source.display !== undefined && !can.displays.includes(source.display))
      found.push({ code: 'display.not_possible', where });
    const open = source.publicIdp ?? can.publicIdp;
    if (source.enabled && source.audience === 'agents' && open && source.jit !== 'off' && !source.restricted)
      found.push({ code: 'jit.unrestricted', where });
    return found;
  });
}

/** I1. */
function rivals(where: string, enabled: Named[]): Violation[] {
  const ids = enabled.filter(([, source]) => source.sso !== 'none').map(([id]) => id);
  return ids.length > 1 ? [{ code: 'sso.not_unique', where: `${where}/${ids.sort().join(',')}` }] : [];
}

/** I8. */
function contestedDomains(where: string, enabled: Named[]): Violation[] {
  const claims = new Map<string, string[]>();
  for (const [id, source] of enabled)
    for (const domain of new Set(source.domains.map((name) => name.toLowerCase())))
      claims.set(domain, [...(claims.get(domain) ?? []), id]);
  return [...claims]
    .filter(([, ids]) => ids.length > 1)
    .map(([domain, ids]) => ({ code: 'domain.not_unique', where: `${where}/${domain}/${ids.sort().join(',')}` }));
}

function malformed(where: string, list: readonly string[]): Violation[] {
  return list
    .filter((entry) => !isNetwork(entry))
    .map((entry) => ({ code: 'network.malformed', where: `${where}/${entry}` }));
}
