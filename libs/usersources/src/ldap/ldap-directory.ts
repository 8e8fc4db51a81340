import { Refusal } from '@passbroker/model';
import { BerWriter, PresenceFilter } from 'ldapts';
import type { LdapConnection } from '../directory/connection.js';
import type { Entry } from '../directory/entry.js';
import type { Criterion } from '../directory/find.js';
import { walkGroups, type Group } from '../directory/groups.js';
import type { DirectoryKind, Reach } from '../directory/kind.js';
import type { PasswordPolicy } from '../directory/password-policy.js';
import { DirectoryRefused, RESULT } from '../directory/trouble.js';
import type { LdapSettings } from './ldap.settings.js';

/** RFC 3062. */
const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1';
/** What 389, FreeIPA and eDirectory write on an account that is switched off. */
const SWITCHED_OFF = ['nsAccountLock', 'loginDisabled'];

const mustChange = (): Refusal => new Refusal('password.must_change', 'the directory wants a new password first');

/** OpenLDAP and its kin: the standards, and a draft for password policies. */
export class LdapDirectory implements DirectoryKind {
  readonly names: readonly string[];
  readonly attributes: readonly string[];

  constructor(private readonly settings: LdapSettings) {
    const { loginAttributes, subjectAttribute } = settings;
    this.names = [...new Set([...loginAttributes, 'uid'])];
    this.attributes = [...this.names, subjectAttribute, ...SWITCHED_OFF];
  }

  criteria(value: string): Criterion[] {
    return this.settings.loginAttributes.map((attribute) => ({ attribute, value }));
  }

  subject(entry: Entry): string | undefined {
    return entry.text(this.settings.subjectAttribute);
  }

  username(entry: Entry): string | undefined {
    return entry.text('uid') ?? entry.text(this.settings.loginAttributes[0] ?? 'uid');
  }

  /**
   * Locked and wrong are alike. Expired without a grace login is told only after the right password, but nobody can
   * change it any more without an admin: the person hears what they hear for an account that is switched off.
   */
  refusal({ code, policy }: DirectoryRefused): Refusal {
    if (code !== RESULT.invalidCredentials) {
      return new Refusal('usersource.unreachable', `the directory answered a bind with result ${code}`);
    }
    if (policy.mustChange) return mustChange();
    if (policy.expired) return new Refusal('account.disabled', 'the password has expired, with no grace login left');
    return new Refusal(
      'password.wrong',
      policy.locked ? 'locked in the directory' : 'the directory refuses the password',
    );
  }

  async mayEnter(
    entry: Entry,
    bound: { connection: LdapConnection; policy: PasswordPolicy } | undefined,
    { signal }: Reach,
  ): Promise<void> {
    if (SWITCHED_OFF.some((attribute) => entry.text(attribute)?.toUpperCase() === 'TRUE')) {
      throw new Refusal('account.disabled', 'disabled in the directory');
    }
    if (!bound) return;
    if (bound.policy.mustChange || bound.policy.expired) throw mustChange();
    if (await mayOnlyChangePassword(entry, bound.connection, signal)) throw mustChange();
  }

  groups(entry: Entry, { service, signal }: Reach): Promise<Group[]> {
    const { baseDn, groupBaseDn = baseDn, groupNameAttribute, groups } = this.settings;
    const search = { baseDn: groupBaseDn, nameAttribute: groupNameAttribute, nested: groups === 'nested' };
    return walkGroups(service, entry.dn, { ...search, uid: entry.text('uid') }, signal);
  }

  /** As the person, who may do this even when they may do nothing else (draft-behera 5.2). */
  async change(entry: Entry, current: string, next: string, { servers, signal }: Reach): Promise<void> {
    const { connection } = await servers.connect(signal);
    try {
      await connection.bind(entry.dn, current, signal);
      await connection.extended(PASSWORD_MODIFY, passwordModify(current, next), signal);
    } catch (error) {
      if (!(error instanceof DirectoryRefused)) throw error;
      if (error.operation === 'bind') throw this.refusal(error);
      if (error.policy.unacceptable || error.code === RESULT.constraintViolation) {
        throw new Refusal('password.unacceptable', error.message);
      }
      throw new Refusal('usersource.misconfigured', `the directory lets nobody change a password: ${error.message}`);
    } finally {
      connection.close();
    }
  }
}

/** Servers that send no control say it so: the bind succeeds, and reading one's own entry does not (result 50). */
async function mayOnlyChangePassword(entry: Entry, connection: LdapConnection, signal: AbortSignal): Promise<boolean> {
  const filter = new PresenceFilter({ attribute: 'objectClass' });
  try {
    await connection.search(entry.dn, { scope: 'base', filter, attributes: ['1.1'], max: 1 }, signal);
    return false;
  } catch (error) {
    if (!(error instanceof DirectoryRefused)) throw error;
    // Some let nobody see their own entry; they answer as if there were none.
    if (error.code === RESULT.noSuchObject) return false;
    if (error.code === RESULT.insufficientAccess) return true;
    throw error;
  }
}

function passwordModify(current: string, next: string): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeString(current, 0x81);
  writer.writeString(next, 0x82);
  writer.endSequence();
  return writer.buffer;
}
