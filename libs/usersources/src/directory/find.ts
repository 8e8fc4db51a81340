import { Refusal } from '@passbroker/model';
import { AndFilter, EqualityFilter, FilterParser, OrFilter, type Filter } from 'ldapts';
import type { Entry } from './entry.js';
import { isUnder } from './dn.js';
import type { ServiceAccount } from './service-account.js';
import { sameName } from './typed.js';

/** One attribute that may hold what was typed, or a part of it. */
export interface Criterion {
  attribute: string;
  value: string;
}

export interface Search {
  baseDn: string;
  /** The admin's own condition; a filter as in RFC 4515. */
  userFilter: string | undefined;
  /** Any of them. Values go into the request as they are, length first: there is no text to break out of. */
  criteria: readonly Criterion[];
  attributes: string[];
}

/**
 * The one entry with this name.
 *
 * @throws Refusal password.unknown_name for nobody, password.wrong for several, upstream.untrusted for an entry from
 * elsewhere.
 */
export async function findPerson(service: ServiceAccount, search: Search, signal: AbortSignal): Promise<Entry> {
  const { baseDn, userFilter, criteria, attributes } = search;
  const named: Filter = new OrFilter({ filters: criteria.map((criterion) => new EqualityFilter(criterion)) });
  const filter = userFilter === undefined ? named : new AndFilter({ filters: [parseFilter(userFilter), named] });
  const found = await service.search(baseDn, { scope: 'sub', filter, attributes, max: 20 }, signal);
  if (found.some(({ dn }) => !isUnder(dn, baseDn))) {
    throw new Refusal('upstream.untrusted', `the directory answers with entries that are not under ${baseDn}`);
  }
  const [person, ...others] = found;
  if (!person) throw new Refusal('password.unknown_name', 'the directory has nobody of this name');
  if (others.length > 0) {
    // Not unknown: the next usersource on the form must not see a password that is somebody's here.
    throw new Refusal('password.wrong', `${found.length} entries have this name`);
  }
  const matches = criteria.some(({ attribute, value }) =>
    person.texts(attribute).some((held) => sameName(held, value)),
  );
  if (!matches) throw new Refusal('password.unknown_name', 'the directory takes the name for another one');
  return person;
}

export const parseFilter = (filter: string): Filter => FilterParser.parseString(filter);
