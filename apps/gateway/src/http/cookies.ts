import type { FastifyReply } from 'fastify';
import { cookie, cookieName, readCookie, readCookies } from '@passbroker/sign-in';

export const SESSION_COOKIE = 'passbroker_session';
/** Opened by a recovery link; only the door to the admin pages looks for it. */
export const RECOVERY_COOKIE = 'passbroker_recovery';
/** Tells that this browser has signed somebody in before: strangers who guess cannot keep its owner out. */
export const DEVICE_COOKIE = 'passbroker_device';
/** One-use word from one answer to the next request: an error, or a sign-out. */
export const FLASH_COOKIE = 'passbroker_flash';
/** Background SSO has been tried on this visit. */
export const PROBE_COOKIE = 'passbroker_probe';
export const PROBE_SECONDS = 900;
/** The language chosen at the foot of a page. */
export const LANGUAGE_COOKIE = 'passbroker_language';

/** The cookies of one request and its answer: `__Host-` on https, HttpOnly and SameSite=Lax always. */
export class Cookies {
  constructor(
    private readonly header: string | undefined,
    private readonly reply: FastifyReply,
    private readonly secure: boolean,
  ) {}

  get(name: string): string | undefined {
    return readCookie(this.header, cookieName(name, this.secure));
  }

  /** Every cookie of this plain name, also several: it is another site's, and how many there are is news. */
  everyForeign(name: string): string[] {
    return readCookies(this.header, name);
  }

  set(name: string, value: string, maxAgeSec?: number): void {
    this.reply.header('set-cookie', cookie(name, value, this.secure, maxAgeSec));
  }

  clear(name: string): void {
    if (this.get(name) !== undefined) this.set(name, '', 0);
  }
}
