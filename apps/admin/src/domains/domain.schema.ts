import { z } from 'zod';
import { dryRunQuery } from '../http/dry-run.js';
import { flag, pageQuery } from '../http/pages.js';
import { domain, stamps } from '../records/members.js';

export const domainDraft = z
  .strictObject({ name: domain.describe('A mail domain, exactly: it says nothing of those below it') })
  .meta({ id: 'DomainDraft' });

export type DomainDraft = z.infer<typeof domainDraft>;

export const domainView = z
  .object({
    id: z.string(),
    name: z.string(),
    verified: z.boolean().describe('Whether usersources that name it mean it'),
    verifiedAt: z.iso.datetime().nullable(),
    record: z
      .object({ type: z.enum(['TXT']), name: z.string(), value: z.string() })
      .nullable()
      .describe('What to put into its DNS; null where nobody can register the name, and nothing is to be proven'),
    ...stamps,
  })
  .meta({ id: 'Domain' });

export const domainFilters = z.strictObject({
  ...pageQuery,
  name: z.string().min(1).max(253).optional(),
  verified: flag.optional(),
});

export const domainWriteQuery = z.strictObject({ ...dryRunQuery });
