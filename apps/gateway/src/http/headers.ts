import type { ServerResponse } from 'node:http';

/**
 * Everything is forbidden that no page of ours needs; there is no script but on the pages that ask for a passkey. `form-action` also governs where
 * a post is redirected to: a sign-in posted here ends at the application, whose origins are therefore named.
 */
export function contentSecurityPolicy(formTargets: readonly string[] = [], scripts = false): string {
  return [
    "default-src 'none'",
    ...(scripts ? ["script-src 'self'"] : []),
    "style-src 'self'",
    "img-src 'self' https: data:",
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** On every answer, whoever gives it, errors of the framework included. */
export function setSecurityHeaders(response: ServerResponse, secure: boolean): void {
  const headers: Record<string, string> = {
    'content-security-policy': contentSecurityPolicy(),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'cache-control': 'no-store',
    'x-robots-tag': 'noindex',
    ...(secure && { 'strict-transport-security': 'max-age=31536000' }),
  };
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}
