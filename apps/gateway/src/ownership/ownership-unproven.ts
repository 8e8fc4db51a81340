import type { Account } from '@passbroker/model';
import { Unsettled } from '../sign-in/unsettled.js';

/**
 * The address that came is an account's already. Whoever shows that this account is theirs may link the two; where
 * nobody can be asked, it is a refusal like others.
 */
export class OwnershipUnproven extends Unsettled {
  override readonly accountId: string;

  constructor(
    readonly account: Account,
    /** The account is linked to another subject of this same usersource, whose place this one takes. */
    readonly override: boolean,
    reason: string,
  ) {
    super('link.prove', `${reason}: the address is another account's; its owner must link it`);
    this.accountId = account.id;
  }
}
