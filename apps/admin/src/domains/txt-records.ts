import { Resolver } from 'node:dns/promises';

/** Texts of a name in the DNS; none where there is no such name. */
export type TxtRecords = (name: string) => Promise<string[]>;

const NOTHING_THERE = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Asks the resolvers of the machine, or those that are named. A text is sent in pieces of 255 bytes.
 * @throws Error when the DNS does not answer
 */
export function txtRecords(servers: readonly string[] = [], timeout = 3_000): TxtRecords {
  const resolver = new Resolver({ timeout, tries: 2 });
  if (servers.length > 0) resolver.setServers(servers);
  return async (name) => {
    try {
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''));
    } catch (error) {
      if (typeof error === 'object' && error !== null && 'code' in error && NOTHING_THERE.has(String(error.code)))
        return [];
      throw error;
    }
  };
}
