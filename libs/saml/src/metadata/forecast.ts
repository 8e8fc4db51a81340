import type { TrustedKey } from '../signature/trusted-key.js';
import type { IdpMetadata } from './read-metadata.js';

const DAY_MS = 86_400_000;

/** What will need an admin's hand, and when, in words; nothing while all is well for longer than `days`. */
export function forecast(
  metadata: Pick<IdpMetadata, 'signingKeys' | 'unusable' | 'validUntil'>,
  now: Date,
  days = 30,
): string[] {
  const soon = (end: Date): boolean => end.getTime() - now.getTime() < days * DAY_MS;
  const last = Math.max(...metadata.signingKeys.map((key) => key.validTo.getTime()));
  return [
    // As long as another one lives longer, the roll-over has been prepared.
    ...(soon(new Date(last)) ? metadata.signingKeys.map((key) => ending(key, now)) : []),
    ...(metadata.validUntil && soon(metadata.validUntil)
      ? [`the metadata is valid until ${day(metadata.validUntil)}: have it renewed`]
      : []),
    ...metadata.unusable,
  ];
}

const ending = ({ fingerprint, validTo }: TrustedKey, now: Date): string =>
  `the certificate ${fingerprint.slice(0, 23)}… ${validTo <= now ? 'ended' : 'ends'} on ${day(validTo)}`;

const day = (date: Date): string => date.toISOString().slice(0, 10);
