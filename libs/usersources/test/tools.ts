import type { SharedMemory, UsersourceTools } from '../src/usersource.js';

/** Tools of a usersource with nobody in it and no network; a spec overlays what it is about. */
export function toolsFor(slug: string, now: () => Date): UsersourceTools {
  return {
    slug,
    id: `id-of-${slug}`,
    doors: {
      acs: door(slug, 'acs'),
      slo: door(slug, 'slo'),
      metadata: door(slug, 'metadata'),
      jwt: door(slug, 'jwt'),
      start: new URL(`/sso/start/${slug}`, ORIGIN),
    },
    callbackUrl: door(slug, 'callback'),
    audience: 'users',
    fetch: async () => {
      throw new Error('no network here');
    },
    mayReach: () => true,
    now,
    passwords: { find: async () => undefined, replace: async () => undefined },
    hasher: {
      verify: async () => false,
      hash: async () => 'hash',
      needsRehash: () => false,
      waste: async () => undefined,
    },
    shadow: { find: async () => undefined, keep: async () => undefined },
    memory: memoryOf(new Map()),
    keysChanged: () => undefined,
  };
}

const ORIGIN = 'https://login.acme.test';
const door = (slug: string, name: string): URL => new URL(`/sso/${slug}/${name}`, ORIGIN);

/** What replicas share, for as long as a spec takes: nothing is forgotten. */
export const memoryOf = (kept: Map<string, string>): SharedMemory => ({
  read: async (name) => kept.get(name),
  write: async (name, value) => void kept.set(name, value),
  oncePer: async (name) => !kept.has(`${name}:once`) && kept.set(`${name}:once`, '1') !== undefined,
});
