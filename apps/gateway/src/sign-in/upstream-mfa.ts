import type { AudiencePolicy, UsersourceRecord } from '@passbroker/model';
import { capabilityOf } from '@passbroker/usersource-policy';

/** Whether an upstream's second factor counts as ours: only by the policy's own list, and never a password's (I15). */
export function upstreamMfaCounts(
  { type }: Pick<UsersourceRecord, 'type'>,
  { acceptUpstreamMfa: accepted }: Pick<AudiencePolicy, 'acceptUpstreamMfa'>,
  methods: readonly string[],
  acr: string | undefined,
): boolean {
  if (!accepted || capabilityOf(type).password) return false;
  return methods.some((method) => accepted.amr.includes(method)) || (acr !== undefined && accepted.acr.includes(acr));
}
