import type { AudiencePolicy, Surface } from '@passbroker/model';
import type { DecisionInput, FullInput, SessionInput, UsersourcePolicy } from './types.js';

/** What a request says when it says nothing. Frozen, so that one caller cannot change another's. */
export const inputDefaults: Readonly<FullInput> = Object.freeze({
  brand: 'acme',
  path: '/',
  kind: 'navigate',
  client: null,
  session: null,
  bypass: 'none',
  prompt: null,
  maxAge: null,
  loginHint: null,
  idpHint: null,
  ip: '203.0.113.7',
  probe: 'untried',
  lastError: null,
  justLoggedOut: false,
  hops: 0,
});

export const sessionDefaults = Object.freeze({
  brand: 'acme',
  admin: false,
  ageSec: 60,
  idleSec: 60,
  authAgeSec: 60,
  mfa: false,
  impersonated: false,
  recovery: false,
});

export const audienceDefaults: Readonly<AudiencePolicy> = Object.freeze({
  hrd: 'off',
  automaticScope: 'exclusive',
  singleOption: 'show',
  offNetwork: 'degrade',
  mfa: 'none',
  idleSec: 28_800,
  absoluteSec: 86_400,
});

export const bypassDefaults: Readonly<{ surfaces: readonly Surface[]; networks: readonly string[] }> = Object.freeze({
  surfaces: Object.freeze<Surface[]>(['agent', 'admin']),
  networks: Object.freeze<string[]>([]),
});

export const usersourceDefaults: Readonly<Required<Omit<UsersourcePolicy, 'type' | 'audience' | 'label' | 'can'>>> =
  Object.freeze({
    enabled: true,
    sso: 'none',
    display: 'form',
    order: 100,
    domains: Object.freeze<string[]>([]),
    networks: Object.freeze<string[]>([]),
    health: 'ok',
    hintable: true,
    forwardPassive: true,
    slo: true,
  });

/** Field by field, so that an `undefined` handed in means "nothing said" too. */
export function withDefaults(input: DecisionInput): FullInput {
  return {
    brand: input.brand ?? inputDefaults.brand,
    path: input.path ?? inputDefaults.path,
    kind: input.kind ?? inputDefaults.kind,
    client: input.client ?? null,
    session: input.session ? completeSession(input.session) : null,
    bypass: input.bypass ?? inputDefaults.bypass,
    prompt: input.prompt ?? null,
    maxAge: input.maxAge ?? null,
    mfaAsked: input.mfaAsked ?? false,
    loginHint: input.loginHint ?? null,
    idpHint: input.idpHint ?? null,
    ip: input.ip ?? inputDefaults.ip,
    probe: input.probe ?? inputDefaults.probe,
    lastError: input.lastError ?? null,
    justLoggedOut: input.justLoggedOut ?? false,
    hops: input.hops ?? 0,
  };
}

function completeSession(session: SessionInput): SessionInput {
  return {
    brand: session.brand ?? sessionDefaults.brand,
    audience: session.audience,
    usersource: session.usersource,
    admin: session.admin ?? false,
    ageSec: session.ageSec ?? sessionDefaults.ageSec,
    idleSec: session.idleSec ?? sessionDefaults.idleSec,
    authAgeSec: session.authAgeSec ?? sessionDefaults.authAgeSec,
    mfa: session.mfa ?? false,
    impersonated: session.impersonated ?? false,
    recovery: session.recovery ?? false,
  };
}
