import type { Account } from '@passbroker/model';
import { LEAST_CHARS, passwordFault, type Breached } from '@passbroker/platform';
import type { Texts } from '../pages/texts.js';

/** Which field is wrong, and what to say about it. */
export interface Fault {
  field: 'name' | 'old_password' | 'password' | 'repeated';
  text: string;
}

/** Whether two fields hold one password that will do. */
export class NewPasswords {
  constructor(private readonly breached: Breached | undefined) {}

  async fault(
    fields: Readonly<Record<string, string>>,
    ownNames: readonly string[],
    { localAccounts: { faults } }: Texts,
  ): Promise<Fault | undefined> {
    const password = fields['password'] ?? '';
    const fault = passwordFault(password, ownNames);
    if (fault) return { field: 'password', text: faults[fault](LEAST_CHARS) };
    if (password !== fields['repeated']) return { field: 'repeated', text: faults.different };
    if (await this.breached?.(password)) return { field: 'password', text: faults.breached };
    return undefined;
  }
}

/** All that somebody who knows the person would try first. */
export const namesOf = ({ name, username, emails }: Pick<Account, 'name' | 'username' | 'emails'>): string[] => [
  name,
  ...name.split(/\s+/),
  ...(username === null ? [] : [username]),
  ...emails.flatMap(({ value }) => [value, value.split('@', 1)[0] ?? '']),
];
