import { deepFreeze, configOf, shared } from './cases.js';
import type { DecisionInput, PolicyConfig, SessionInput } from '../src/index.js';

/** The axes of the specification; ip, hops and probe held to the values that make a difference. */
const AXES = {
  path: [
    '/', '/login', '/agent/', '/admin/login', '/oidc/authorize', '/register', '/lost-password', '/logout',
    '/sso/start/corp', '/sso/start/staff', '/sso/start/google', '/recover',
  ],
  kind: ['navigate', 'fetch', 'submit'],
  session: ['none', 'user', 'agent', 'admin', 'google', 'idle'],
  bypass: ['none', 'sso_off'],
  ask: ['nothing', 'none', 'login', 'select_account', 'max_age'],
  hint: ['nothing', 'idp', 'other_audience', 'domain', 'empty'],
  guard: ['nothing', 'error', 'signed_out', 'loop'],
  probe: ['untried', 'failed'],
  ip: ['203.0.113.7', '10.1.2.3'],
} as const; // prettier-ignore

export type Point = { [Axis in keyof typeof AXES]: (typeof AXES)[Axis][number] };

export const POINTS = Object.values(AXES).reduce((product, axis) => product * axis.length, 1);

/** The `index`-th point of the grid, so that a stride can visit it evenly. */
export function pointAt(index: number): Point {
  let rest = index;
  const next = <T>(axis: readonly [T, ...T[]]): T => {
    const value = axis[rest % axis.length] ?? axis[0];
    rest = Math.floor(rest / axis.length);
    return value;
  };
  return {
    path: next(AXES.path),
    kind: next(AXES.kind),
    session: next(AXES.session),
    bypass: next(AXES.bypass),
    ask: next(AXES.ask),
    hint: next(AXES.hint),
    guard: next(AXES.guard),
    probe: next(AXES.probe),
    ip: next(AXES.ip),
  };
}

const fresh = { brand: 'acme', ageSec: 60, idleSec: 60, authAgeSec: 60 } as const;
const SESSIONS: Record<Point['session'], SessionInput | null> = {
  none: null,
  user: { ...fresh, audience: 'users', usersource: 'local-users' },
  agent: { ...fresh, audience: 'agents', usersource: 'local-agents' },
  admin: { ...fresh, audience: 'agents', usersource: 'staff', admin: true },
  google: { ...fresh, audience: 'users', usersource: 'google' },
  idle: { ...fresh, audience: 'agents', usersource: 'local-agents', idleSec: 1e6 },
};
const IDP_HINT: Record<Point['hint'], string | null> = {
  nothing: null,
  idp: 'corp',
  other_audience: 'staff',
  domain: null,
  empty: '',
};

export function inputAt(point: Point): DecisionInput {
  const client = point.path === '/oidc/authorize' ? { audience: 'users' as const } : null;
  return {
    brand: 'acme',
    path: point.path,
    kind: point.kind,
    client,
    session: SESSIONS[point.session],
    bypass: point.bypass,
    prompt: point.ask === 'nothing' || point.ask === 'max_age' ? null : point.ask,
    maxAge: point.ask === 'max_age' ? 30 : null,
    idpHint: IDP_HINT[point.hint],
    loginHint: point.hint === 'domain' ? 'ann@corp.example' : null,
    lastError: point.guard === 'error' ? { source: 'corp', code: 'access_denied' } : null,
    justLoggedOut: point.guard === 'signed_out',
    hops: point.guard === 'loop' ? 3 : 0,
    probe: point.probe,
    ip: point.ip,
  };
}

/** Every fixture; one with all switches turned, which none of them has; and those with the sources switched off that people are sent to. */
export function configs(): [name: string, config: PolicyConfig][] {
  const turned = {
    brands: {
      acme: {
        audiences: {
          users: { hrd: 'route', automaticScope: 'default', singleOption: 'redirect' },
          agents: { offNetwork: 'deny', mfa: 'required', singleOption: 'redirect' },
        },
        bypass: { surfaces: ['portal', 'admin'], networks: ['10.0.0.0/8'] },
        usersources: { corp: { domains: ['corp.example'] }, staff: { networks: ['10.0.0.0/8'] } },
      },
    },
  };
  return [
    ...Object.keys(shared.fixtures).map((name): [string, PolicyConfig] => [name, deepFreeze(configOf(name))]),
    ['both_automatic, all switches turned', deepFreeze(configOf('both_automatic', turned))],
    ['both_automatic, staff off', deepFreeze(configOf('both_automatic', off('staff')))],
    ['multi, google off', deepFreeze(configOf('multi', off('google')))],
    ['hrd_automatic, corp off', deepFreeze(configOf('hrd_automatic', off('corp')))],
  ];
}

const off = (usersource: string) => ({ brands: { acme: { usersources: { [usersource]: { enabled: false } } } } });
