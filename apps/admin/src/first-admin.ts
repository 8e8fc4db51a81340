import type { CatalogWriter } from '@passbroker/catalog';
import { WriteConflict } from '@passbroker/catalog';
import type { Logger } from '@passbroker/platform';
import { passwordHash } from './accounts/password-hash.js';
import type { Turns } from './records/turns.js';

export const FIRST_ADMIN = 'admin@example.com';

/** All that making one takes. */
export type FirstAdminWriter = Pick<CatalogWriter, 'accounts' | 'admins' | 'setPasswordHash'>;

/**
 * On the first start somebody must be able to sign in to the admin pages. As soon as there is any admin, nothing
 * is done: an account that was deleted on purpose does not come back, and a changed password stays.
 */
export async function ensureFirstAdmin(parts: {
  writer: FirstAdminWriter;
  turns: Turns;
  /** Asked only when it is needed. @throws where none may be made up */
  password: () => string;
  log: Logger;
}): Promise<boolean> {
  const { writer, turns, log } = parts;
  return turns.take(async () => {
    if ((await writer.admins()).length > 0) return false;
    const hash = await passwordHash(parts.password());
    try {
      const account = await writer.accounts.create({
        audience: 'agents',
        admin: true,
        username: 'admin',
        name: 'Administrator',
        emails: [{ value: FIRST_ADMIN, verified: true }],
      });
      await writer.setPasswordHash(account.id, hash);
      log.info({ account: account.id }, `first admin: ${FIRST_ADMIN}`);
      return true;
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error;
      log.warn({ field: error.field }, `no admin was made: somebody else is called ${FIRST_ADMIN} or admin`);
      return false;
    }
  });
}
