import { Refusal } from '@passbroker/model';

/** The refusal that an attempt ends in. Anything else that is thrown is a bug and flies on. */
export function refusalOf(attempt: () => unknown): Refusal {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('it was accepted');
}
