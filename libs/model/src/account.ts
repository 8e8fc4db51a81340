import type { Audience } from './brand.js';

export interface EmailAddress {
  value: string;
  verified: boolean;
}

/** The person as the broker knows them. Holds exactly one audience; signing in never changes it. */
export interface Account {
  id: string;
  audience: Audience;
  admin: boolean;
  username: string | null;
  name: string;
  emails: EmailAddress[];
  groups: string[];
  /** What usersources said beyond name and e-mail, for example Multipass `customer_custom_*`. Strings only. */
  attributes: Record<string, string>;
  disabled: boolean;
  revision: number;
}

/** (usersource, immutable subject) → account. E-mail is never the key (invariant I6). */
export interface Link {
  usersource: string;
  subject: string;
  account: string;
  createdBy: 'jit' | 'prove' | 'auto' | 'owner' | 'admin';
}
