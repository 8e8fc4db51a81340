import { z } from 'zod';
import { DEFAULT_AUDIENCE_POLICY, DEFAULT_BYPASS } from '@passbroker/catalog';
import { dryRunQuery } from '../http/dry-run.js';
import { flag, pageQuery } from '../http/pages.js';
import { line, networks, slug, stamps } from '../records/members.js';

const seconds = z.int().min(60).max(31_536_000);
const references = z.array(z.string().min(1).max(200)).max(50);
const audiencePolicy = z.strictObject({
  hrd: z
    .enum(['off', 'prefill', 'route'])
    .default(DEFAULT_AUDIENCE_POLICY.hrd)
    .describe('Home-realm discovery by e-mail domain'),
  automaticScope: z
    .enum(['exclusive', 'default'])
    .default(DEFAULT_AUDIENCE_POLICY.automaticScope)
    .describe('Whether a hint may leave Automatic SSO'),
  singleOption: z
    .enum(['show', 'redirect'])
    .default(DEFAULT_AUDIENCE_POLICY.singleOption)
    .describe('What becomes of a sign-in page that would hold one button alone'),
  offNetwork: z
    .enum(['degrade', 'deny'])
    .default(DEFAULT_AUDIENCE_POLICY.offNetwork)
    .describe('Automatic SSO outside its networks: the sign-in page, or a refusal'),
  mfa: z
    .enum(['none', 'required'])
    .default(DEFAULT_AUDIENCE_POLICY.mfa)
    .describe('Whether everybody has to show a second factor'),
  acceptUpstreamMfa: z
    .strictObject({
      acr: references.default([]).describe('Any of these'),
      amr: references.default([]).describe('Any of these'),
    })
    .optional()
    .describe('What an upstream must have said for its second factor to count as ours; without it none does'),
  idleSec: seconds.default(DEFAULT_AUDIENCE_POLICY.idleSec).describe('A session that nobody used for so long is over'),
  absoluteSec: seconds
    .default(DEFAULT_AUDIENCE_POLICY.absoluteSec)
    .describe('A session is over after so long, used or not'),
  sessionsPerAccount: z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe('The oldest of an account’s sessions end when there are more; without it there is no limit'),
});
const surface = z.enum(['portal', 'agent', 'admin']);

/** Ports are part of a host where they are not the scheme's own. */
const host = z
  .string()
  .max(260)
  .regex(/^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/, 'a Host header in lower case');

const httpsUrl = z.url({ protocol: /^https$/ }).max(2_000);
/** Pictures only, and none that can hold a script: an SVG is a document (ADM-014). */
const logo = z.union([
  httpsUrl,
  z
    .string()
    .max(90_000)
    .regex(/^data:image\/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/]+={0,2}$/, 'a png, jpeg, webp or gif'),
]);

const looks = z.strictObject({
  accent: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'a colour as #rrggbb')
    .optional()
    .describe('Colour of buttons and links'),
  logo: logo.optional().describe('Instead of the name: an https address, or a png, jpeg, webp or gif as `data:`'),
  supportUrl: httpsUrl.optional().describe('“Get help” at the foot of every page'),
  language: z
    .enum(['en', 'de', 'fr', 'es', 'ja'])
    .optional()
    .describe('Of the pages, for people whose browser asks for none of these'),
});

export const brandDraft = z
  .strictObject({
    slug,
    name: line(120).describe('What people read'),
    enabled: z.boolean().default(true).describe('Off: nothing of it answers, and nobody signs in'),
    hosts: z.array(host).min(1).max(50).describe('Host headers it answers to; the first is canonical'),
    guestAccess: z.boolean().default(false).describe('Whether the portal has a page for who is not signed in'),
    registration: z.enum(['open', 'closed']).default('closed').describe('Whether users may make an account themselves'),
    audiences: z
      .strictObject({
        users: audiencePolicy.prefault({}).describe('People on the portal'),
        agents: audiencePolicy.prefault({}).describe('Staff at `/agent/` and `/admin/`: the same members'),
      })
      .prefault({})
      .describe('How each of them signs in'),
    bypass: z
      .strictObject({
        surfaces: z.array(surface).max(3).default(DEFAULT_BYPASS.surfaces).describe('On which pages'),
        networks: networks.default([]).describe('From where, as CIDR; empty: from everywhere'),
      })
      .prefault({})
      .describe('Where `?sso=off` lets somebody past Automatic SSO'),
    recovery: z
      .strictObject({ mailLink: z.enum(['off', 'admins']).default('off').describe('To whom') })
      .prefault({})
      .describe(
        'Whether admins who are locked out can have a link mailed. It opens what their password would, without a second factor',
      ),
    looks: looks.prefault({}).describe('How its pages look'),
  })
  .meta({ id: 'BrandDraft' });

export type BrandDraft = z.infer<typeof brandDraft>;

const audiencePolicyView = z.object({
  hrd: z.enum(['off', 'prefill', 'route']),
  automaticScope: z.enum(['exclusive', 'default']),
  singleOption: z.enum(['show', 'redirect']),
  offNetwork: z.enum(['degrade', 'deny']),
  mfa: z.enum(['none', 'required']),
  acceptUpstreamMfa: z.object({ acr: z.array(z.string()), amr: z.array(z.string()) }).optional(),
  idleSec: z.int(),
  absoluteSec: z.int(),
  sessionsPerAccount: z.int().optional(),
});

export const brandView = z
  .object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    enabled: z.boolean(),
    hosts: z.array(z.string()),
    origin: z.string().describe('Where its pages are; made of the first host'),
    guestAccess: z.boolean(),
    registration: z.enum(['open', 'closed']),
    audiences: z.object({ users: audiencePolicyView, agents: audiencePolicyView }),
    bypass: z.object({ surfaces: z.array(surface), networks: z.array(z.string()) }),
    recovery: z.object({ mailLink: z.enum(['off', 'admins']) }),
    looks: z.object({
      accent: z.string().optional(),
      logo: z.string().optional(),
      supportUrl: z.string().optional(),
      language: z.string().optional(),
    }),
    ...stamps,
  })
  .meta({ id: 'Brand' });

export const brandFilters = z.strictObject({
  ...pageQuery,
  slug: z.string().min(1).max(80).optional(),
  enabled: flag.optional(),
});

export const brandWriteQuery = z.strictObject({ ...dryRunQuery });
