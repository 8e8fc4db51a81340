import { MFA_ACR, MFA_ACR_NAMES } from '@passbroker/model';

const isMfa = (name: string): boolean => MFA_ACR_NAMES.some((known) => known === name);

export const asksForMfa = (acr: readonly string[] | undefined): boolean => acr?.some(isMfa) ?? false;

export const acrOf = (mfa: boolean, asked: readonly string[] | undefined): string | undefined =>
  mfa ? (asked?.find(isMfa) ?? MFA_ACR) : undefined;
