/** What an application may ask for, and what we say when a second factor was shown. */
export const MFA_ACR = 'urn:passbroker:mfa';

/** The same thing by the names others gave it: it is answered by the name it was asked by. */
export const MFA_ACR_NAMES = [
  MFA_ACR,
  'https://refeds.org/profile/mfa',
  'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
] as const;
