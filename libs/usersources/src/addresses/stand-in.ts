import { z } from 'zod';
import { isLoopback } from './web-address.js';

/**
 * A server on this machine that plays a public provider, for tests and demonstrations. Only a loopback address: else
 * the setting would be a way to have a client secret delivered anywhere.
 */
export const standIn = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine(isLoopback, 'must be an address of this machine')
  .refine((address) => !/[?#]/.test(address), 'must have no query and no fragment')
  .optional();

/** `https://api.github.com/user` at `http://localhost:4000` is `http://localhost:4000/api.github.com/user`. */
export function addressAt(standInAddress: string | undefined, address: string): string {
  if (standInAddress === undefined) return address;
  return `${standInAddress.replace(/\/$/, '')}/${address.replace(/^https:\/\//, '')}`;
}
