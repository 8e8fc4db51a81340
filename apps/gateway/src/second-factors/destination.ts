import { isTransactionId } from '@passbroker/sign-in';
import type { CatalogReader } from '@passbroker/catalog';
import type { Visit } from '../http/visit.js';
import { formTargets } from '../sign-in/form-targets.js';
import { pathOfOurs } from '../sign-in/return-to.js';
import type { CompletionService } from '../sign-in/completion.service.js';
import type { Destination } from '../sign-in/walks.js';

export const ACCOUNT = '/account';

type Given = Readonly<Record<string, string | undefined>>;

/** Where somebody is going, as the page before said it; their own account when it said nothing we know. */
export function destinationOf(visit: Visit, { transaction, return_to: returnTo }: Given): Destination {
  if (transaction !== undefined && isTransactionId(transaction)) return { transaction };
  return { returnTo: pathOfOurs(returnTo, visit.brand.origin) ?? ACCOUNT };
}

export const destinationFields = (to: Destination): { name: string; value: string }[] =>
  'transaction' in to ? [{ name: 'transaction', value: to.transaction }] : [{ name: 'return_to', value: to.returnTo }];

/** A post of a page in between ends at the application, too (WEB-009). */
export async function targetsOf(
  completion: CompletionService,
  catalog: CatalogReader,
  visit: Visit,
  to: Destination,
): Promise<string[]> {
  if (!('transaction' in to)) return [];
  const door = await completion.applicationDoor(visit, to.transaction);
  return formTargets(door.transaction && (await catalog.application(door.transaction.application)));
}
