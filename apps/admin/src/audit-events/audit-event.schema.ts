import { z } from 'zod';
import { pageQuery } from '../http/pages.js';

export const auditEventView = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    action: z.string().describe('`<thing>.<verb in the past>`'),
    outcome: z.object({ result: z.enum(['ok', 'refused', 'failed']), code: z.string() }),
    reference: z.string().optional().describe('What the person was shown on the page that refused them'),
    actor: z
      .object({ type: z.enum(['account', 'api_token', 'system', 'visitor']), id: z.string().optional() })
      .optional(),
    targets: z.array(z.object({ type: z.string(), id: z.string() })),
    context: z.object({
      service: z.string(),
      brand: z.string().optional(),
      ip: z.string().optional(),
      requestId: z.string().optional(),
    }),
    detail: z.string().optional().describe('The reason in words'),
  })
  .meta({ id: 'AuditEvent' });

const instant = z.iso
  .datetime({ offset: true })
  .transform((value) => new Date(value))
  .meta({ wire: { type: 'string', format: 'date-time' } });

export const auditEventFilters = z.strictObject({
  ...pageQuery,
  action: z.string().min(1).max(100).optional(),
  result: z.enum(['ok', 'refused', 'failed']).optional(),
  code: z.string().min(1).max(100).optional(),
  reference: z
    .string()
    .min(1)
    .max(40)
    .transform((value) => value.toUpperCase())
    .meta({ wire: { type: 'string', maxLength: 40 } })
    .optional()
    .describe('The short reference a person reads out; upper and lower case are the same'),
  since: instant.optional(),
  until: instant.optional(),
});
