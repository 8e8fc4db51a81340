import type { UsersourceRecord } from '@passbroker/model';
import { capabilityOf, type LinkInput } from '@passbroker/usersource-policy';
import { usersourceSettings } from '@passbroker/usersources';

/** What the linking table asks of a usersource. */
export const linkingSource = (record: UsersourceRecord): LinkInput['source'] => ({
  enabled: record.enabled,
  audience: record.audience,
  linkMode: record.linking.mode,
  authoritative: record.linking.authoritativeDomains,
  jit: record.jit.create,
  grant: record.jit.grant,
  publicIdp: usersourceSettings(record.type)?.isPublic?.(record.settings) ?? capabilityOf(record.type).publicIdp,
  restricted: record.domains.length > 0 || record.filter !== null,
});
