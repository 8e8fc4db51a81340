import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '@passbroker/platform';
import { FLASH_COOKIE } from '../http/cookies.js';
import type { Visit } from '../http/visit.js';

const flashShape = z.object({
  until: z.number(),
  error: z.object({ source: z.string(), code: z.string() }).optional(),
  loggedOut: z.boolean().optional(),
});
type Told = Omit<z.infer<typeof flashShape>, 'until'>;

const SECONDS = 600;

/**
 * What the last answer wants the next page to know: an error of a usersource, or that somebody just left. It
 * keeps automatic SSO from leading straight back out (I10). Sealed to this browser, so that no query string
 * and no neighbour's cookie can set it; used up by the first page that reads it.
 */
export class Flash {
  constructor(private readonly parts: { key: Buffer; now: Clock }) {}

  leave(visit: Visit, told: Told): void {
    const until = this.parts.now().getTime() + SECONDS * 1_000;
    const body = Buffer.from(JSON.stringify({ ...told, until })).toString('base64url');
    visit.cookies.set(FLASH_COOKIE, `${body}.${this.seal(visit, body)}`, SECONDS);
  }

  /** Reads without using it up. */
  read(visit: Visit): Told {
    const [body, seal, ...rest] = (visit.cookies.get(FLASH_COOKIE) ?? '').split('.');
    if (!body || !seal || rest.length > 0) return {};
    const [told, right] = [Buffer.from(seal), Buffer.from(this.seal(visit, body))];
    if (told.length !== right.length || !timingSafeEqual(told, right)) return {};
    const flash = flashShape.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
    if (!flash.success || flash.data.until < this.parts.now().getTime()) return {};
    return flash.data;
  }

  use(visit: Visit): void {
    visit.cookies.clear(FLASH_COOKIE);
  }

  private seal(visit: Visit, body: string): string {
    return createHmac('sha256', this.parts.key).update(`${visit.binding}.${body}`).digest('base64url');
  }
}
