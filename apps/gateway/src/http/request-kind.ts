import type { IncomingHttpHeaders } from 'node:http';

/**
 * Only a navigation may be redirected to a usersource (I10). Browsers say what they do in Fetch Metadata, all
 * three headers together; a client that sends no Sec-Fetch-Site is no browser of this decade, and is believed
 * to navigate unless it says that it is a script.
 */
export function requestKind(headers: IncomingHttpHeaders): 'navigate' | 'fetch' {
  if (headers['sec-purpose'] !== undefined || headers['purpose'] === 'prefetch') return 'fetch';
  if (headers['sec-fetch-site'] !== undefined) return headers['sec-fetch-mode'] === 'navigate' ? 'navigate' : 'fetch';
  if (headers['x-requested-with'] !== undefined) return 'fetch';
  const accept = headers.accept ?? '*/*';
  return /text\/html|\*\/\*/.test(accept) ? 'navigate' : 'fetch';
}
