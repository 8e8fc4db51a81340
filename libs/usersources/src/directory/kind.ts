import type { Refusal } from '@passbroker/model';
import type { LdapConnection } from './connection.js';
import type { Entry } from './entry.js';
import type { Criterion } from './find.js';
import type { Group } from './groups.js';
import type { PasswordPolicy } from './password-policy.js';
import type { ServiceAccount } from './service-account.js';
import type { Servers } from './servers.js';
import type { DirectoryRefused } from './trouble.js';

/** How far one has to ask a directory, and for how long. */
export interface Reach {
  servers: Servers;
  service: ServiceAccount;
  signal: AbortSignal;
}

/** What one kind of directory does in its own way. */
export interface DirectoryKind {
  /** Where a typed name may stand; none for a name that can be nobody's here. */
  criteria(name: string): Criterion[];
  /** What is read of a person besides what the admin asks for. */
  readonly attributes: readonly string[];
  /** Names of the person, for the admin's mapping. */
  readonly names: readonly string[];
  /** Who it is, for ever: never a name, which may be given to somebody else. Undefined when it cannot be read. */
  subject(entry: Entry): string | undefined;
  username(entry: Entry): string | undefined;
  /** Why the directory refused the password, in our words. */
  refusal(error: DirectoryRefused): Refusal;
  /** After a bind that succeeded: whether the person may come in nevertheless. @throws Refusal */
  mayEnter(
    entry: Entry,
    bound: { connection: LdapConnection; policy: PasswordPolicy } | undefined,
    reach: Reach,
  ): Promise<void>;
  groups(entry: Entry, reach: Reach): Promise<Group[]>;
  /** @throws Refusal password.wrong, password.unacceptable */
  change(entry: Entry, current: string, next: string, reach: Reach): Promise<void>;
}
