import { writeMultipass } from '@passbroker/multipass';
import type { AudiencePolicy } from '@passbroker/model';
import { KEYS, startWorld as startPlainWorld, type World as PlainWorld } from './world.js';

export { KEYS, PASSWORD } from './world.js';

/** The gateways' world, with a switch for what the brand demands of its users. */
export async function startWorld() {
  const world = await startPlainWorld();
  return {
    ...world,
    demand(mfa: AudiencePolicy['mfa']): void {
      const { users, agents } = world.brand.audiences;
      world.catalog.changeBrand(world.brand.id, {
        audiences: { users: { ...users, mfa }, agents },
      });
    },
  };
}
export type World = Awaited<ReturnType<typeof startWorld>>;

export function multipassUrl(world: Pick<PlainWorld, 'origin' | 'clock'>, uid: string): string {
  const claims = { uid, email: `${uid}@acme.test`, name: `Person ${uid}` };
  const query = writeMultipass('desk', claims, KEYS, world.clock.now());
  return `${world.origin}/sso/intranet/callback?${query}`;
}
