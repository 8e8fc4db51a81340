import { z } from 'zod';
import { AUDIENCES } from '@passbroker/model';
import { checkChange, decide, mergePatch } from '@passbroker/usersource-policy';
import type { OwnDomains } from '../domains/own-domains.js';
import { ok, type Answer } from '../http/answer.js';
import type { Ask } from '../http/ask.js';
import { complaintsOf, invalid, parseBody, parseQuery } from '../http/complaints.js';
import { dryRunQuery } from '../http/dry-run.js';
import { audience } from '../records/members.js';
import type { PolicyBook } from './policy-book.js';

const text = z.string().max(300);
const surface = z.enum(['portal', 'agent', 'admin']);
const seconds = z.number().min(0).max(1e9);

const sessionInput = z.strictObject({
  brand: text.optional().describe('Left out: the brand that is asked'),
  audience,
  usersource: text,
  admin: z.boolean().optional(),
  ageSec: seconds.default(60),
  idleSec: seconds.default(60),
  authAgeSec: seconds.default(60),
  mfa: z.boolean().optional(),
  impersonated: z.boolean().optional(),
});

const input = z
  .strictObject({
    path: z.string().min(1).max(2_000).regex(/^\//, 'begins with a slash').describe('What the browser asks for'),
    kind: z.enum(['navigate', 'fetch', 'submit']).optional(),
    client: z.strictObject({ audience }).nullable().optional().describe('The application that asks'),
    session: sessionInput.nullable().optional(),
    bypass: z.enum(['none', 'sso_off', 'recovery_valid', 'recovery_invalid']).optional(),
    prompt: z.enum(['none', 'login', 'select_account', 'consent']).nullable().optional(),
    maxAge: seconds.nullable().optional(),
    mfaAsked: z.boolean().optional().describe('The application asks for a second factor, or the person has one'),
    loginHint: text.nullable().optional(),
    idpHint: text.nullable().optional(),
    ip: z.union([z.ipv4(), z.ipv6()]).optional(),
    probe: z.enum(['untried', 'failed', 'no_cookies']).optional(),
    lastError: z.strictObject({ source: text, code: text }).nullable().optional(),
    justLoggedOut: z.boolean().optional(),
    hops: z.int().min(0).max(1_000).optional(),
  })
  .meta({ id: 'SimulatedRequest' });

/** A brand's policy after the draft: parsed before anybody decides by it. */
const brandPolicy = z.object({
  enabled: z.boolean().optional(),
  guestAccess: z.boolean().optional(),
  registration: z.enum(['open', 'closed']).optional(),
  audiences: z
    .partialRecord(
      z.enum(AUDIENCES),
      z.object({
        hrd: z.enum(['off', 'prefill', 'route']).optional(),
        automaticScope: z.enum(['exclusive', 'default']).optional(),
        singleOption: z.enum(['show', 'redirect']).optional(),
        offNetwork: z.enum(['degrade', 'deny']).optional(),
        mfa: z.enum(['none', 'required']).optional(),
        idleSec: z.number().optional(),
        absoluteSec: z.number().optional(),
      }),
    )
    .optional(),
  bypass: z.object({ surfaces: z.array(surface).optional(), networks: z.array(z.string()).optional() }).optional(),
  usersources: z
    .record(
      z.string().max(80),
      z.object({
        type: z.string(),
        audience,
        enabled: z.boolean().optional(),
        sso: z.enum(['none', 'background', 'automatic']).optional(),
        display: z.enum(['form', 'button', 'icon', 'hidden']).optional(),
        order: z.number().optional(),
        domains: z.array(z.string()).optional(),
        networks: z.array(z.string()).optional(),
        health: z.enum(['ok', 'down']).optional(),
        hintable: z.boolean().optional(),
        forwardPassive: z.boolean().optional(),
        slo: z.boolean().optional(),
        label: z.string().optional(),
      }),
    )
    .optional(),
});

export const simulationAsked = z
  .strictObject({
    brand: z.string().min(1).max(80).describe('Slug'),
    request: input,
    draft: z
      .record(z.string(), z.unknown())
      .default({})
      .describe(
        'Merge patch (RFC 7396) over the brand’s policy: `enabled`, `guestAccess`, `registration`, `audiences`, `bypass`, and `usersources` by slug',
      ),
  })
  .meta({ id: 'SimulationRequest' });

export const simulationResult = z
  .object({
    decision: z
      .looseObject({ action: z.string(), reason: z.string().describe('Why, by name') })
      .describe('What would happen to the request'),
    check: z
      .object({ accepted: z.boolean(), errors: z.array(z.string()) })
      .describe('Whether the draft itself could be saved'),
  })
  .meta({ id: 'Simulation' });

export const simulationQuery = z.strictObject({ ...dryRunQuery });

/** "What would happen if": decides one request by the configuration as it is, or as a draft would make it. */
export class Simulation {
  constructor(
    private readonly policies: PolicyBook,
    private readonly domains: OwnDomains,
  ) {}

  async run(ask: Ask): Promise<Answer> {
    parseQuery(simulationQuery, ask.query);
    const { brand, request, draft } = parseBody(simulationAsked, ask.body);
    const { brands, snapshot } = await this.policies.read();
    if (!Object.hasOwn(brands, brand)) {
      throw invalid({ pointer: '/brand', code: 'unknown_reference', message: 'there is no such brand' });
    }
    const drafted = brandPolicy.safeParse(mergePatch(brands[brand], draft));
    if (!drafted.success) throw invalid(...complaintsOf(drafted.error.issues, ['draft']));
    const { session, ...rest } = request;
    const decision = decide(
      { brands: await this.domains.inForce({ ...brands, [brand]: drafted.data }) },
      { ...rest, brand, ...(session ? { session: { ...session, brand: session.brand ?? brand } } : {}) },
    );
    const check = checkChange(snapshot, { brands: { [brand]: draft } });
    return ok({ decision, check: { accepted: check.accepted, errors: check.accepted ? [] : check.errors } });
  }
}
