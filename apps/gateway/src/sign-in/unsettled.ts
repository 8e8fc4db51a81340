import { Refusal, type IdentityAssertion, type UsersourceRecord } from '@passbroker/model';
import type { Answer } from '../http/answer.js';
import type { Visit } from '../http/visit.js';
import type { Destination } from './walks.js';

/**
 * Somebody showed who they are upstream, and whose account that is takes one more answer of theirs. Where nobody can
 * be asked, it is a refusal like others.
 */
export abstract class Unsettled extends Refusal {
  /** Whose account it may be, where one is known. */
  readonly accountId: string | undefined = undefined;
}

/** Leads to the page where they are asked. */
export type AskUnsettled = (
  visit: Visit,
  record: UsersourceRecord,
  assertion: IdentityAssertion,
  unsettled: Unsettled,
  to: Destination,
) => Promise<Answer>;
