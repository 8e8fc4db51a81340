import type { UsersourceRecord } from '@passbroker/model';
import { capabilityOf, type LinkSource } from '@passbroker/usersource-policy';
import { usersourceSettings } from '@passbroker/usersources';

/** The address that somebody comes with, as far as the usersource vouches for it. */
export interface ToldAddress {
  domain: string | null;
  verified: boolean;
}

/**
 * A usersource as the linking table sees it for one person. Its domains restrict it only for people who come with a
 * verified address in one of them: that it has any keeps out nobody.
 */
export function linkSourceOf(record: UsersourceRecord, { domain, verified }: ToldAddress): LinkSource {
  const isOfItsDomains = verified && record.domains.some((own) => own.toLowerCase() === domain);
  return {
    enabled: record.enabled,
    audience: record.audience,
    linkMode: record.linking.mode,
    authoritative: record.linking.authoritativeDomains,
    jit: record.jit.create,
    grant: record.jit.grant,
    publicIdp:
      capabilityOf(record.type).publicIdp || usersourceSettings(record.type)?.isPublic?.(record.settings) === true,
    restricted: isOfItsDomains || record.filter !== null,
  };
}

export const domainOf = (email: string | null | undefined): string | null =>
  email?.slice(email.lastIndexOf('@') + 1).toLowerCase() ?? null;
