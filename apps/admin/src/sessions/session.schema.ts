import { z } from 'zod';
import { dryRunQuery } from '../http/dry-run.js';
import { pageQuery } from '../http/pages.js';
import { audience } from '../records/members.js';

export const sessionView = z
  .object({
    id: z.string(),
    account: z.string().describe('Id of the account'),
    brand: z.string().describe('Slug'),
    usersource: z.string().describe('Slug of the usersource they came in by'),
    audience,
    methods: z.array(z.string()).describe('How they showed who they are, in words of RFC 8176'),
    mfa: z.boolean(),
    device: z
      .object({ ip: z.string(), userAgent: z.string() })
      .nullable()
      .describe('What the browser said when the session began'),
    createdAt: z.iso.datetime(),
    authenticatedAt: z.iso.datetime().describe('When they last showed who they are'),
    lastSeenAt: z.iso.datetime().describe('To the minute'),
  })
  .meta({ id: 'Session' });

export const sessionFilters = z.strictObject({
  ...pageQuery,
  account: z.string().min(1).max(80).describe('Id of an account: sessions are listed by whom they are'),
});

export const sessionWriteQuery = z.strictObject({ ...dryRunQuery });

/** What the gateway answers: times in milliseconds since the epoch. */
const kept = z.object({
  id: z.string().length(24),
  account: z.string(),
  brand: z.string(),
  usersource: z.string(),
  audience,
  methods: z.array(z.string()),
  mfa: z.boolean(),
  device: z.object({ ip: z.string(), agent: z.string() }).optional(),
  createdAt: z.number(),
  authTime: z.number(),
  lastSeen: z.number(),
});
export type KeptSession = z.infer<typeof kept>;

export const sessionAnswer = kept.nullable();
export const sessionPage = z.object({
  data: z.array(kept),
  next: z.string().nullable(),
  previous: z.string().nullable(),
});
export const endedAnswer = z.object({ ended: z.number().int() });
