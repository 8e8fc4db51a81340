import { Refusal } from '@passbroker/model';
import { Attribute, Change, EqualityFilter, ExtensibleFilter, OrFilter, PresenceFilter, type Filter } from 'ldapts';
import { checkAccountState, STATE_ATTRIBUTES } from './account-state.js';
import { parseDn } from './dn.js';
import { guidText, sidText, type Entry } from './entry.js';
import type { Criterion } from './find.js';
import { groupOf, tooMany, walkGroups, type Group } from './groups.js';
import type { DirectoryKind, Reach } from './kind.js';
import { DirectoryRefused, RESULT } from './trouble.js';
import { sameName } from './typed.js';

export interface DomainSettings {
  baseDn: string;
  groupBaseDn?: string | undefined;
  netbiosName?: string | undefined;
  loginByMail: boolean;
  emailAttribute: string;
  groups: 'none' | 'direct' | 'nested';
}

/** LDAP_MATCHING_RULE_IN_CHAIN: groups in groups, walked by the server ([MS-ADTS] 3.1.1.3.4.4.3). */
const IN_CHAIN = '1.2.840.113556.1.4.1941';
const MAX_GROUPS = 1_000;
const BATCH = 100;

/** Right password, and yet no sign-in (Windows error codes, in hexadecimal). */
const REFUSED: Readonly<Record<string, string>> = {
  '533': 'disabled in the directory',
  '701': 'the account has expired in the directory',
  '530': 'not at this hour',
  '531': 'not at this workstation',
};
const MUST_CHANGE = new Set(['532', '773']);

/** Active Directory, and Samba that does as it does. */
export class Domain implements DirectoryKind {
  readonly names = ['sAMAccountName', 'userPrincipalName'];
  readonly attributes = [...this.names, 'objectGUID', 'objectSid', ...STATE_ATTRIBUTES];
  readonly #dnsDomain: string;
  readonly #root: string;

  constructor(
    private readonly settings: DomainSettings,
    private readonly now: () => Date,
  ) {
    const labels = (parseDn(settings.baseDn) ?? []).flatMap((rdn) => rdn.filter(([type]) => type === 'dc'));
    this.#dnsDomain = labels.map(([, value]) => value).join('.');
    this.#root = settings.groupBaseDn ?? labels.map(([, value]) => `DC=${value}`).join(',');
  }

  /** `alice`, `ACME\alice`, `alice@acme.test` whatever her UPN is, her UPN, and her address where the admin says so. */
  criteria(name: string): Criterion[] {
    const sam = (value: string): Criterion[] => (value === '' ? [] : [{ attribute: 'sAMAccountName', value }]);
    const backslash = name.indexOf('\\');
    if (backslash >= 0) {
      const { netbiosName } = this.settings;
      const ours = netbiosName !== undefined && sameName(name.slice(0, backslash), netbiosName);
      return ours ? sam(name.slice(backslash + 1)) : [];
    }
    const at = name.lastIndexOf('@');
    if (at < 0) return sam(name);
    return [
      { attribute: 'userPrincipalName', value: name },
      ...(sameName(name.slice(at + 1), this.#dnsDomain) ? sam(name.slice(0, at)) : []),
      ...(this.settings.loginByMail ? [{ attribute: this.settings.emailAttribute, value: name }] : []),
    ];
  }

  /** objectGUID, which nothing changes, and the domain's SID: a domain restored beside its origin has the same GUIDs. */
  subject(entry: Entry): string | undefined {
    const guid = guidText(entry.bytes('objectGUID')[0] ?? Buffer.alloc(0));
    const sid = sidText(entry.bytes('objectSid')[0] ?? Buffer.alloc(0));
    return guid === undefined || sid === undefined ? undefined : `${guid}@${sid.slice(0, sid.lastIndexOf('-'))}`;
  }

  username(entry: Entry): string | undefined {
    return entry.text('sAMAccountName');
  }

  /** Sub-codes are told apart only where they prove that the password was right: 52e, 525 and 775 are all alike. */
  refusal({ code, diagnostic }: DirectoryRefused): Refusal {
    if (code !== RESULT.invalidCredentials) {
      return new Refusal('usersource.unreachable', `the directory answered a bind with result ${code}`);
    }
    const sub = /\bdata ([0-9a-f]+)\b/.exec(diagnostic)?.[1] ?? '';
    if (MUST_CHANGE.has(sub)) return new Refusal('password.must_change', 'the directory wants a new password first');
    const why = REFUSED[sub];
    return why === undefined
      ? new Refusal('password.wrong', `the directory refuses the password (${sub || 'without a reason'})`)
      : new Refusal('account.disabled', why);
  }

  async mayEnter(entry: Entry): Promise<void> {
    checkAccountState(entry, this.now());
  }

  async groups(entry: Entry, reach: Reach): Promise<Group[]> {
    const search = { baseDn: this.#root, nameAttribute: 'sAMAccountName', uid: undefined };
    if (this.settings.groups === 'direct') {
      return walkGroups(reach.service, entry.dn, { ...search, nested: false }, reach.signal);
    }
    const sids = await this.#tokenGroups(entry, reach);
    // Everybody has a primary group: none at all means that our account may not read them.
    if (sids.length === 0) return this.#chain(entry, reach);
    if (sids.length > MAX_GROUPS) throw tooMany();
    const groups: Group[] = [];
    for (let from = 0; from < sids.length; from += BATCH) {
      const filters = sids
        .slice(from, from + BATCH)
        .map((value) => new EqualityFilter({ attribute: 'objectSid', value }));
      groups.push(...(await this.#named(new OrFilter({ filters }), reach)));
    }
    return groups;
  }

  /** By the SIDs a domain controller would put in somebody's token: nested groups and the primary one, in a millisecond. */
  async #tokenGroups(entry: Entry, { service, signal }: Reach): Promise<readonly Buffer[]> {
    const filter = new PresenceFilter({ attribute: 'objectClass' });
    const query = { scope: 'base', filter, attributes: ['tokenGroups'], max: 1 } as const;
    const [token] = await service.search(entry.dn, { ...query, attributes: ['tokenGroups'] }, signal);
    return token?.bytes('tokenGroups') ?? [];
  }

  #chain(entry: Entry, reach: Reach): Promise<Group[]> {
    return this.#named(new ExtensibleFilter({ matchType: 'member', rule: IN_CHAIN, value: entry.dn }), reach);
  }

  async #named(filter: Filter, { service, signal }: Reach): Promise<Group[]> {
    const nameAttribute = 'sAMAccountName';
    const query = { scope: 'sub', filter, attributes: [nameAttribute], max: MAX_GROUPS } as const;
    const found = await service.search(this.#root, { ...query, attributes: [nameAttribute] }, signal);
    return found.map((group) => groupOf(group, { baseDn: this.#root, nameAttribute }));
  }

  /**
   * The old value out and the new one in, in one step: that is how AD tells a change by its owner from a reset by an
   * admin ([MS-ADTS] 3.1.1.3.1.5.2). Sent by our account, since whoever must change it cannot bind; everybody has
   * the right to change a password they know.
   */
  async change(entry: Entry, current: string, next: string, { service, signal }: Reach): Promise<void> {
    const changes = [unicodePwd('delete', current), unicodePwd('add', next)];
    await service.modify(entry.dn, changes, signal).catch((error: unknown) => {
      if (!(error instanceof DirectoryRefused) || error.operation !== 'modify') throw error;
      throw changeRefusal(error);
    });
  }
}

const unicodePwd = (operation: 'add' | 'delete', password: string): Change =>
  new Change({
    operation,
    modification: new Attribute({ type: 'unicodePwd', values: [Buffer.from(`"${password}"`, 'utf16le')] }),
  });

function changeRefusal({ code, diagnostic, message }: DirectoryRefused): Refusal {
  // 56: the old password is another (ERROR_INVALID_PASSWORD); 52D: the new one breaks a rule.
  const win32 = /^0*([1-9a-f][0-9a-f]*):/i.exec(diagnostic)?.[1]?.toLowerCase();
  if (win32 === '56') return new Refusal('password.wrong', 'the directory knows another current password');
  if (code === RESULT.constraintViolation || code === RESULT.unwilling) {
    return new Refusal('password.unacceptable', message);
  }
  return new Refusal('usersource.misconfigured', `our account may not change passwords: ${message}`);
}
