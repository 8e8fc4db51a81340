import type { NewAccount, NewApplication, NewBrand, NewUsersource } from '../src/index.js';
import { DEFAULT_AUDIENCE_POLICY, DEFAULT_BYPASS } from '../src/index.js';

export const newBrand = (slug: string, over: Partial<NewBrand> = {}): NewBrand => ({
  slug,
  name: slug,
  enabled: true,
  hosts: [`${slug}.example.test`],
  guestAccess: false,
  registration: 'closed',
  audiences: { users: DEFAULT_AUDIENCE_POLICY, agents: DEFAULT_AUDIENCE_POLICY },
  bypass: DEFAULT_BYPASS,
  looks: {},
  ...over,
});

export const newUsersource = (slug: string, over: Partial<NewUsersource> = {}): NewUsersource => ({
  slug,
  type: 'multipass',
  brand: 'default',
  audience: 'users',
  label: slug,
  enabled: true,
  sso: 'none',
  display: 'button',
  order: 20,
  hintable: true,
  forwardPassive: false,
  slo: false,
  domains: [],
  networks: [],
  jit: { create: 'on', grant: [] },
  linking: { mode: 'prove', authoritativeDomains: [] },
  settings: { siteKey: 'acme', apiKey: { sealed: 'x' } },
  ...over,
});

export const newApplication = (slug: string, over: Partial<NewApplication> = {}): NewApplication => ({
  slug,
  protocol: 'oidc',
  brand: 'default',
  audience: 'users',
  name: slug,
  enabled: true,
  settings: { client_id: slug },
  ...over,
});

export const newAccount = (email: string, over: Partial<NewAccount> = {}): NewAccount => ({
  audience: 'users',
  name: email,
  emails: [{ value: email, verified: true }],
  ...over,
});
