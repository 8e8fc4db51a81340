import { createHash } from 'node:crypto';

/**
 * Settings as policy sees them: the same or not. One word, because a merge patch of objects would keep what a full
 * replace has dropped, and take edited settings for the old ones that were proven.
 */
export const fingerprint = (settings: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(settings, (_name, value: unknown) => sorted(value)))
    .digest('base64url');

/** Postgres keeps no order of members. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
