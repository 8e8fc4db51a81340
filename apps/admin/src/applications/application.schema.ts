import { z } from 'zod';
import { dryRunQuery } from '../http/dry-run.js';
import { flag, pageQuery } from '../http/pages.js';
import { audience, brandName, line, settings, slug, stamps } from '../records/members.js';

export const applicationDraft = z
  .strictObject({
    slug,
    protocol: z.string().min(1).max(40).describe('`oidc`. Never changes'),
    brand: brandName,
    audience: audience.describe('Whose application it is'),
    name: line(120).describe('What people read'),
    enabled: z.boolean().default(true).describe('Off: nobody gets a pass, and passes it has are refused'),
    settings: settings
      .default({})
      .describe('By protocol; OIDC client metadata keep RFC 7591’s names. Secrets: null clears, leaving out keeps'),
  })
  .meta({ id: 'ApplicationDraft' });

export type ApplicationDraft = z.infer<typeof applicationDraft>;

export const applicationView = z
  .object({
    id: z.string(),
    slug: z.string(),
    protocol: z.string(),
    brand: z.string().describe('Slug'),
    audience,
    name: z.string(),
    enabled: z.boolean(),
    settings: z.record(z.string(), z.unknown()).describe('Without the secrets'),
    secretsSet: z.array(z.string()).describe('Secrets that are set; nobody can read them'),
    warnings: z.array(z.string()),
    secrets: z.record(z.string(), z.string()).optional().describe('Made by the server in this very answer. Shown once'),
    ...stamps,
  })
  .meta({ id: 'Application' });

export const applicationFilters = z.strictObject({
  ...pageQuery,
  slug: z.string().min(1).max(80).optional(),
  brand: brandName.optional(),
  audience: audience.optional(),
  protocol: z.string().min(1).max(40).optional(),
  enabled: flag.optional(),
});

export const applicationWriteQuery = z.strictObject({ ...dryRunQuery });
