import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from './problem.js';

export const etagOf = (revision: number): string => `"${revision}"`;

const tagsIn = (header: string): string[] => header.split(',').map((tag) => tag.trim());

/**
 * RFC 9110, section 13. Weak tags never match here: what they call equal may differ in what a policy says.
 * Answers the revision that the write must still find, so that of two writers with one tag one loses.
 */
export function heldRevision(
  headers: IncomingHttpHeaders,
  current: { revision: number } | undefined,
  required: boolean,
): number | undefined {
  const ifMatch = headers['if-match'];
  if (headers['if-none-match'] !== undefined && current) {
    const none = tagsIn(headers['if-none-match']);
    if (none.includes('*') || none.includes(etagOf(current.revision))) {
      throw new Problem('revision.mismatch', 'it exists already');
    }
  }
  if (ifMatch === undefined) {
    if (current && required) throw new Problem('revision.required');
    return undefined;
  }
  const tags = tagsIn(ifMatch);
  if (current && (tags.includes('*') || tags.includes(etagOf(current.revision)))) return current.revision;
  throw new Problem('revision.mismatch');
}
