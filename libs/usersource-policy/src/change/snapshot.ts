import { z } from 'zod';
import { audienceDefaults, bypassDefaults, usersourceDefaults } from '../defaults.js';

const words = z.array(z.string()).readonly();

/** Somebody with the admin role, and what they can sign in with. */
const admin = z.object({
  id: z.string(),
  active: z.boolean().default(true),
  password: z.boolean().default(false),
  /** Usersources they are linked to. */
  links: words.default([]),
  /** False only where they have none and cannot enrol one while signing in. */
  secondFactor: z.boolean().default(true),
});

const sso = z.enum(['none', 'background', 'automatic']);
const display = z.enum(['form', 'button', 'icon', 'hidden']);

const capability = z.object({
  password: z.boolean(),
  redirect: z.boolean(),
  silent: z.boolean(),
  publicIdp: z.boolean(),
  sso: z.array(sso).readonly(),
  displays: z.array(display).readonly(),
  display,
});

const usersource = z.object({
  type: z.string(),
  audience: z.enum(['users', 'agents']),
  enabled: z.boolean().default(usersourceDefaults.enabled),
  sso: sso.default(usersourceDefaults.sso),
  display: display.optional(),
  hintable: z.boolean().default(usersourceDefaults.hintable),
  domains: words.default(usersourceDefaults.domains),
  networks: words.default(usersourceDefaults.networks),
  /** Signed in through at exactly the settings it has now. */
  proven: z.boolean().default(false),
  publicIdp: z.boolean().optional(),
  /** Limited to domains, tenants or by a filter. */
  restricted: z.boolean().default(false),
  jit: z.union([z.string(), z.object({ create: z.string() }).transform(({ create }) => create)]).default('off'),
  settings: z.unknown().optional(),
  filter: z.unknown().optional(),
  can: capability.optional(),
});

const brand = z.object({
  enabled: z.boolean().default(true),
  bypass: z
    .object({
      surfaces: z
        .array(z.enum(['portal', 'agent', 'admin']))
        .readonly()
        .default(bypassDefaults.surfaces),
      networks: words.default(bypassDefaults.networks),
    })
    .default({ surfaces: bypassDefaults.surfaces, networks: bypassDefaults.networks }),
  audiences: z
    .object({
      agents: z
        .object({
          mfa: z.enum(['none', 'required']).default(audienceDefaults.mfa),
          offNetwork: z.enum(['degrade', 'deny']).default(audienceDefaults.offNetwork),
        })
        .optional(),
    })
    .optional(),
  usersources: z.record(z.string(), usersource).default({}),
});

/** The configuration as far as a change could harm it; everything else in it is ignored. */
export const snapshot = z.object({
  admins: z.array(admin).default([]),
  brands: z.record(z.string(), brand).default({}),
});

export type Snapshot = z.infer<typeof snapshot>;
/** As handed in: what has a default may be left out. */
export type SnapshotInput = z.input<typeof snapshot>;
export type SnapshotAdmin = Snapshot['admins'][number];
export type SnapshotBrand = Snapshot['brands'][string];
export type SnapshotUsersource = SnapshotBrand['usersources'][string];
