import { lookup as dnsLookup } from 'node:dns/promises';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { Refusal } from '@passbroker/model';
import { isNowhere, isPrivateAddress } from './addresses.js';

export interface SafeFetchOptions {
  /** Whether private networks may be reached; not in production, unless the operator says so. */
  allowPrivate: boolean;
  timeoutMs?: number;
  maxBytes?: number;
  lookup?: (host: string) => Promise<{ address: string; family: number }[]>;
}

/**
 * `fetch` for addresses that somebody configured (invariant 9). The name is resolved once and the connection
 * goes to the very address that was judged, so that a second, different DNS answer changes nothing; redirects
 * are answered, never followed; time and size are capped. Connections are kept for the next request to the same
 * host: each leads to an address that was judged when it was made.
 */
export function createSafeFetch(options: SafeFetchOptions): typeof fetch {
  const timeout = options.timeoutMs ?? 10_000;
  const maxBytes = options.maxBytes ?? 1_048_576;
  const kept = { keepAlive: true, timeout: IDLE_MS, maxFreeSockets: MOST_IDLE };
  const agents: Agents = { 'http:': new HttpAgent(kept), 'https:': new HttpsAgent(kept) };
  const lookup = options.lookup ?? ((host: string) => dnsLookup(host, { all: true, verbatim: true }));

  return async (input, init) => {
    const { url, ...asked } = await read(input, init);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused(url, 'only http and https');
    if (url.username || url.password) throw refused(url, 'credentials in the address');
    const target = await resolve(url, lookup, options.allowPrivate);
    return send({ url, ...asked, target, agents, timeout, maxBytes });
  };
}

interface Asked {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
}

/** An address and text, as most ask; to make a `Request` of those, with a body that streams, costs more than to send it. */
async function read(input: Parameters<typeof fetch>[0], init: RequestInit = {}): Promise<Asked> {
  const { method = 'GET', headers, body } = init;
  if (!(input instanceof Request) && (body === undefined || body === null || typeof body === 'string')) {
    return { url: new URL(input), method, headers: Object.fromEntries(new Headers(headers)), body: body ?? undefined };
  }
  const request = new Request(input, init);
  return {
    url: new URL(request.url),
    method: request.method,
    headers: Object.fromEntries(request.headers),
    body: request.body ? Buffer.from(await request.arrayBuffer()) : undefined,
  };
}

/** Upstreams that are asked at every sign-in are asked again within this; others need not be held on to. */
const IDLE_MS = 10_000;
const MOST_IDLE = 8;

interface Agents {
  'http:': HttpAgent;
  'https:': HttpsAgent;
}

async function resolve(
  url: URL,
  lookup: NonNullable<SafeFetchOptions['lookup']>,
  allowPrivate: boolean,
): Promise<{ address: string; family: number }> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  let found: { address: string; family: number }[];
  try {
    found = family ? [{ address: host, family }] : await lookup(host);
  } catch (cause) {
    throw new Refusal('usersource.unreachable', `${url.host} has no address`, { cause });
  }
  const first = found[0];
  // One private answer among public ones is refused too: which one is used is not ours to gamble on.
  const forbidden = allowPrivate ? isNowhere : (address: string) => isNowhere(address) || isPrivateAddress(address);
  if (!first || found.some(({ address }) => forbidden(address))) {
    throw refused(url, 'a private or special address');
  }
  return first;
}

interface Sending extends Asked {
  target: { address: string; family: number };
  agents: Agents;
  timeout: number;
  maxBytes: number;
}

function send(sending: Sending, again = false): Promise<Response> {
  const { url, target, method, headers, body, agents, timeout, maxBytes } = sending;
  return new Promise((done, fail) => {
    const unreachable = (cause: unknown): void =>
      fail(new Refusal('usersource.unreachable', `${url.host} did not answer as it should`, { cause }));
    const req = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      {
        method,
        headers: { ...headers, ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }) },
        // After a connection was closed under us, one of our own: it cannot be stale.
        agent: again ? false : agents[url.protocol === 'https:' ? 'https:' : 'http:'],
        lookup: (_host, lookupOptions, callback) => {
          if (lookupOptions.all) callback(null, [target]);
          else callback(null, target.address, target.family);
        },
      },
      (res) => {
        const chunks: Buffer[] = [];
        let size = 0;
        res.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxBytes) req.destroy(new Error(`more than ${maxBytes} bytes`));
          else chunks.push(chunk);
        });
        res.on('error', unreachable);
        res.on('end', () => {
          const status = res.statusCode ?? 502;
          const headers = new Headers();
          for (const [name, value] of Object.entries(res.headers))
            if (value !== undefined) headers.set(name, String(value));
          const empty = status === 204 || status === 304 || status < 200;
          done(new Response(empty ? null : Buffer.concat(chunks), { status: Math.max(200, status), headers }));
        });
      },
    );
    // Not a signal: nobody takes its timer back when the answer has come.
    const late = setTimeout(() => req.destroy(new Error(`no answer within ${timeout} ms`)), timeout);
    req.once('close', () => clearTimeout(late));
    let answered = false;
    req.once('response', () => (answered = true));
    req.on('error', (error: NodeJS.ErrnoException) => {
      // Upstream closed a kept connection while this was on its way: it has read nothing of it.
      const stale = req.reusedSocket && !answered && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      if (stale) send(sending, true).then(done, fail);
      else unreachable(error);
    });
    req.end(body);
  });
}

const refused = (url: URL, why: string): Refusal =>
  new Refusal('usersource.misconfigured', `${url.host}: ${why} is not allowed`);
