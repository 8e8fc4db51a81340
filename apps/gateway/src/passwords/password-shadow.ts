import type { KeptPasswords } from '@passbroker/catalog';
import type { PasswordShadow } from '@passbroker/usersources';

/** A usersource sees its own people's hashes only. */
export const shadowsIn =
  (kept: KeptPasswords) =>
  (usersource: string): PasswordShadow => ({
    find: (subject) => kept.find(usersource, subject),
    keep: (subject, hash) => kept.keep(usersource, subject, hash),
  });
