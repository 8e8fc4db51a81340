import { generateSecret, generateURI, verifySync } from 'otplib';

const PERIOD_SEC = 30;

/** 160 bits, as RFC 4226 recommends. */
export const newTotpSecret = (): string => generateSecret({ length: 20 });

/** What an authenticator app reads from the picture. */
export const totpUri = (issuer: string, label: string, secret: string): string =>
  // A colon would end the issuer early.
  generateURI({ issuer: issuer.replaceAll(':', ' '), label: label.replaceAll(':', ' '), secret });

export const isTotpCode = (code: string): boolean => /^\d{6}$/.test(code);

/** The time step a code belongs to: now, or one before or after, for clocks that differ and people who type slowly. */
export function stepOf(code: string, secret: string, now: Date): number | undefined {
  if (!isTotpCode(code)) return undefined;
  const epoch = Math.floor(now.getTime() / 1_000);
  const result = verifySync({ secret, token: code, epoch, period: PERIOD_SEC, epochTolerance: PERIOD_SEC });
  return result.valid && 'timeStep' in result ? result.timeStep : undefined;
}
