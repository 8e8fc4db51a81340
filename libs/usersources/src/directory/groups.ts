import { Refusal } from '@passbroker/model';
import { EqualityFilter, OrFilter, type Filter } from 'ldapts';
import type { Entry } from './entry.js';
import { dnKey, isUnder } from './dn.js';
import type { ServiceAccount } from './service-account.js';

export interface Group {
  dn: string;
  name: string;
}

export interface GroupSearch {
  baseDn: string;
  nameAttribute: string;
  /** Also groups that hold groups that hold the person. */
  nested: boolean;
  /** The person's name in `memberUid` of posixGroup. */
  uid: string | undefined;
}

const MAX_GROUPS = 1_000;
const MAX_DEPTH = 20;
/** So many DNs in one question. */
const BATCH = 50;

/**
 * Walks up from the person, level by level, where the directory has no rule for it: OpenLDAP's memberOf knows direct
 * groups alone, and takes Active Directory's chain rule without a word and finds nothing. Ends on circles (LDAP-015).
 *
 * @throws Refusal upstream.untrusted, upstream.refused when there are more than can be right: half of somebody's
 * groups could be the wrong half.
 */
export async function walkGroups(
  service: ServiceAccount,
  person: string,
  search: GroupSearch,
  signal: AbortSignal,
): Promise<Group[]> {
  const found = new Map<string, Group>();
  let level = [person];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === MAX_DEPTH) throw tooMany();
    const next: string[] = [];
    for (let from = 0; from < level.length; from += BATCH) {
      const uid = depth === 0 ? search.uid : undefined;
      for (const entry of await holding(service, level.slice(from, from + BATCH), uid, search, signal)) {
        const group = groupOf(entry, search);
        const key = dnKey(entry.dn);
        if (key === undefined || found.has(key)) continue;
        found.set(key, group);
        next.push(entry.dn);
        if (found.size > MAX_GROUPS) throw tooMany();
      }
    }
    level = search.nested ? next : [];
  }
  return [...found.values()];
}

async function holding(
  service: ServiceAccount,
  dns: string[],
  uid: string | undefined,
  { baseDn, nameAttribute }: GroupSearch,
  signal: AbortSignal,
): Promise<Entry[]> {
  const filters: Filter[] = dns.flatMap((value) => [
    new EqualityFilter({ attribute: 'member', value }),
    new EqualityFilter({ attribute: 'uniqueMember', value }),
  ]);
  if (uid !== undefined) filters.push(new EqualityFilter({ attribute: 'memberUid', value: uid }));
  const query = {
    scope: 'sub',
    filter: new OrFilter({ filters }),
    attributes: [nameAttribute],
    max: MAX_GROUPS,
  } as const;
  return service.search(baseDn, { ...query, attributes: [...query.attributes] }, signal);
}

export function groupOf(entry: Entry, { baseDn, nameAttribute }: Pick<GroupSearch, 'baseDn' | 'nameAttribute'>): Group {
  if (!isUnder(entry.dn, baseDn)) {
    throw new Refusal('upstream.untrusted', `the directory answers with groups that are not under ${baseDn}`);
  }
  return { dn: entry.dn, name: entry.text(nameAttribute) ?? entry.dn };
}

export const tooMany = (): Refusal =>
  new Refusal('upstream.refused', `more than ${MAX_GROUPS} groups, or groups in groups ${MAX_DEPTH} deep`);
