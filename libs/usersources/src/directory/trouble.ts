import { NO_POLICY, type PasswordPolicy } from './password-policy.js';

/** No connection, none that can be trusted, or it ended: nothing was said about the person. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/**
 * The directory answered and said no. `diagnostic` is its own text, for logs and for reading sub-codes from; it never
 * reaches a person (LDAP-019).
 */
export class DirectoryRefused extends Error {
  override readonly name = 'DirectoryRefused';

  constructor(
    readonly operation: 'bind' | 'search' | 'modify' | 'extended',
    /** RFC 4511 appendix A. */
    readonly code: number,
    readonly diagnostic: string,
    readonly policy: PasswordPolicy = NO_POLICY,
  ) {
    super(`${operation}: result ${code} ${printable(diagnostic)}`);
  }
}

export const RESULT = {
  sizeLimitExceeded: 4,
  adminLimitExceeded: 11,
  constraintViolation: 19,
  noSuchObject: 32,
  invalidCredentials: 49,
  insufficientAccess: 50,
  busy: 51,
  unavailable: 52,
  unwilling: 53,
} as const;

/** One line, and not a long one: it goes to logs. */
const printable = (diagnostic: string): string =>
  diagnostic
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 200);
