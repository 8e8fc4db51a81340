import { z } from 'zod';
import { dryRunQuery } from '../http/dry-run.js';
import { flag, pageQuery } from '../http/pages.js';
import { audience, line, stamps } from '../records/members.js';

const email = z.strictObject({
  value: z.email().max(254).describe('The address'),
  verified: z.boolean().default(false).describe('True only when you know that it is theirs'),
});

export const accountDraft = z
  .strictObject({
    audience: audience.describe('Never changes: an account is a user’s or an agent’s'),
    admin: z.boolean().default(false).describe('A role of agents. Needs the scope `admins:write` besides'),
    username: line(120).nullable().default(null).describe('May be typed instead of an address'),
    name: line(200).describe('What people and applications read'),
    emails: z
      .array(email)
      .max(20)
      .default([])
      .refine((list) => new Set(list.map(({ value }) => value.toLowerCase())).size === list.length, 'named twice')
      .describe('Any of them may be typed to sign in'),
    groups: z.array(line(100)).max(500).default([]).describe('Told to applications that ask for the scope `groups`'),
    attributes: z.record(line(100), z.string().max(2_000)).default({}).describe('Told with the scope `attributes`'),
    disabled: z.boolean().default(false).describe('On: out within a second, everywhere'),
    password: z
      .string()
      .nullable()
      .optional()
      .describe('Write-only, 12 characters or more. null takes it away, leaving it out keeps it'),
  })
  .refine((account) => !account.admin || account.audience === 'agents', {
    path: ['admin'],
    message: 'only agents can be admins',
  })
  .meta({ id: 'AccountDraft' });

export type AccountDraft = z.infer<typeof accountDraft>;

export const accountView = z
  .object({
    id: z.string(),
    audience,
    admin: z.boolean(),
    username: z.string().nullable(),
    name: z.string(),
    emails: z.array(z.object({ value: z.string(), verified: z.boolean() })),
    groups: z.array(z.string()),
    attributes: z.record(z.string(), z.string()),
    disabled: z.boolean(),
    ...stamps,
  })
  .meta({ id: 'Account' });

export const accountFilters = z.strictObject({
  ...pageQuery,
  audience: audience.optional(),
  admin: flag.optional(),
  disabled: flag.optional(),
  username: z.string().min(1).max(120).optional(),
  email: z.string().min(1).max(254).optional(),
});

export const accountWriteQuery = z.strictObject({ ...dryRunQuery });
