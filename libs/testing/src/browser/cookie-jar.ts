interface Cookie {
  name: string;
  value: string;
  host: string;
  /** Only the host that set it, not its sub-domains. */
  hostOnly: boolean;
  path: string;
  secure: boolean;
  httpOnly: boolean;
  sameSite: 'strict' | 'lax' | 'none';
  expires: number | undefined;
}

export interface CookieAsk {
  url: URL;
  method: string;
  /** Whether the page that caused the request belongs to the same site. */
  sameSite: boolean;
}

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/** Chromium and Firefox treat loopback as a secure context: `Secure` cookies work there without TLS. */
const trustworthy = (url: URL): boolean => url.protocol === 'https:' || LOOPBACK.test(url.hostname);

/**
 * Cookies by the rules of RFC 6265bis that bite in tests: by host and never by port, so that everything on localhost
 * shares one jar; by path; `Secure`, `SameSite` and the `__Host-` and `__Secure-` prefixes.
 */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  constructor(private readonly now: () => Date) {}

  /** Takes one `Set-Cookie` header; answers whether a browser would have kept it. */
  set(header: string, url: URL): boolean {
    const cookie = this.#parse(header, url);
    if (!cookie) return false;
    const key = `${cookie.name};${cookie.host};${cookie.path}`;
    if (cookie.expires !== undefined && cookie.expires <= this.now().getTime()) this.#cookies.delete(key);
    else this.#cookies.set(key, cookie);
    return true;
  }

  /** The `Cookie` header of a request, or an empty text. Longer paths first, as browsers send them. */
  header(ask: CookieAsk): string {
    return this.#sent(ask)
      .sort((a, b) => b.path.length - a.path.length)
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  /** The value a top-level navigation to `url` would send. */
  value(name: string, url: URL): string | undefined {
    return this.#sent({ url, method: 'GET', sameSite: true }).find((cookie) => cookie.name === name)?.value;
  }

  names(url: URL): string[] {
    return this.#sent({ url, method: 'GET', sameSite: true }).map(({ name }) => name);
  }

  clear(): void {
    this.#cookies.clear();
  }

  #sent({ url, method, sameSite }: CookieAsk): Cookie[] {
    return [...this.#cookies.values()].filter(
      (cookie) =>
        (cookie.expires === undefined || cookie.expires > this.now().getTime()) &&
        (cookie.host === url.hostname || (!cookie.hostOnly && url.hostname.endsWith(`.${cookie.host}`))) &&
        pathMatches(url.pathname, cookie.path) &&
        (!cookie.secure || trustworthy(url)) &&
        (sameSite || cookie.sameSite === 'none' || (cookie.sameSite === 'lax' && method === 'GET')),
    );
  }

  #parse(header: string, url: URL): Cookie | undefined {
    const [pair = '', ...rest] = header.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    if (at < 1) return undefined;
    const attributes = new Map(
      rest.map((part) => {
        const [name = '', ...value] = part.split('=');
        return [name.toLowerCase(), value.join('=')];
      }),
    );
    const name = pair.slice(0, at);
    const secure = attributes.has('secure');
    const domain = attributes.get('domain')?.replace(/^\./, '').toLowerCase();
    const path = attributes.get('path');
    if (secure && !trustworthy(url)) return undefined;
    if (domain && domain !== url.hostname && !url.hostname.endsWith(`.${domain}`)) return undefined;
    if (name.startsWith('__Secure-') && !secure) return undefined;
    if (name.startsWith('__Host-') && (!secure || domain || path !== '/')) return undefined;
    const sameSite = attributes.get('samesite')?.toLowerCase();
    if (sameSite === 'none' && !secure) return undefined;
    return {
      name,
      value: pair.slice(at + 1),
      host: domain || url.hostname,
      hostOnly: !domain,
      path: path?.startsWith('/') ? path : url.pathname.replace(/\/[^/]*$/, '') || '/',
      secure,
      httpOnly: attributes.has('httponly'),
      sameSite: sameSite === 'strict' || sameSite === 'none' ? sameSite : 'lax',
      expires: this.#expiry(attributes),
    };
  }

  #expiry(attributes: Map<string, string>): number | undefined {
    const maxAge = attributes.get('max-age');
    if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return this.now().getTime() + Number(maxAge) * 1_000;
    const expires = Date.parse(attributes.get('expires') ?? '');
    return Number.isNaN(expires) ? undefined : expires;
  }
}

const pathMatches = (path: string, of: string): boolean =>
  path === of || (path.startsWith(of) && (of.endsWith('/') || path[of.length] === '/'));

/** The site of SameSite: scheme and registrable domain, which for test names is the last two labels. */
export function siteOf(url: URL): string {
  const host = /^[\d.]+$|^\[/.test(url.hostname) ? url.hostname : url.hostname.split('.').slice(-2).join('.');
  return `${url.protocol}//${host}`;
}
