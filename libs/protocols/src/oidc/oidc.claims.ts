import { createHmac } from 'node:crypto';
import type { Account as ProviderAccount, AccountClaims } from 'oidc-provider';
import type { Account } from '@passbroker/model';

/** Which scope releases which claims. Attributes have names nobody knows beforehand: they travel as one claim. */
export const CLAIMS = {
  openid: ['sub', 'auth_time', 'amr', 'acr'],
  profile: ['name', 'preferred_username'],
  email: ['email', 'email_verified'],
  groups: ['groups'],
  attributes: ['attributes'],
};

export function providerAccount(account: Account): ProviderAccount {
  const [email] = account.emails;
  const claims: AccountClaims = {
    sub: account.id,
    name: account.name,
    ...(account.username === null ? {} : { preferred_username: account.username }),
    ...(email === undefined ? {} : { email: email.value, email_verified: email.verified }),
    groups: account.groups,
    attributes: account.attributes,
  };
  return { accountId: account.id, claims: () => claims };
}

/** The same person looks different to every sector, and the same to one of them for ever (OIDC Core, 8.1). */
export const pairwise = (salt: Buffer, sector: string, account: string): string =>
  createHmac('sha256', salt).update(`${sector}\n${account}`).digest('base64url');
