import { Unsettled } from '../sign-in/unsettled.js';

/** A newcomer whose usersource names no e-mail address: they are asked for one before an account is made. */
export class AddressMissing extends Unsettled {
  constructor(usersource: string, reason: string) {
    super('account.none', `${reason}: ${usersource} sent no e-mail address`);
  }
}
