import { Refusal } from '@passbroker/model';
import type { Usersource } from '@passbroker/usersources';
import type { Texts } from '../pages/texts.js';

/** Which field is wrong, and what to say about it. */
export interface Fault {
  field: 'password' | 'new_password' | 'repeated';
  text: string;
}

/** What the page was filled in with. */
export interface NewPassword {
  /** Slug of the usersource that wants another password. */
  source: string;
  username: string;
  current: string;
  next: string;
  repeated: string;
}

/** Undefined for a post of the sign-in form. */
export function newPasswordIn(fields: Readonly<Record<string, string>>): NewPassword | undefined {
  const { source, new_password: next } = fields;
  if (source === undefined || next === undefined) return undefined;
  const { username = '', password: current = '', repeated = '' } = fields;
  return { source, username, current, next, repeated };
}

/** What can be said without asking the directory; whether it is good enough is for the directory to say. */
export function faultOf({ current, next, repeated }: NewPassword, texts: Texts): Fault | undefined {
  const { faults } = texts.localAccounts;
  if (next !== repeated) return { field: 'repeated', text: faults.different };
  if (next === current) return { field: 'new_password', text: faults.same };
  return undefined;
}

/** @throws Refusal unless the directory took it */
export async function changeExpired(usersource: Usersource, { username, current, next }: NewPassword): Promise<void> {
  if (!usersource.changePassword) {
    throw new Refusal('usersource.misconfigured', 'it wants a new password, and offers no way to change one');
  }
  await usersource.changePassword({ username, current, next });
}

/** What to say on the same page; undefined for trouble that is not the person's. */
export function faultFor(
  refusal: Refusal,
  texts: Texts,
  waitMinutes: number,
): { fault: Fault; status: number } | undefined {
  switch (refusal.code) {
    case 'password.wrong':
    case 'password.unknown_name':
    case 'account.disabled':
      return { fault: { field: 'password', text: texts.localAccounts.faults.old }, status: 422 };
    case 'password.unacceptable':
      return { fault: { field: 'new_password', text: texts.expiredPassword.unacceptable }, status: 422 };
    case 'password.throttled':
      return { fault: { field: 'password', text: texts.signIn.throttled(waitMinutes) }, status: 429 };
    default:
      return undefined;
  }
}
