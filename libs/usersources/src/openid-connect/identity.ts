import { z } from 'zod';
import { Refusal, type IdentityAssertion } from '@passbroker/model';
import { subjectOf } from './id-token.js';
import type { Claims } from './signed-token.js';
import type { Vendor } from './vendors.js';

const MAX_GROUPS = 1_000;
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Of the protocol, not of the person. Claims of other parties are never fetched, so their pointers are of no use. */
const NOT_SAID = new Set(['nonce', 'at_hash', 'c_hash', 's_hash', '_claim_names', '_claim_sources']);

export interface Naming {
  vendor: Pick<Vendor, 'subject' | 'emailProof' | 'claims'>;
  /** The admin's word that upstream verifies every address, though it does not say so. */
  trustEmails: boolean;
}

/** @param told claims of a checked ID token; @param more claims of userinfo, whose subject was compared */
export function identityFrom(
  told: Claims,
  more: Record<string, unknown>,
  { vendor, trustEmails }: Naming,
): Pick<IdentityAssertion, 'subject' | 'claims' | 'said'> {
  const said = Object.fromEntries(Object.entries({ ...more, ...told }).filter(([name]) => !NOT_SAID.has(name)));
  const { claims: names } = vendor;
  const email = text(said[names.email]);
  const name = text(said[names.name]);
  const username = text(said[names.username]);
  const groups = groupsOf(said[names.groups]);
  return {
    subject: vendor.subject === 'sub' ? subjectOf(told) : tenantAndObject(told),
    claims: {
      ...(email !== undefined && { email, emailVerified: trustEmails || isVerified(said, email, vendor.emailProof) }),
      ...(name !== undefined && { name }),
      ...(username !== undefined && { username }),
      ...(groups && { groups }),
    },
    said,
  };
}

/** `sub` of Entra ID belongs to one app registration; the object of a tenant stays who it is in all of them. */
function tenantAndObject({ tid, oid }: Claims): string {
  if (typeof tid !== 'string' || typeof oid !== 'string' || !GUID.test(tid) || !GUID.test(oid)) {
    throw new Refusal('upstream.untrusted', 'ID token: tid and oid do not name somebody of a tenant');
  }
  return `${tid.toLowerCase()}/${oid.toLowerCase()}`;
}

function isVerified(said: Record<string, unknown>, email: string, proof: Vendor['emailProof']): boolean {
  const claim = said['email_verified'];
  switch (proof) {
    case 'claim':
      return claim === true;
    case 'claim_or_text':
      return claim === true || claim === 'true';
    case 'own_domains':
      // Google answers only for its own addresses and for those of a Workspace; others it once wrote a letter to.
      return claim === true && (/@gmail\.com$/i.test(email) || text(said['hd']) !== undefined);
    case 'domain_owner':
      // Seen as true and as 1, and as text; all of them are signed.
      return [true, 1, 'true', '1'].some((yes) => said['xms_edov'] === yes);
    case 'never':
      return false;
  }
}

/** Apple tells the name once, beside the token, in the person's own browser: good for greeting them and nothing else. */
export function nameInApplesForm(user: string | undefined): string | undefined {
  if (user === undefined || user.length > 2_048) return undefined;
  try {
    const { name } = applesUser.parse(JSON.parse(user));
    return text([name.firstName, name.lastName].filter(Boolean).join(' '));
  } catch {
    return undefined;
  }
}

const applesUser = z.object({
  name: z.object({ firstName: z.string().max(200).optional(), lastName: z.string().max(200).optional() }),
});

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' && value.length <= 1_024 ? value.trim() : undefined;

const groupNames = z.array(z.string().max(1_024)).max(MAX_GROUPS);

const groupsOf = (value: unknown): string[] | undefined =>
  groupNames.safeParse(typeof value === 'string' ? [value] : value).data;
