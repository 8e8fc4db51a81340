import type { Audience, AudiencePolicy, Bypass, Display, SsoMode } from '@passbroker/model';
import { capabilityOf, type Capability } from './capabilities.js';
import { audienceDefaults, bypassDefaults, usersourceDefaults } from './defaults.js';
import { networks, type Networks } from './networks.js';
import type { BrandPolicy, Health, PolicyConfig, UsersourcePolicy } from './types.js';

export interface Source {
  id: string;
  type: string;
  audience: Audience;
  can: Capability;
  enabled: boolean;
  sso: SsoMode;
  display: Display;
  order: number;
  domains: readonly string[];
  networks: Networks;
  health: Health;
  hintable: boolean;
  forwardPassive: boolean;
  slo: boolean;
}

/** The ids the full page lists, in order, and what follows from them. */
export interface Listing {
  form: readonly string[];
  buttons: readonly string[];
  icons: readonly string[];
  hasLocal: boolean;
  size: number;
}

export interface PreparedAudience {
  policy: AudiencePolicy;
  /** The one source whose SSO mode is on (I1). */
  sso: Source | null;
  /** Domain → the one enabled source that claims it; null where two do, so that neither is routed to (I8). */
  byDomain: ReadonlyMap<string, Source | null>;
  listing: Listing;
}

/** A brand, read once: nothing that is asked of it later grows with the number of its usersources. */
export interface PreparedBrand {
  enabled: boolean;
  guestAccess: boolean;
  registrationOpen: boolean;
  bypass: { surfaces: readonly Bypass['surfaces'][number][]; networks: Networks };
  byId: ReadonlyMap<string, Source>;
  audiences: Readonly<Record<Audience, PreparedAudience>>;
}

const prepared = new WeakMap<BrandPolicy, PreparedBrand>();

/** What an unknown host has: nothing at all. */
export const NO_BRAND: PreparedBrand = prepare({ enabled: false });

export function brandOf(config: PolicyConfig, id: string): PreparedBrand | undefined {
  const brand = Object.hasOwn(config.brands, id) ? config.brands[id] : undefined;
  if (!brand) return undefined;
  let ready = prepared.get(brand);
  if (!ready) {
    ready = prepare(brand);
    prepared.set(brand, ready);
  }
  return ready;
}

function prepare(brand: BrandPolicy): PreparedBrand {
  const sources = Object.entries(brand.usersources ?? {})
    .map(([id, usersource]) => readSource(id, usersource))
    .sort(byOrderThenId);
  return {
    enabled: brand.enabled ?? true,
    guestAccess: brand.guestAccess ?? false,
    registrationOpen: brand.registration === 'open',
    bypass: {
      surfaces: brand.bypass?.surfaces ?? bypassDefaults.surfaces,
      networks: networks(brand.bypass?.networks ?? bypassDefaults.networks),
    },
    byId: new Map(sources.map((source) => [source.id, source])),
    audiences: {
      users: prepareAudience(sources, 'users', brand),
      agents: prepareAudience(sources, 'agents', brand),
    },
  };
}

function prepareAudience(all: readonly Source[], audience: Audience, brand: BrandPolicy): PreparedAudience {
  const sources = all.filter((source) => source.enabled && source.audience === audience);
  const byDomain = new Map<string, Source | null>();
  for (const source of sources)
    for (const domain of new Set(source.domains)) byDomain.set(domain, byDomain.has(domain) ? null : source);
  return {
    policy: { ...audienceDefaults, ...brand.audiences?.[audience] },
    sso: sources.find((source) => source.sso !== 'none') ?? null,
    byDomain,
    listing: list(sources),
  };
}

/** A mode or display that the type cannot have is not in force: nobody is redirected to a password form (I9). */
function readSource(id: string, usersource: UsersourcePolicy): Source {
  const can = capabilityOf(usersource.type, usersource.can);
  const sso = usersource.sso ?? usersourceDefaults.sso;
  return {
    id,
    type: usersource.type,
    audience: usersource.audience,
    can,
    enabled: usersource.enabled ?? usersourceDefaults.enabled,
    sso: can.sso.includes(sso) ? sso : 'none',
    display: usersource.display ?? can.display,
    order: usersource.order ?? usersourceDefaults.order,
    domains: (usersource.domains ?? usersourceDefaults.domains).map((domain) => domain.toLowerCase()),
    networks: networks(usersource.networks ?? usersourceDefaults.networks),
    health: usersource.health ?? usersourceDefaults.health,
    hintable: usersource.hintable ?? usersourceDefaults.hintable,
    forwardPassive: usersource.forwardPassive ?? usersourceDefaults.forwardPassive,
    slo: usersource.slo ?? usersourceDefaults.slo,
  };
}

function list(sources: readonly Source[]): Listing {
  const ids = (listed: (source: Source) => boolean) => sources.filter(listed).map((source) => source.id);
  const onForm = (source: Source) => source.can.password && source.display === 'form';
  const isIcon = (source: Source) => source.can.redirect && source.display === 'icon';
  const isButton = (source: Source) =>
    source.can.redirect && !isIcon(source) && (source.display === 'button' || source.sso === 'automatic');
  const form = ids(onForm);
  const buttons = ids(isButton);
  const icons = ids(isIcon);
  return {
    form,
    buttons,
    icons,
    hasLocal: sources.some((source) => source.type === 'local' && onForm(source)),
    size: form.length + buttons.length + icons.length,
  };
}

// By code unit, not by locale: the page must not change with the machine's language.
function byOrderThenId(a: Source, b: Source): number {
  return a.order - b.order || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}
