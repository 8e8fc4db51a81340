import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal, type Brand } from '@passbroker/model';
import { clientAddress } from '@passbroker/platform';
import { BINDING_COOKIE, bindingHash, isBinding, newBinding } from '@passbroker/sign-in';
import type { CatalogReader } from '@passbroker/catalog';
import { chosen } from '../languages/choice.js';
import { accepted, languageOf } from '../languages/language.js';
import { textsIn, type Texts } from '../pages/texts.js';
import { Cookies, LANGUAGE_COOKIE } from './cookies.js';
import { requestKind } from './request-kind.js';

/** One request, read once: on which brand, by which browser, from where. Nothing in it is the client's bare claim. */
export interface Visit {
  brand: Brand;
  secure: boolean;
  method: string;
  /** As it came, escapes and all: policy refuses what is not canonical. */
  path: string;
  rawQuery: string;
  query: URLSearchParams;
  kind: 'navigate' | 'fetch';
  ip: string;
  /** What the browser calls itself: shown to its owner, believed by nobody. */
  agent: string;
  cookies: Cookies;
  /** For usersources that hear it; ours never read it. */
  authorization: string | undefined;
  /** Our half of a mutual proof, for the header of the answer. */
  proof?: string;
  /** The browser's binding; made now when it had none. */
  binding: string;
  bindingHash: string;
  /** False on first contact, and for ever in a browser that keeps no cookies. */
  bound: boolean;
  requestId: string;
  /** What this person reads. An application's walk may still change it. */
  texts: Texts;
  /** Where the same page is found again, in another language. Empty: nowhere. */
  page: string;
}

export class Visits {
  private readonly open = new WeakMap<object, Visit>();

  constructor(
    private readonly catalog: CatalogReader,
    private readonly trusted: (address: string | undefined) => boolean,
  ) {}

  /** @throws Refusal brand.unknown, brand.disabled */
  async begin(request: FastifyRequest, reply: FastifyReply): Promise<Visit> {
    const brand = await this.catalog.brandByHost((request.headers.host ?? '').toLowerCase());
    if (!brand) throw new Refusal('brand.unknown', 'no brand answers to this host');
    if (!brand.enabled) throw new Refusal('brand.disabled', `the brand ${brand.slug} is disabled`);
    const secure = brand.origin.startsWith('https:');
    const url = request.raw.url ?? '/';
    const cut = url.indexOf('?');
    const rawQuery = cut < 0 ? '' : url.slice(cut + 1);
    const cookies = new Cookies(request.headers.cookie, reply, secure);
    const sent = cookies.get(BINDING_COOKIE);
    const bound = isBinding(sent);
    const binding = bound ? sent : newBinding();
    const visit: Visit = {
      brand,
      secure,
      method: request.method,
      path: cut < 0 ? url : url.slice(0, cut),
      rawQuery,
      query: new URLSearchParams(rawQuery),
      kind: requestKind(request.headers),
      ip: clientAddress(request.raw, this.trusted),
      agent: (request.headers['user-agent'] ?? '').slice(0, 200),
      cookies,
      authorization: request.headers.authorization,
      binding,
      bindingHash: bindingHash(binding),
      bound,
      requestId: request.id,
      texts: textsIn(
        chosen(cookies.get(LANGUAGE_COOKIE))?.language ??
          accepted(request.headers['accept-language']) ??
          languageOf(brand.looks.language ?? '') ??
          'en',
      ),
      page: pageOf(request.method, url),
    };
    this.open.set(request.raw, visit);
    return visit;
  }

  /** Undefined for requests that were refused before their brand was known. */
  find(request: FastifyRequest): Visit | undefined {
    return this.open.get(request.raw);
  }

  of(request: FastifyRequest): Visit {
    const visit = this.find(request);
    if (!visit) throw new Error('a handler ran without a visit');
    return visit;
  }
}

const MAX_PAGE_CHARS = 1_500;

/** Forms that are answered by themselves, which can be asked for again: not those that show something once. */
const ASKED_AGAIN =
  /^\/(?:(?:agent\/|admin\/)?(?:login|register|lost-password|change-password)(?:\/[\w-]+)?|sign-in\/[\w-]+|second-factor|recover)$/;

/** Where the answer is found again, if anywhere. A callback cannot be visited twice. */
function pageOf(method: string, url: string): string {
  const path = url.split('?', 1)[0] ?? '/';
  if (/^\/(sso|customer)\//.test(path) && !path.startsWith('/sso/continue/')) return '/';
  if (method !== 'GET') return ASKED_AGAIN.test(path) ? path : '';
  return url.length <= MAX_PAGE_CHARS ? url : path;
}

/** First contact: from the first page on, the browser can be told from others. Not on assets: they are cached. */
export function bind(visit: Visit): void {
  if (!visit.bound) visit.cookies.set(BINDING_COOKIE, visit.binding);
}
