import { request } from 'node:http';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  location: URL | undefined;
  json(): Record<string, unknown>;
}

export interface Send {
  method?: string;
  headers?: Record<string, string>;
  form?: Record<string, string> | URLSearchParams;
  host?: string;
}

/** One exchange with a replica, under the brand's host name; redirects are answers like any other. */
export function exchange(port: number, origin: string, path: string, send: Send = {}): Promise<Answer> {
  const body = send.form === undefined ? undefined : new URLSearchParams(send.form).toString();
  return new Promise((resolve, reject) => {
    const req = request(
      {
        port,
        host: '127.0.0.1',
        path,
        method: send.method ?? (body === undefined ? 'GET' : 'POST'),
        agent: false,
        headers: {
          host: send.host ?? new URL(origin).host,
          ...(body === undefined
            ? {}
            : {
                'content-type': 'application/x-www-form-urlencoded',
                'content-length': String(Buffer.byteLength(body)),
              }),
          ...send.headers,
        },
      },
      (res) => {
        const chunks: Buffer[] = [];
        res.on('data', (chunk: Buffer) => chunks.push(chunk));
        res.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            text,
            location: res.headers.location === undefined ? undefined : new URL(res.headers.location, origin),
            json: () => JSON.parse(text) as Record<string, unknown>,
          });
        });
        res.on('error', reject);
      },
    );
    req.on('error', reject);
    req.end(body);
  });
}

interface Cookie {
  name: string;
  value: string;
  path: string;
  raw: string;
}

/** A browser, as far as the minter can tell: cookies with their paths, and an Accept header that wants pages. */
export class Visitor {
  readonly cookies = new Map<string, Cookie>();

  constructor(
    private readonly origin: string,
    readonly ports: readonly number[],
  ) {}

  async go(path: string, send: Send = {}, replica = 0): Promise<Answer> {
    const pathname = path.split('?', 1)[0] ?? '/';
    const cookie = [...this.cookies.values()]
      .filter(({ path: at }) => at === '/' || pathname === at || pathname.startsWith(`${at}/`))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
    const answer = await exchange(this.ports[replica] ?? 0, this.origin, path, {
      ...send,
      headers: {
        accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
        ...(cookie === '' ? {} : { cookie }),
        ...send.headers,
      },
    });
    for (const line of [answer.headers['set-cookie'] ?? []].flat()) this.keep(line);
    return answer;
  }

  binding(): string | undefined {
    return [...this.cookies.values()].find(({ name }) => name.endsWith('passbroker_browser'))?.value;
  }

  private keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
    const cut = pair.indexOf('=');
    const path = attributes.find((part) => part.toLowerCase().startsWith('path='))?.slice(5) ?? '/';
    const cookie = { name: pair.slice(0, cut), value: pair.slice(cut + 1), path, raw: line };
    const gone =
      attributes.some((part) => part.toLowerCase().startsWith('expires=thu, 01 jan 1970')) || cookie.value === '';
    const id = `${cookie.name} ${path}`;
    if (gone) this.cookies.delete(id);
    else this.cookies.set(id, cookie);
  }
}
