import type { OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '@passbroker/platform';
import type { KeyRing } from './key.ring.js';
import type { KeyRotation } from './rotation.js';

/** How often a replica looks whether keys have become too old; the lock in the store lets one of them act. */
const LOOK_MS = 3_600_000;

/** Turns keys when their time has come, for the brands that are in use here. */
export class KeyCalendar implements OnApplicationShutdown {
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly ring: KeyRing,
    private readonly rotation: KeyRotation,
    private readonly log: Logger,
  ) {
    this.timer = setInterval(() => void this.look(), LOOK_MS);
    this.timer.unref();
  }

  async look(): Promise<void> {
    for (const brand of this.ring.inUse()) {
      try {
        await this.rotation.rotate(brand, undefined, true);
      } catch (error) {
        this.log.warn({ brand, err: error instanceof Error ? error.message : String(error) }, 'keys not looked after');
      }
    }
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }
}
