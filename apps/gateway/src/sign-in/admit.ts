import {
  Refusal,
  type Account,
  type Brand,
  type IdentityAssertion,
  type RefusalCode,
  type UsersourceRecord,
} from '@passbroker/model';
import type { Accounts, CatalogReader } from '@passbroker/catalog';
import { AddressMissing } from '../addresses-asked/address-missing.js';
import { OwnershipUnproven } from '../ownership/ownership-unproven.js';
import { describeIdentity, isReservedGroup } from '@passbroker/usersources';
import { link, type LinkReason, type MatchedAccount } from '@passbroker/usersource-policy';
import { domainOf, linkSourceOf } from './link-source.js';

interface People {
  accounts: Accounts;
  /** Who is known is read from memory: of an ordinary sign-in nothing goes to the database. */
  catalog: Pick<CatalogReader, 'account' | 'accountByLink'>;
}

/**
 * Which account an identity is, by the linking table, and what the usersource may tell about it.
 * @param shown an address that a newcomer typed and showed to be theirs, because the usersource named none. It never
 *   links anything by itself: the usersource did not vouch for it (I7).
 * @throws Refusal when nobody is admitted; Unsettled when they can be asked
 */
export async function admit(
  people: People,
  brand: Brand,
  record: UsersourceRecord,
  assertion: IdentityAssertion,
  shown?: string,
): Promise<Account> {
  const { accounts, catalog } = people;
  const { passes, claims } = describeIdentity(record, assertion);
  const email = claims.email ?? shown;
  const emailVerified = claims.email !== undefined && claims.emailVerified === true;
  const domain = domainOf(email);
  const known = await knownAs(catalog, record, assertion.subject);
  const [byEmail, byUsername] =
    known || !email ? [] : await Promise.all([accounts.byEmail(email), accounts.byUsername(email)]);

  const decision = link({
    source: linkSourceOf(record, { domain, verified: emailVerified }),
    identity: { subject: assertion.subject, email: email ?? null, domain, emailVerified, filterPass: passes },
    state: {
      linked: known ? matched(known, undefined, false) : null,
      signedInAs: null,
      byEmail: byEmail ? await matchedHere(accounts, record, byEmail, email) : null,
      byUsername: byUsername && byUsername.id !== byEmail?.id ? matched(byUsername, undefined, false) : null,
      registration: brand.registration,
      seatsLeft: known ? null : await seatsLeft(accounts, record),
    },
  });

  switch (decision.action) {
    case 'sign_in':
      if (!known) throw new Error('the linking table admitted a stranger');
      return record.type === 'local' ? known : refreshed(accounts, record, known, assertion.subject, claims);
    case 'link_and_sign_in':
    case 'link': {
      if (!byEmail) throw new Error('the linking table linked to nobody');
      const { usersource: _slug, subject } = assertion;
      await accounts.addLink({ usersource: record.id, subject, account: byEmail.id, createdBy: 'auto' });
      return refreshed(accounts, record, byEmail, subject, claims);
    }
    case 'create': {
      const username = await freeUsername(accounts, record, claims);
      // Written by hand into the catalog, a grant could name what no first sign-in may give (LINK-017).
      const granted = decision.groups.filter((group) => !isReservedGroup(group));
      return accounts.createLinked(
        {
          audience: record.audience,
          name: claims.name ?? email?.split('@', 1)[0] ?? assertion.subject,
          ...(username !== undefined && { username }),
          emails: email ? [{ value: email, verified: decision.emailVerified || email === shown }] : [],
          groups: [...new Set([...granted, ...(claims.groups ?? [])])],
          attributes: claims.attributes ?? {},
        },
        { usersource: record.id, subject: assertion.subject, createdBy: 'jit', groups: claims.groups ?? [] },
        { seatCap: record.jit.seatCap },
      );
    }
    case 'prove_ownership': {
      const owned = byEmail ?? byUsername;
      if (!owned) throw new Error('the linking table asked nobody');
      throw new OwnershipUnproven(owned, decision.override, decision.reason);
    }
    case 'collect_email':
      throw new AddressMissing(record.slug, decision.reason);
    case 'reauthenticate':
      throw new Refusal('link.refused', decision.reason);
    case 'deny':
      throw new Refusal(CODES[decision.reason] ?? 'not_admitted', decision.reason);
  }
}

const CODES: Partial<Record<LinkReason, RefusalCode>> = {
  'source.disabled': 'usersource.disabled',
  'subject.missing': 'upstream.malformed',
  'filter.refused': 'filter.refused',
  'audience.mismatch': 'audience.mismatch',
  'audience.conflict': 'audience.mismatch',
  'account.disabled': 'account.disabled',
  'link.account_exists': 'link.refused',
  'account.none': 'account.none',
  'registration.closed': 'account.none',
};

/** Built-in accounts are their own subject; everybody else is found by their link. */
async function knownAs(
  catalog: People['catalog'],
  record: UsersourceRecord,
  subject: string,
): Promise<Account | undefined> {
  if (record.type === 'local') return catalog.account(subject);
  return catalog.accountByLink(record.id, subject);
}

async function seatsLeft(accounts: Accounts, { id, jit }: UsersourceRecord): Promise<number | null> {
  return typeof jit.seatCap === 'number' ? jit.seatCap - (await accounts.seatsTaken(id)) : null;
}

async function matchedHere(
  accounts: Accounts,
  record: UsersourceRecord,
  account: Account,
  email: string | undefined,
): Promise<MatchedAccount> {
  const links = await accounts.linksOf(account.id);
  return matched(
    account,
    email,
    links.some((one) => one.usersource === record.id),
  );
}

function matched(account: Account, email: string | undefined, linkedToThisSource: boolean): MatchedAccount {
  const address = account.emails.find((one) => one.value.toLowerCase() === email?.toLowerCase());
  const { audience, admin, disabled } = account;
  return { audience, admin, disabled, linkedToThisSource, emailVerified: address?.verified ?? false };
}

/** Only what differs is written, so that an ordinary sign-in writes nothing. */
async function refreshed(
  accounts: Accounts,
  record: UsersourceRecord,
  account: Account,
  subject: string,
  claims: IdentityAssertion['claims'],
): Promise<Account> {
  if (record.sync === 'create') return account;
  const name = claims.name && claims.name !== account.name ? claims.name : undefined;
  const said = claims.attributes ?? {};
  const attributes = Object.entries(said).some(([key, value]) => account.attributes[key] !== value)
    ? { ...account.attributes, ...said }
    : undefined;
  const email = await newAddress(accounts, record, account, claims.email);
  const username = await freeUsername(accounts, record, claims, account);
  const told = {
    ...(name !== undefined && { name }),
    ...(username !== undefined && { username }),
    ...(attributes !== undefined && { attributes }),
    ...(email !== undefined && { email }),
  };
  const described = Object.keys(told).length === 0 ? account : await accounts.updateProfile(account.id, told);
  if (!claims.groups) return described;
  return accounts.syncGroups({ usersource: record.id, subject, account: account.id }, claims.groups);
}

/**
 * A mapped username, unless it is somebody's: neither their username nor their address, which would be found first
 * when its owner comes (CVE-2026-19607).
 */
async function freeUsername(
  accounts: Accounts,
  record: UsersourceRecord,
  claims: IdentityAssertion['claims'],
  account?: Account,
): Promise<string | undefined> {
  const { username, email } = claims;
  if (!record.mapping.username || !username || username === account?.username) return undefined;
  if (username.includes('@') && username.toLowerCase() !== email?.toLowerCase()) return undefined;
  const [named, addressed] = await Promise.all([accounts.byUsername(username), accounts.byEmail(username)]);
  const others = [named, addressed].some((one) => one && one.id !== account?.id);
  return others ? undefined : username;
}

/** An address that is somebody else's is left to them: the link says who this is, the address does not (I6). */
async function newAddress(accounts: Accounts, record: UsersourceRecord, account: Account, email: string | undefined) {
  if (!email) return undefined;
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  const verified = record.linking.authoritativeDomains.some((one) => one.toLowerCase() === domain);
  const own = account.emails.find((one) => one.value.toLowerCase() === email.toLowerCase());
  if (own && own === account.emails[0] && (own.verified || !verified)) return undefined;
  const holder = own ? undefined : await accounts.byEmail(email);
  return holder && holder.id !== account.id ? undefined : { value: email, verified };
}
