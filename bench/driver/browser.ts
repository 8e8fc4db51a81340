import { ask, type Answered, type Asked, type Door } from '#bench/driver/connection';

interface Cookie {
  value: string;
  path: string;
}

export type Doors = (pathname: string) => Door;

/** As much of a browser as a sign-in needs: cookies by path, a count of requests, and the manners of a navigation. */
export class Browser {
  readonly #cookies = new Map<string, Cookie>();
  requests = 0;

  readonly origin: string;
  readonly #doors: Doors;

  constructor(origin: string, doors: Doors) {
    this.origin = origin;
    this.#doors = doors;
  }

  async go(url: URL, asked: Asked = {}): Promise<Answered> {
    const headers: Record<string, string> = {
      accept: 'text/html,application/xhtml+xml',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      'sec-fetch-site': 'same-origin',
      ...(asked.method === 'POST' ? { origin: this.origin } : {}),
      ...asked.headers,
    };
    const cookies = this.#cookiesFor(url.pathname);
    if (cookies) headers['cookie'] = cookies;
    this.requests += 1;
    const answer = await ask(this.#doors(url.pathname), url, { ...asked, headers });
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line);
    return answer;
  }

  /** Another walk of somebody who is signed in: the host's cookies stay, those below a path are as good as new. */
  anew(): Browser {
    const other = new Browser(this.origin, this.#doors);
    for (const [key, cookie] of this.#cookies) if (cookie.path === '/') other.#cookies.set(key, cookie);
    return other;
  }

  cookieValues(): string[] {
    return [...this.#cookies.values()].map(({ value }) => value);
  }

  /** All of them, wherever they belong. */
  cookieHeader(): string {
    return [...this.#cookies].map(([key, { value }]) => `${key.split(' ')[0] ?? ''}=${value}`).join('; ');
  }

  #cookiesFor(pathname: string): string {
    const sent: string[] = [];
    for (const [key, { value, path }] of this.#cookies) {
      const matches = pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
      if (matches) sent.push(`${key.split(' ')[0] ?? ''}=${value}`);
    }
    return sent.join('; ');
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const value = pair.slice(at + 1);
    const attribute = (wanted: string): string | undefined =>
      attributes.find((item) => item.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
    const path = attribute('path') ?? '/';
    const expires = attribute('expires');
    const over = attribute('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now());
    const key = `${name} ${path}`;
    if (over || value === '') this.#cookies.delete(key);
    else this.#cookies.set(key, { value, path });
  }
}
