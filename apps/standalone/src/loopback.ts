import type { IncomingMessage } from 'node:http';

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(?=:|$)/;

/**
 * A newcomer types 127.0.0.1 where the ready line said localhost: the same machine and, to a broker that tells brands
 * by their host, nobody it knows. Where the brand itself is on loopback, they are led to its own name; every other
 * unknown host stays unknown (WEB-010).
 */
export function homeOf(
  req: Pick<IncomingMessage, 'method' | 'headers' | 'url'>,
  publicUrl: string,
): string | undefined {
  if (req.method !== 'GET' && req.method !== 'HEAD') return undefined;
  const asked = req.headers.host ?? '';
  if (publicUrl.endsWith(`//${asked}`)) return undefined;
  const { host } = new URL(publicUrl);
  if (!LOOPBACK.test(asked) || !LOOPBACK.test(host)) return undefined;
  if (asked.replace(LOOPBACK, '') !== host.replace(LOOPBACK, '')) return undefined;
  // The path is appended to an origin of ours, never parsed: `//evil.test` stays a path.
  return req.url?.startsWith('/') ? publicUrl + req.url : undefined;
}

/** Whether nobody but this machine can reach us; a proxy that others come by has its name in PUBLIC_URL. */
export const isHereOnly = ({ BIND_ADDRESS, PUBLIC_URL }: { BIND_ADDRESS: string; PUBLIC_URL: string }): boolean =>
  LOOPBACK.test(new URL(PUBLIC_URL).host) && ['127.0.0.1', '::1', 'localhost'].includes(BIND_ADDRESS);
