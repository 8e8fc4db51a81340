import type { Surface } from '@passbroker/model';

export type LocalPage = 'register' | 'lost_password' | 'change_password';

/** What a path means to policy. Everything is decided on whole segments: `/agents-guide` is no agent page. */
export interface Route {
  canonical: boolean;
  surface: Surface;
  public: boolean;
  recover: boolean;
  logout: boolean;
  login: boolean;
  /** An application asks: the walk that began at the minter. */
  authorize: boolean;
  local: LocalPage | null;
  /** `/sso/start/<id>`; the empty string where no single id is named. */
  start: string | null;
}

const SURFACE_WORDS: ReadonlyMap<string, Surface> = new Map<string, Surface>([
  ['agent', 'agent'],
  ['admin', 'admin'],
]);
const LOCAL_PAGES: ReadonlyMap<string, LocalPage> = new Map<string, LocalPage>([
  ['register', 'register'],
  ['lost-password', 'lost_password'],
  ['change-password', 'change_password'],
]);
const PUBLIC_ROOTS: ReadonlySet<string> = new Set(['assets', 'healthz', 'signed-out', '.well-known']);
const UPSTREAM_DOORS: ReadonlySet<string> = new Set(['callback', 'acs', 'slo', 'metadata', 'jwks', 'jwt', 'multipass']);

// RFC 3986 path characters without `%` and `;`: whatever another server might decode, cut or fold is refused (I13).
const CANONICAL = /^\/[A-Za-z0-9\-._~!$&'()*+,=:@/]*$/;
const DOT_SEGMENT = /(^|\/)\.{1,2}(\/|$)/;

export function surfaceOf(path: string): Surface {
  return SURFACE_WORDS.get(firstSegment(path)) ?? 'portal';
}

export function readPath(path: string): Route {
  const segments = path.split('/').filter((segment) => segment !== '');
  const surface = surfaceOf(path);
  const [page, ...below] = surface === 'portal' ? segments : segments.slice(1);
  return {
    canonical: isCanonical(path),
    surface,
    public: isPublic(segments),
    recover: segments[0] === 'recover',
    logout: isLogout(segments, page, below),
    login: page === 'login' && below.length === 0,
    authorize: isAuthorize(segments),
    local: LOCAL_PAGES.get(page ?? '') ?? null,
    start: segments[0] === 'sso' && segments[1] === 'start' ? oneId(segments) : null,
  };
}

function firstSegment(path: string): string {
  return path.split('/', 2)[1] ?? '';
}

function isCanonical(path: string): boolean {
  if (!CANONICAL.test(path) || path.includes('//') || DOT_SEGMENT.test(path)) return false;
  // `/Admin/` and `/admin./` reach the admin pages on servers that fold case or drop trailing dots. The dots are looked
  // at from their first one only: from each of many, thousands in the middle would cost the square of their number.
  const first = firstSegment(path);
  const folded = first.toLowerCase().replace(/(?<!\.)\.+$/, '');
  return folded === first || !SURFACE_WORDS.has(folded);
}

function isPublic([first = '', second = '', third = '', fourth]: string[]): boolean {
  if (PUBLIC_ROOTS.has(first)) return true;
  if (first === 'sso') return second !== 'start' && (UPSTREAM_DOORS.has(second) || UPSTREAM_DOORS.has(third));
  return first === 'customer' && second === 'authentication' && third === 'multipass' && fourth === 'callback';
}

function isLogout(segments: string[], page: string | undefined, below: string[]): boolean {
  if (segments[0] === 'customer') return segments.length === 2 && segments[1] === 'logout';
  return page === 'logout' && below.length === 0;
}

function isAuthorize([first, second, third]: string[]): boolean {
  if (first === 'oidc') return second === 'authorize' || second === 'auth';
  if (first === 'saml') return second === 'idp' && third === 'sso';
  return (first === 'pass' || first === 'sign-in') && second !== undefined;
}

function oneId(segments: string[]): string {
  return segments.length === 3 ? (segments[2] ?? '') : '';
}
