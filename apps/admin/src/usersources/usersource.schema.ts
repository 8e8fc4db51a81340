import { z } from 'zod';
import { confirmation } from '../changes/change.schema.js';
import { dryRunQuery } from '../http/dry-run.js';
import { flag, pageQuery } from '../http/pages.js';
import { filterShape, isReservedGroup, mappingShape } from '@passbroker/usersources/settings';
import { audience, brandName, domain, line, networks, settings, slug, stamps } from '../records/members.js';

const sso = z.enum(['none', 'background', 'automatic']);
const display = z.enum(['form', 'button', 'icon', 'hidden']);
const jit = z.strictObject({
  create: z
    .enum(['on', 'off', 'registration'])
    .default('off')
    .describe('Whether an unknown person gets an account; `registration`: where the brand’s is open'),
  grant: z
    .array(line(100).refine((group) => !isReservedGroup(group), 'is reserved: no usersource gives it'))
    .max(100)
    .default([])
    .describe('Groups a new account starts with'),
  seatCap: z
    .int()
    .min(0)
    .max(10_000_000)
    .nullable()
    .default(null)
    .describe('How many accounts that are not disabled it may have made; null: as many as come'),
});
const linking = z.strictObject({
  mode: z
    .enum(['never', 'prove', 'auto_verified'])
    .default('prove')
    .describe('When the e-mail address is somebody’s already'),
  authoritativeDomains: z
    .array(domain)
    .max(200)
    .default([])
    .describe('Domains whose addresses it answers for, shown to be yours: only these count as verified'),
});

export const usersourceDraft = z
  .strictObject({
    slug,
    type: z.string().min(1).max(40).describe('Which way in it is. Never changes'),
    brand: brandName,
    audience: audience.describe('Who comes in by it. Never changes'),
    label: line(120).describe('What people read: “Continue with …”'),
    enabled: z.boolean().default(true).describe('Off: nobody comes in by it, and whoever did is out within a second'),
    sso: sso
      .default('none')
      .describe('`background` asks it without a page, `automatic` sends everybody there. One of a brand and audience'),
    display: display.optional().describe('Where it stands on the sign-in page. Left out: what suits the type'),
    order: z.int().min(0).max(100_000).default(100).describe('Lower ones come first'),
    hintable: z.boolean().default(true).describe('Whether an application may choose it (`usersource`, `idp_hint`)'),
    forwardPassive: z.boolean().default(true).describe('Whether `prompt=none` may ask it without a page'),
    slo: z.boolean().default(true).describe('Whether who signs out here is signed out there too, where the type can'),
    domains: z
      .array(domain)
      .max(200)
      .default([])
      .describe('Whose e-mail addresses lead here, with the brand’s `hrd`; those that `/v1/domains` shows to be yours'),
    networks: networks.default([]).describe('Where its SSO is in force, as CIDR (`192.0.2.0/24`); empty: everywhere'),
    jit: jit.prefault({}).describe('Accounts for newcomers'),
    linking: linking.prefault({}).describe('Which account an identity is'),
    mapping: mappingShape
      .prefault({})
      .describe('What is made of what the usersource says: CEL over `said`, `claims`, `subject` and `usersource`'),
    filter: filterShape.nullable().default(null),
    sync: z
      .enum(['create', 'every'])
      .default('every')
      .describe('Whether a person is described anew at every sign-in, or only when their account is made'),
    settings: settings
      .default({})
      .describe('By type. Secrets are write-only: null clears one, leaving it out keeps it'),
    swap: z.boolean().optional().describe('Take SSO over from the usersource that has it, in one step'),
  })
  .meta({ id: 'UsersourceDraft' });

export type UsersourceDraft = z.infer<typeof usersourceDraft>;

export const usersourceView = z
  .object({
    id: z.string(),
    slug: z.string(),
    type: z.string(),
    brand: z.string().describe('Slug'),
    audience,
    label: z.string(),
    enabled: z.boolean(),
    sso,
    display,
    order: z.int(),
    hintable: z.boolean(),
    forwardPassive: z.boolean(),
    slo: z.boolean(),
    domains: z.array(z.string()),
    networks: z.array(z.string()),
    jit: z.object({
      create: z.enum(['on', 'off', 'registration']),
      grant: z.array(z.string()),
      seatCap: z.int().nullable().optional(),
    }),
    linking: z.object({
      mode: z.enum(['never', 'prove', 'auto_verified']),
      authoritativeDomains: z.array(z.string()),
    }),
    mapping: z.object({
      name: z.string().optional(),
      email: z.string().optional(),
      username: z.string().optional(),
      groups: z.string().optional(),
      attributes: z.record(z.string(), z.string()),
    }),
    filter: z.string().nullable(),
    sync: z.enum(['create', 'every']),
    settings: z.record(z.string(), z.unknown()).describe('Without the secrets'),
    secretsSet: z.array(z.string()).describe('Secrets that are set; nobody can read them'),
    settingsVersion: z.int(),
    badge: z
      .object({
        mode: z.enum(['background', 'automatic']),
        state: z.enum(['in_force', 'source_disabled', 'off_network', 'down', 'unproven']),
      })
      .nullable(),
    health: z
      .enum(['ok', 'down', 'unknown'])
      .describe('`unknown` until a gateway has said, and three minutes after it last did'),
    healthDetail: z
      .object({
        since: z.iso.datetime().describe('When it became so'),
        at: z.iso.datetime().describe('When that was last seen'),
        detail: z.string(),
      })
      .nullable(),
    proven: z
      .object({ at: z.string(), settingsVersion: z.int() })
      .nullable()
      .describe('Somebody really signed in at the current settings'),
    warnings: z.array(z.string()),
    confirmation,
    ...stamps,
  })
  .meta({ id: 'Usersource' });

export const usersourceFilters = z.strictObject({
  ...pageQuery,
  slug: z.string().min(1).max(80).optional(),
  brand: brandName.optional(),
  audience: audience.optional(),
  type: z.string().min(1).max(40).optional(),
  enabled: flag.optional(),
  sso: sso.optional(),
});

export const usersourceWriteQuery = z.strictObject({
  ...dryRunQuery,
  swap: flag.optional().describe('Take SSO over from the usersource that has it, in one step'),
});
