import { LEAST_CHARS, MOST_BYTES, passwordFault, type PasswordFault } from '@passbroker/platform';

const COMPLAINTS: Record<PasswordFault, string> = {
  short: `a password has ${LEAST_CHARS} characters or more`,
  long: `a password has at most ${MOST_BYTES} bytes`,
  easy: 'this is easily guessed',
  common: 'this is among the passwords that are tried first',
  own_name: 'this is hardly more than their own name',
};

/** The rule that people meet on the gateway's pages, in the words of the API. */
export function passwordComplaint(password: string, ownNames: readonly string[]): string | undefined {
  const fault = passwordFault(password, ownNames);
  return fault && COMPLAINTS[fault];
}
