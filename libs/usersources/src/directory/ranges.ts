import { PresenceFilter } from 'ldapts';
import type { Entry } from './entry.js';
import { sameDn } from './dn.js';
import type { ServiceAccount } from './service-account.js';
import { DirectoryRefused, RESULT } from './trouble.js';

const MAX_VALUES = 20_000;

/**
 * Active Directory hands out long lists in ranges, `member;range=0-1499`, and leaves it to us to ask for the rest
 * ([MS-ADTS] 3.1.1.3.1.3.3). A list with a hole in it is no list.
 */
export async function wholeList(
  service: ServiceAccount,
  entry: Entry,
  attribute: string,
  signal: AbortSignal,
): Promise<readonly Buffer[]> {
  const values = [...entry.bytes(attribute)];
  let part = rangeOf(entry, attribute);
  if (!part) return values;
  values.push(...part.values);
  while (part.last !== '*') {
    const next: number = part.last + 1;
    const [more] = await service.search(
      entry.dn,
      {
        scope: 'base',
        filter: new PresenceFilter({ attribute: 'objectClass' }),
        attributes: [`${attribute};range=${next}-*`],
        max: 1,
      },
      signal,
    );
    const following = more && sameDn(more.dn, entry.dn) ? rangeOf(more, attribute) : undefined;
    if (following?.first !== next || following.values.length === 0 || values.length > MAX_VALUES) {
      throw new DirectoryRefused('search', RESULT.sizeLimitExceeded, `${attribute} came in parts that do not fit`);
    }
    values.push(...following.values);
    part = following;
  }
  return values;
}

function rangeOf(entry: Entry, attribute: string) {
  for (const name of entry.names()) {
    const [, first, last] = /;range=(\d{1,9})-(\d{1,9}|\*)$/.exec(name) ?? [];
    if (first === undefined || last === undefined || !name.startsWith(`${attribute.toLowerCase()};`)) continue;
    return { first: Number(first), last: last === '*' ? ('*' as const) : Number(last), values: entry.bytes(name) };
  }
  return undefined;
}
