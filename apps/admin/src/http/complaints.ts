import type { z } from 'zod';
import { Problem, type Complaint } from './problem.js';

const escaped = (part: PropertyKey): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1');

export const pointerTo = (...path: PropertyKey[]): string => path.map((part) => `/${escaped(part)}`).join('');

/** What a schema found wrong, as pointers; the value itself is never repeated, for it may be a secret. */
export function complaintsOf(issues: readonly z.core.$ZodIssue[], base: PropertyKey[] = []): Complaint[] {
  return issues.flatMap((issue) => {
    const path = [...base, ...issue.path];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        pointer: pointerTo(...path, key),
        code: 'unknown_member',
        message: 'there is no such member here',
      }));
    }
    return [{ pointer: pointerTo(...path), code: issue.code, message: issue.message }];
  });
}

export const invalid = (...errors: Complaint[]): Problem => new Problem('request.invalid', undefined, { errors });

/** @throws Problem request.invalid */
export function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw invalid(...complaintsOf(parsed.error.issues));
  return parsed.data;
}

/** @throws Problem request.malformed: also for a parameter we do not know, for `?dryrun=true` must not write. */
export function parseQuery<Schema extends z.ZodType>(schema: Schema, query: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(query);
  if (!parsed.success) {
    throw new Problem('request.malformed', undefined, { errors: complaintsOf(parsed.error.issues, ['query']) });
  }
  return parsed.data;
}
