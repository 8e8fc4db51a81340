import { createHmac, timingSafeEqual } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import type { Visit } from './visit.js';

/** A hidden field of every form: worth something only together with this browser's binding cookie. */
export function formToken(binding: string): string {
  return createHmac('sha256', binding).update('a form of ours').digest('base64url').slice(0, 32);
}

/**
 * Whether a post comes from a page of ours, in the browser we gave it to (WEB-001). The binding cookie is
 * SameSite=Lax, so no cross-site post carries it; the headers stop same-site strangers (another sub-domain).
 * Our pages send no referrer, so old browsers send `Origin: null` with our own forms: then the token decides.
 * @throws Refusal request.cross_site
 */
export function demandSameOrigin(
  visit: Visit,
  headers: { 'sec-fetch-site'?: string; origin?: string },
  token: string | undefined,
): void {
  if (!visit.bound) throw new Refusal('request.cross_site', 'a post without the cookie of this browser');
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new Refusal('request.cross_site', `a post from a page that is ${site.slice(0, 20)}`);
  }
  const { origin } = headers;
  if (origin !== undefined && origin !== 'null') {
    if (origin === visit.brand.origin) return;
    throw new Refusal('request.cross_site', 'a post from a page of another origin');
  }
  if (site === 'same-origin' || sameText(token, formToken(visit.binding))) return;
  throw new Refusal('request.cross_site', 'a post that cannot show where it comes from');
}

function sameText(left: string | undefined, right: string): boolean {
  if (left === undefined) return false;
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
