import { z } from 'zod';
import { Refusal, type IdentityAssertion } from '@passbroker/model';
import type { Claims } from '../openid-connect/signed-token.js';
import type { Dialect } from './dialects.js';

const groupNames = z.array(z.string().max(1_024)).max(1_000);

/** @throws Refusal upstream.malformed when it names nobody */
export function identityFrom(
  claims: Claims,
  names: Dialect['claims'],
): Pick<IdentityAssertion, 'subject' | 'claims' | 'said'> {
  const email = text(claims[names.email]);
  const name = text(claims[names.name]);
  const username = text(claims[names.username]);
  const groups = groupNames.safeParse(claims[names.groups]).data;
  const verified = claims['email_verified'];
  return {
    subject: subjectOf(claims, names),
    claims: {
      // The company's own site vouches for its addresses, as with Multipass; whether that is enough is the policy's.
      ...(email !== undefined && { email, emailVerified: verified === undefined || verified === true }),
      ...(name !== undefined && { name }),
      ...(username !== undefined && { username }),
      ...(groups && { groups }),
    },
    said: claims,
  };
}

function subjectOf(claims: Claims, { subject, email }: Dialect['claims']): string {
  const value: unknown = claims[subject];
  const said = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof said !== 'string' || !/^[^\p{Cc}]{1,255}$/u.test(said) || said.trim() === '') {
    throw new Refusal('upstream.malformed', `jwt: ${subject} does not say who it is`);
  }
  // Addresses are written in any case and mean one mailbox; ids are who they are, letter by letter.
  return subject === email ? said.trim().toLowerCase() : said;
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' && value.length <= 1_024 ? value.trim() : undefined;
