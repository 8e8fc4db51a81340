import type { ApplicationRecord } from '@passbroker/model';

const MOST = 40;

/**
 * Browsers hold a post's redirects to the page's `form-action` too, and a sign-in posted here ends at the
 * application: so its page names the origins this application is registered with, and no others (WEB-009).
 */
export function formTargets(application: ApplicationRecord | undefined): string[] {
  const addresses = Object.values(application?.settings ?? {}).flat();
  const origins = addresses.flatMap((value) => (typeof value === 'string' ? originOf(value) : []));
  return [...new Set(origins)].slice(0, MOST);
}

export function originOf(address: string): string[] {
  if (!URL.canParse(address)) return [];
  const { protocol, origin } = new URL(address);
  if (protocol === 'https:' || protocol === 'http:') return [origin];
  // A native application's own scheme, which always has a dot: `com.example.app:/callback`.
  return /^[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:$/.test(protocol) ? [protocol] : [];
}
