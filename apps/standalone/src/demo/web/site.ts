import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from '@passbroker/platform';
import { Html } from './html.js';

export interface Visit {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Fields of a form post; empty otherwise. */
  fields: URLSearchParams;
  cookie(name: string): string | undefined;
  /** True unless the browser says that a page of somebody else made it post this. */
  sameOrigin: boolean;
}

export type Reply = { cookies?: string[] } & (
  { page: Html; status?: number } | { seeOther: string; status?: 302 | 303 } | { text: string; status?: number }
);

export interface SiteOptions {
  name: string;
  port: number;
  host: string;
  log: Logger;
  stylesheet: string;
  /** Origins to which this site's forms may lead, also by way of redirects. `*` is anywhere. */
  formTargets: string[];
  routes: Record<string, (visit: Visit) => Promise<Reply> | Reply>;
}

export interface Site {
  url: string;
  close(): Promise<void>;
}

const MOST_BYTES = 16_384;

/** A small web site without a framework: the demo shows what a customer has, not what we have. */
export async function startSite(options: SiteOptions): Promise<Site> {
  const { name, port, host, log, stylesheet, formTargets, routes } = options;
  const headers = {
    'content-security-policy': [
      "default-src 'none'",
      "style-src 'self'",
      // The empty icon of the pages, which spares a request for another.
      'img-src data:',
      `form-action ${["'self'", ...formTargets].join(' ')}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    // Same-origin instead of none: a page without any referrer posts its own forms with `Origin: null`.
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  };

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = URL.parse(req.url ?? '/', 'http://site');
    const method = req.method === 'HEAD' ? 'GET' : (req.method ?? 'GET');
    const path = url?.pathname ?? '/';
    if (method === 'GET' && path === '/style.css') {
      res.writeHead(200, { ...headers, 'content-type': 'text/css; charset=utf-8', 'cache-control': 'max-age=3600' });
      return void res.end(stylesheet);
    }
    const route = Object.hasOwn(routes, `${method} ${path}`) ? routes[`${method} ${path}`] : undefined;
    if (!url || !route) return send(res, headers, { text: 'There is no such page.\n', status: 404 });
    const body = method === 'POST' ? await bodyOf(req) : '';
    if (body === undefined) return send(res, headers, { text: 'That is too much.\n', status: 413 });
    const reply = await route({
      method,
      path,
      query: url.searchParams,
      fields: new URLSearchParams(body),
      cookie: (wanted) => readCookie(req, wanted),
      sameOrigin: !['cross-site', 'same-site'].includes(String(req.headers['sec-fetch-site'])),
    });
    send(res, headers, reply);
  }

  const server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => {
      // Only what went wrong: a query may carry a code or a token.
      log.error({ site: name, problem: error instanceof Error ? error.message : String(error) }, 'demo page failed');
      if (!res.headersSent) send(res, headers, { text: 'Something went wrong here. Please try again.\n', status: 500 });
    });
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
  return {
    url: `http://localhost:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(res: ServerResponse, headers: Record<string, string>, reply: Reply): void {
  if (reply.cookies?.length) res.setHeader('set-cookie', reply.cookies);
  if ('seeOther' in reply) {
    res.writeHead(reply.status ?? 303, { ...headers, location: reply.seeOther }).end();
  } else if ('page' in reply) {
    res.writeHead(reply.status ?? 200, { ...headers, 'content-type': 'text/html; charset=utf-8' });
    res.end(reply.page.markup);
  } else {
    res.writeHead(reply.status ?? 200, { ...headers, 'content-type': 'text/plain; charset=utf-8' }).end(reply.text);
  }
}

async function bodyOf(req: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function readCookie(req: IncomingMessage, name: string): string | undefined {
  const pairs = (req.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}
