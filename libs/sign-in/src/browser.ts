import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/**
 * The browser's binding: a random value in a cookie of the brand's host, set when a walk begins. The
 * transaction keeps only its hash, so that neither a leaked transaction id nor a look into Redis lets
 * somebody else finish the walk, and nobody can make a victim finish an attacker's.
 */
export const newBinding = (): string => randomBytes(32).toString('base64url');

export const isBinding = (value: string | undefined): value is string =>
  value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value);

export const bindingHash = (binding: string): string => createHash('sha256').update(binding).digest('base64url');

export function sameBrowser(binding: string | undefined, hash: string): boolean {
  if (!isBinding(binding)) return false;
  const left = Buffer.from(bindingHash(binding));
  const right = Buffer.from(hash);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** `__Host-` needs https; on plain http (localhost) browsers would drop it, so the bare name is used there. */
export const cookieName = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name);

export const BINDING_COOKIE = 'passbroker_browser';

/** SameSite=Lax: upstreams come back by a top-level GET; those that POST are answered by a 303 to ourselves first. */
export const cookie = (name: string, value: string, secure: boolean, maxAgeSec?: number): string =>
  [
    `${cookieName(name, secure)}=${value}`,
    'Path=/',
    'HttpOnly',
    'SameSite=Lax',
    ...(secure ? ['Secure'] : []),
    ...(maxAgeSec === undefined ? [] : [`Max-Age=${maxAgeSec}`]),
  ].join('; ');

/** Reads one cookie of a Cookie header. The first one counts: browsers put the more specific path first. */
export const readCookie = (header: string | undefined, name: string): string | undefined =>
  readCookies(header, name)[0];

/** All of one name, in the order they came. */
export function readCookies(header: string | undefined, name: string): string[] {
  return (header?.split(';') ?? []).flatMap((part) => {
    const cut = part.indexOf('=');
    return cut > 0 && part.slice(0, cut).trim() === name ? [part.slice(cut + 1).trim()] : [];
  });
}
