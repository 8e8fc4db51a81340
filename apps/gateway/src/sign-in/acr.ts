/** What applications may ask for, and what we say when a second factor was shown. */
export const MFA_ACR = 'urn:passbroker:mfa';

/** The same thing by the names others gave it: it is answered by the name it was asked by. */
const NAMES: ReadonlySet<string> = new Set([
  MFA_ACR,
  'https://refeds.org/profile/mfa',
  'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
]);

export const asksForMfa = (acr: readonly string[] | undefined): boolean =>
  acr?.some((name) => NAMES.has(name)) ?? false;

export const acrOf = (mfa: boolean, asked: readonly string[] | undefined): string | undefined =>
  mfa ? (asked?.find((name) => NAMES.has(name)) ?? MFA_ACR) : undefined;
