import type { Audience } from '@passbroker/model';
import type { Accounts } from '@passbroker/catalog';
import type { PasswordBook } from '@passbroker/usersources';

/** The built-in accounts of one audience, as the local usersource may ask about them. */
export const passwordBook = (accounts: Accounts, audience: Audience): PasswordBook => ({
  async find(name) {
    const found = await accounts.credential(name, audience);
    if (!found) return undefined;
    const { account, hash } = found;
    const [email] = account.emails;
    return {
      account: account.id,
      hash,
      name: account.name,
      emailVerified: email?.verified ?? false,
      ...(email && { email: email.value }),
    };
  },
  replace: (account, hash) => accounts.replaceHash(account, hash),
});
