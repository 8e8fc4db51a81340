import { request, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { CookieJar, siteOf } from './browser/cookie-jar.js';
import { Page, type Form } from './browser/page.js';

export { CookieJar } from './browser/cookie-jar.js';
export { Page, type Button, type Form, type Link } from './browser/page.js';

export interface BrowserOptions {
  /** Sent with every request. */
  headers?: Record<string, string>;
  now?: () => Date;
}

export interface FollowOptions {
  /** Stops before this address is asked for, so that a test can hold a code or a token in hand. */
  until?: (next: URL) => boolean;
  most?: number;
}

type Send = { headers?: Record<string, string>; from?: Page | 'address bar' };

const LIMIT_MS = 20_000;

/**
 * A browser for walks: cookies by host, redirects one at a time, forms by what is written on them, and the headers by
 * which servers tell a cross-site request. Every host name leads to 127.0.0.1, so that brands can have names and no
 * test leaves the machine.
 */
export class Browser {
  readonly cookies: CookieJar;
  /** Every address asked for, in order. */
  readonly history: URL[] = [];
  /** What stands in the window. */
  page: Page | undefined;

  constructor(
    readonly origin: string,
    private readonly options: BrowserOptions = {},
  ) {
    this.cookies = new CookieJar(options.now ?? (() => new Date()));
  }

  /** Typed into the address bar; redirects are not followed. */
  get(address: string | URL, send: Send = {}): Promise<Page> {
    return this.#go('GET', this.#url(address), undefined, { from: 'address bar', ...send });
  }

  /** A form post of the page in the window (or of `from`); redirects are not followed. */
  post(address: string | URL, fields: Record<string, string> | string, send: Send = {}): Promise<Page> {
    return this.#go('POST', this.#url(address), fields, send);
  }

  /** `get` and then `follow`. */
  async visit(address: string | URL, follow: FollowOptions = {}): Promise<Page> {
    return this.follow(await this.get(address), follow);
  }

  /** Goes where the page redirects to, until one does not. */
  async follow(page = this.#shown(), { until = () => false, most = 20 }: FollowOptions = {}): Promise<Page> {
    // Along a chain of redirects the site that began it stays the initiator.
    const initiator = this.#initiator;
    for (let hop = 0; page.location && !until(page.location); hop += 1) {
      if (hop === most) throw new Error(`more than ${most} redirects, the last to ${page.location.pathname}`);
      const keepsMethod = page.status === 307 || page.status === 308;
      const posted = keepsMethod ? this.#posted : undefined;
      page = await this.#send(posted === undefined ? 'GET' : 'POST', page.location, posted, {}, initiator);
    }
    return page;
  }

  /** Fills a form by label or field name and presses its button; follows what comes. */
  async submit(
    form: Form,
    values: Record<string, string> = {},
    { button, ...follow }: FollowOptions & { button?: string } = {},
  ): Promise<Page> {
    const pressed = button === undefined ? form.buttons[0] : form.buttons.find(({ text }) => text === button);
    if (button !== undefined && !pressed) throw new Error(`no button ${button}`);
    const fields = { ...form.fields };
    for (const [what, value] of Object.entries(values)) fields[form.labels[what] ?? what] = value;
    if (pressed?.name !== undefined) fields[pressed.name] = pressed.value;
    const action = new URL(pressed?.action ?? form.action);
    if (form.method === 'POST') return this.follow(await this.post(action, fields), follow);
    action.search = new URLSearchParams(fields).toString();
    return this.follow(await this.#go('GET', action, undefined, {}), follow);
  }

  /** Clicks the link or presses the button that says this on the page in the window. */
  async click(text: string, follow: FollowOptions = {}): Promise<Page> {
    const page = this.#shown();
    const link = page.links.find((candidate) => candidate.text === text);
    if (link) return this.follow(await this.#go('GET', link.href, undefined, {}), follow);
    const form = page.forms.find(({ buttons }) => buttons.some((button) => button.text === text));
    if (!form) throw new Error(`nothing says "${text}" on ${page.url.href.split('?')[0]}: ${page.text}`);
    return this.submit(form, {}, { ...follow, button: text });
  }

  #initiator: Page | undefined;
  #posted: string | undefined;

  #shown(): Page {
    if (!this.page) throw new Error('the window is empty');
    return this.page;
  }

  #url(address: string | URL): URL {
    return new URL(address, this.page?.url ?? this.origin);
  }

  #go(method: string, url: URL, fields: Record<string, string> | string | undefined, send: Send): Promise<Page> {
    this.#initiator = send.from === 'address bar' ? undefined : (send.from ?? this.page);
    this.#posted = fields === undefined || typeof fields === 'string' ? fields : new URLSearchParams(fields).toString();
    return this.#send(method, url, this.#posted, send.headers ?? {}, this.#initiator);
  }

  async #send(
    method: string,
    url: URL,
    body: string | undefined,
    headers: Record<string, string>,
    initiator: Page | undefined,
  ): Promise<Page> {
    this.history.push(url);
    const sameSite = !initiator || siteOf(initiator.url) === siteOf(url);
    const cookie = this.cookies.header({ url, method, sameSite });
    const answer = await exchange(method, url, body, {
      host: url.host,
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'accept-language': 'en',
      'sec-fetch-dest': 'document',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-site': fetchSite(initiator, url),
      ...(cookie !== '' && { cookie }),
      ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded', ...origin(initiator) }),
      ...this.options.headers,
      ...headers,
    });
    for (const header of answer.headers['set-cookie'] ?? []) this.cookies.set(header, url);
    this.page = new Page(url, answer.status, answer.headers, answer.body);
    return this.page;
  }
}

function fetchSite(initiator: Page | undefined, url: URL): string {
  if (!initiator) return 'none';
  if (initiator.url.origin === url.origin) return 'same-origin';
  return siteOf(initiator.url) === siteOf(url) ? 'same-site' : 'cross-site';
}

/** A page with `Referrer-Policy: no-referrer` posts with `Origin: null`, even to itself (Fetch, 3.1). */
function origin(initiator: Page | undefined): { origin?: string } {
  if (!initiator) return {};
  const silent = initiator.headers['referrer-policy'] === 'no-referrer';
  return { origin: silent ? 'null' : initiator.url.origin };
}

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

function exchange(
  method: string,
  url: URL,
  body: string | undefined,
  headers: Record<string, string>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? secureRequest : request;
    const outgoing = send(
      {
        method,
        host: '127.0.0.1',
        servername: url.hostname,
        port: url.port || (url.protocol === 'https:' ? 443 : 80),
        path: url.pathname + url.search,
        headers: body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        agent: false,
        timeout: LIMIT_MS,
        rejectUnauthorized: false,
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${url.host}${url.pathname} did not answer`)));
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
