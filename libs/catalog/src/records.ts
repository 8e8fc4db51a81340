import { z } from 'zod';

/** Selects and the shapes of their rows, once for readers and writers. Aliases are the members' names. */
const text = z.string();
const texts = z.array(z.string());
const json = z.record(z.string(), z.unknown());
const audience = z.enum(['users', 'agents']);
const stamps = { createdAt: z.date(), updatedAt: z.date() };
const STAMPS = `t.created_at as "createdAt", t.updated_at as "updatedAt"`;

const audiencePolicy = z.object({
  hrd: z.enum(['off', 'prefill', 'route']),
  automaticScope: z.enum(['exclusive', 'default']),
  singleOption: z.enum(['show', 'redirect']),
  offNetwork: z.enum(['degrade', 'deny']),
  mfa: z.enum(['none', 'required']),
  acceptUpstreamMfa: z.object({ acr: texts, amr: texts }).optional(),
  idleSec: z.number(),
  absoluteSec: z.number(),
  sessionsPerAccount: z.number().optional(),
});

export const brandRow = z.object({
  id: text,
  slug: text,
  name: text,
  enabled: z.boolean(),
  hosts: texts,
  origin: text,
  guestAccess: z.boolean(),
  registration: z.enum(['open', 'closed']),
  audiences: z.object({ users: audiencePolicy, agents: audiencePolicy }),
  bypass: z.object({ surfaces: z.array(z.enum(['portal', 'agent', 'admin'])), networks: texts }),
  recovery: z.object({ mailLink: z.enum(['off', 'admins']) }),
  looks: z.object({
    accent: text.optional(),
    logo: text.optional(),
    supportUrl: text.optional(),
    language: text.optional(),
  }),
  revision: z.number(),
  ...stamps,
});

/** Only the default brand stores an origin; the others have its scheme and their first host. */
export const BRAND = `
  select t.id, t.slug, t.name, t.enabled, h.hosts,
    coalesce(t.origin, (select split_part(d.origin, '://', 1) from catalog.brand d where d.is_default) || '://' || h.hosts[1], '') as origin,
    t.guest_access as "guestAccess", t.registration, t.audiences, t.bypass, t.recovery, t.looks, t.revision, ${STAMPS}
  from catalog.brand t cross join lateral (
    select coalesce(array_agg(host order by position), '{}') as hosts from catalog.brand_host where brand = t.id) h`;

export const usersourceRow = z.object({
  id: text,
  slug: text,
  type: text,
  brand: text,
  audience,
  label: text,
  enabled: z.boolean(),
  sso: z.enum(['none', 'background', 'automatic']),
  display: z.enum(['form', 'button', 'icon', 'hidden']),
  order: z.number(),
  hintable: z.boolean(),
  forwardPassive: z.boolean(),
  slo: z.boolean(),
  domains: texts,
  networks: texts,
  jit: z.object({
    create: z.enum(['on', 'off', 'registration']),
    grant: texts,
    seatCap: z.number().nullable().optional(),
  }),
  linking: z.object({ mode: z.enum(['never', 'prove', 'auto_verified']), authoritativeDomains: texts }),
  mapping: z.object({
    name: text.optional(),
    email: text.optional(),
    username: text.optional(),
    groups: text.optional(),
    attributes: z.record(text, text),
  }),
  filter: text.nullable(),
  sync: z.enum(['create', 'every']),
  settings: json,
  settingsVersion: z.number(),
  proven: z.object({ at: text, settingsVersion: z.number() }).nullable(),
  revision: z.number(),
  ...stamps,
});

const usersource = (settings: string, described: string, claimed = 't.domains, t.linking') => `
  select t.id, t.slug, t.type, t.brand, t.audience, t.label, t.enabled, t.sso, t.display, t."order", t.hintable,
    t.forward_passive as "forwardPassive", t.slo, ${claimed}, t.networks, t.jit, ${described}, ${settings} as settings,
    t.settings_version as "settingsVersion", t.proven, t.revision, ${STAMPS}
  from catalog.usersource t`;

const own = (list: string) => `
  coalesce((select jsonb_agg(name order by place) from jsonb_array_elements_text(${list}) with ordinality as listed (name, place)
            where catalog.is_own_domain(name)), '[]'::jsonb)`;

/** As an operator wrote it. */
export const USERSOURCE = usersource('t.settings', 't.mapping, t.filter, t.sync');
/** As it counts: a domain that nobody showed to be theirs routes nobody and vouches for no address (I8). */
export const USERSOURCE_IN_FORCE = usersource(
  't.settings',
  't.mapping, t.filter, t.sync',
  `${own('t.domains')} as domains,
   jsonb_set(t.linking, '{authoritativeDomains}', ${own(`t.linking->'authoritativeDomains'`)}) as linking`,
);
/** As the minter may read it. */
export const USERSOURCE_WITHOUT_SETTINGS = usersource(
  `'{}'::jsonb`,
  `'{"attributes":{}}'::jsonb as mapping, null as filter, 'every' as sync`,
);

export const applicationRow = z.object({
  id: text,
  slug: text,
  protocol: text,
  brand: text,
  audience,
  name: text,
  enabled: z.boolean(),
  settings: json,
  revision: z.number(),
  ...stamps,
});

export const APPLICATION = `
  select t.id, t.slug, t.protocol, t.brand, t.audience, t.name, t.enabled, t.settings, t.revision, ${STAMPS}
  from catalog.application t`;

export const accountRow = z.object({
  id: text,
  audience,
  admin: z.boolean(),
  username: text.nullable(),
  name: text,
  emails: z.array(z.object({ value: text, verified: z.boolean() })),
  groups: texts,
  attributes: z.record(z.string(), z.string()),
  disabled: z.boolean(),
  revision: z.number(),
  ...stamps,
});

export const ACCOUNT_COLUMNS = `
  t.id, t.audience, t.admin, t.username, t.name, t.groups, t.attributes, t.disabled, t.revision, ${STAMPS},
  (select coalesce(jsonb_agg(jsonb_build_object('value', e.value, 'verified', e.verified) order by e.position), '[]')
   from catalog.account_email e where e.account = t.id) as emails`;
export const ACCOUNT = `select ${ACCOUNT_COLUMNS} from catalog.account t`;

/** Somebody with the admin role, and what they can sign in with. */
export const adminRow = z.object({ id: text, active: z.boolean(), password: z.boolean(), links: texts });

export const ADMINS = `
  select a.id, not a.disabled as active,
    exists (select 1 from catalog.credential c where c.account = a.id) as password,
    array(select distinct l.usersource from catalog.link l where l.account = a.id order by 1) as links
  from catalog.account a where a.admin order by a.created_at, a.id`;

export const linkRow = z.object({
  usersource: text,
  subject: text,
  account: text,
  createdBy: z.enum(['jit', 'prove', 'auto', 'owner', 'admin']),
});

export const LINK = `select t.usersource, t.subject, t.account, t.created_by as "createdBy" from catalog.link t`;

export const apiTokenRow = z.object({
  id: text,
  name: text,
  scopes: texts,
  expiresAt: z.date().nullable(),
  lastUsedAt: z.date().nullable(),
  revision: z.number(),
  ...stamps,
});

export const API_TOKEN = `
  select t.id, t.name, t.scopes, t.expires_at as "expiresAt", t.last_used_at as "lastUsedAt", t.revision, ${STAMPS}
  from catalog.api_token t`;

export const domainRow = z.object({
  id: text,
  name: text,
  token: text,
  verified: z.boolean(),
  verifiedAt: z.date().nullable(),
  revision: z.number(),
  ...stamps,
});

export const DOMAIN = `
  select t.id, t.name, t.token, catalog.is_own_domain(t.name) as verified, t.verified_at as "verifiedAt", t.revision, ${STAMPS}
  from catalog.domain t`;

export const tokenKeyRow = z.object({
  kid: text,
  brand: text,
  alg: z.enum(['ES256', 'RS256']),
  state: z.enum(['next', 'current', 'retired']),
  publicJwk: json,
  createdAt: z.date(),
  activatedAt: z.date().nullable(),
  retiredAt: z.date().nullable(),
});

export const TOKEN_KEY_COLUMNS = `
  t.kid, t.brand, t.alg, t.state, t.public_jwk as "publicJwk", t.created_at as "createdAt",
  t.activated_at as "activatedAt", t.retired_at as "retiredAt"`;

/** Unknown members are dropped: should a private half ever be published by mistake, it goes no further. */
const publicJwk = z.object({ kty: text, crv: text, x: text });

export const serviceKeyRow = z.object({
  service: z.enum(['gateway', 'minter', 'admin']),
  signing: publicJwk,
  sealing: publicJwk,
});
