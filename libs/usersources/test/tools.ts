import type { UsersourceTools } from '../src/usersource.js';

/** Tools of a usersource with nobody in it and no network; a spec overlays what it is about. */
export function toolsFor(slug: string, now: () => Date): UsersourceTools {
  return {
    slug,
    callbackUrl: new URL(`https://login.acme.test/sso/${slug}/callback`),
    audience: 'users',
    fetch: async () => {
      throw new Error('no network here');
    },
    now,
    passwords: { find: async () => undefined, replace: async () => undefined },
    hasher: {
      verify: async () => false,
      hash: async () => 'hash',
      needsRehash: () => false,
      waste: async () => undefined,
    },
  };
}
