import { Refusal } from '@passbroker/model';
import type { Entry } from './entry.js';

/** What Active Directory tells of an account's state ([MS-ADTS] 2.2.16, 3.1.1.4.5.17). */
export const STATE_ATTRIBUTES = [
  'userAccountControl',
  'msDS-User-Account-Control-Computed',
  'accountExpires',
  'lockoutTime',
  'pwdLastSet',
] as const;

const DISABLED = 0x2n;
const PASSWORD_NEVER_EXPIRES = 0x10000n;
const LOCKED = 0x10n;
const PASSWORD_EXPIRED = 0x800000n;
const NEVER = 0x7fffffffffffffffn;
const FILETIME_EPOCH_MS = 11_644_473_600_000n;

/**
 * Read again after the bind, and after a Kerberos ticket above all: a ticket works ten hours longer than its account.
 *
 * @throws Refusal account.disabled, password.must_change; upstream.malformed when our account cannot read the state.
 */
export function checkAccountState(entry: Entry, now: Date): void {
  const control = entry.number('userAccountControl');
  if (control === undefined) throw new Refusal('upstream.malformed', 'our account cannot read userAccountControl');
  const computed = entry.number('msDS-User-Account-Control-Computed') ?? 0n;
  if ((control & DISABLED) !== 0n) throw new Refusal('account.disabled', 'disabled in the directory');
  if (hasPassed(entry.number('accountExpires'), now)) {
    throw new Refusal('account.disabled', 'the account has expired in the directory');
  }
  // lockoutTime stays when the lock is over; only the computed flag knows for how long.
  if ((computed & LOCKED) !== 0n) throw new Refusal('account.disabled', 'locked in the directory');
  const mustChange = entry.number('pwdLastSet') === 0n && (control & PASSWORD_NEVER_EXPIRES) === 0n;
  if (mustChange || (computed & PASSWORD_EXPIRED) !== 0n) {
    throw new Refusal('password.must_change', 'the directory wants a new password first');
  }
}

function hasPassed(filetime: bigint | undefined, now: Date): boolean {
  if (filetime === undefined || filetime === 0n || filetime >= NEVER) return false;
  return filetime / 10_000n - FILETIME_EPOCH_MS <= BigInt(now.getTime());
}
