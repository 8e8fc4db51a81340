import { z } from 'zod';

/** Plain http only where nobody can listen: people's browsers, or our secrets, go there. */
export function isHttpsOrLoopback(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || isLoopback(text);
}

/** This machine, by http or https. */
export function isLoopback(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return /^https?:$/.test(protocol) && /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

export const webAddress = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine(isHttpsOrLoopback, 'must be https (http only for loopback hosts)');
