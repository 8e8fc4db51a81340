import { z } from 'zod';
import { SCOPES } from '../auth/caller.js';
import { dryRunQuery } from '../http/dry-run.js';
import { pageQuery } from '../http/pages.js';
import { line, stamps } from '../records/members.js';

export const apiTokenDraft = z
  .strictObject({
    name: line(120),
    scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).describe('No more than the token that asks has itself'),
    expiresAt: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .describe('Left out: in 90 days. null: never, which is for those who rotate by other means'),
  })
  .meta({ id: 'ApiTokenDraft' });

export type ApiTokenDraft = z.infer<typeof apiTokenDraft>;

export const apiTokenView = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    expiresAt: z.iso.datetime().nullable(),
    lastUsedAt: z.iso.datetime().nullable().describe('To the minute'),
    token: z.string().optional().describe('The token itself, in the answer that made it. Shown once, kept as a hash'),
    ...stamps,
  })
  .meta({ id: 'ApiToken' });

export const apiTokenFilters = z.strictObject({ ...pageQuery, name: z.string().min(1).max(120).optional() });

export const apiTokenWriteQuery = z.strictObject({ ...dryRunQuery });
