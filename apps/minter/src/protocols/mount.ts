import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { EndedSession } from '@passbroker/bus';
import type { Brand } from '@passbroker/model';
import { newReference, pathForLog, pathOnly, requestLog } from '@passbroker/platform';
import { PROTOCOLS, type MountedProtocol, type OpenProtocol, type SigningKeys } from '@passbroker/protocols';
import type { KeyRing } from '../keys/index.js';
import type { MinterParts } from '../parts.js';
import type { Applications } from './applications.js';
import { protocolTools } from './tools.js';

/** Forms are small; what announces itself larger is not read at all. */
const LARGEST_BODY = 65_536;

/** The minter's paths on a brand's host; the front of one process for all sends these here. */
export const isMinterPath = (path: string): boolean =>
  /^\/(oidc|saml\/idp|pass)\//.test(path) || PROTOCOLS.some((protocol) => protocol.answers(path));

/** What the minter answers to. */
export interface Doors {
  handler: RequestListener;
  sessionEnded(ended: EndedSession): Promise<void>;
}

interface Room {
  brand: Brand;
  host: string;
  scheme: string;
  keys: SigningKeys;
  open: Map<string, OpenProtocol>;
}

/**
 * The door: which brand, which protocol. Protocols are opened per brand when first asked for, and anew when
 * the brand or its keys have changed; requests under way finish where they began.
 */
export function mountProtocols(parts: MinterParts, ring: KeyRing, applications: Applications): Doors {
  const rooms = new Map<string, Room>();
  const lines = requestLog(parts.log);

  const roomOf = async (brand: Brand): Promise<Room> => {
    const keys = await ring.keysOf(brand.id);
    const known = rooms.get(brand.id);
    if (known?.keys === keys && known.brand.revision === brand.revision && known.brand.origin === brand.origin) {
      return known;
    }
    const { host, protocol } = new URL(brand.origin);
    const room = { brand, host, scheme: protocol.slice(0, -1), keys, open: new Map<string, OpenProtocol>() };
    rooms.set(brand.id, room);
    return room;
  };

  const opened = (room: Room, protocol: MountedProtocol): OpenProtocol => {
    const known = room.open.get(protocol.protocol);
    if (known) return known;
    const open = protocol.open(protocolTools(parts, applications, room.brand, room.keys));
    room.open.set(protocol.protocol, open);
    return open;
  };

  const enter = async (req: IncomingMessage, res: ServerResponse, path: string): Promise<void> => {
    const { host } = req.headers;
    const brand = host ? await parts.catalog.brandByHost(host) : undefined;
    if (!brand) return answer(res, 404, 'brand.unknown');
    // What people see at the same host says so too; an application's address may be all that a browser asks of it.
    if (brand.origin.startsWith('https:')) res.setHeader('strict-transport-security', 'max-age=31536000');
    if (!brand.enabled) return answer(res, 404, 'brand.disabled');
    const protocol = PROTOCOLS.find((candidate) => candidate.answers(path));
    if (!protocol) return answer(res, 404, 'application.unknown');
    if (Number(req.headers['content-length'] ?? 0) > LARGEST_BODY) return tooLarge(res);
    const room = await roomOf(brand);
    pin(req, room);
    opened(room, protocol).handler(req, res);
  };

  const sessionEnded = async ({ brand: id, ...ended }: EndedSession): Promise<void> => {
    const brand = await parts.catalog.brand(id);
    // Its applications are closed with it.
    if (!brand?.enabled) return;
    const room = await roomOf(brand);
    await Promise.all(PROTOCOLS.map(async (protocol) => opened(room, protocol).sessionEnded?.(ended)));
  };

  const handler: RequestListener = (req, res) => {
    const path = pathOnly(req.url ?? '/');
    protect(res);
    if (lines.isLevelEnabled('info')) {
      const began = performance.now();
      res.once('finish', () =>
        lines.info({
          method: req.method,
          path: pathForLog(path),
          status: res.statusCode,
          ms: Math.round(performance.now() - began),
        }),
      );
    }
    enter(req, res, path).catch((error: unknown) => {
      const incident = newReference();
      parts.log.error(
        { path: pathForLog(path), incident, err: error instanceof Error ? error.message : String(error) },
        'not answered',
      );
      if (res.headersSent) res.destroy();
      else answer(res, 503, 'service.unavailable', incident);
    });
  };

  return { handler, sessionEnded };
}

/** Addresses come from the brand alone: whatever the request claims about host and scheme is written over. */
function pin(req: IncomingMessage, { host, scheme }: Room): void {
  req.headers.host = host;
  req.headers['x-forwarded-proto'] = scheme;
  for (const name of ['x-forwarded-host', 'x-forwarded-for', 'forwarded', 'x-original-url', 'x-rewrite-url']) {
    if (req.headers[name] !== undefined) Reflect.deleteProperty(req.headers, name);
  }
}

/** The one page a protocol may send posts itself to an application; the provider adds that script's hash. */
function protect(res: ServerResponse): void {
  res.setHeader('x-content-type-options', 'nosniff');
  res.setHeader('referrer-policy', 'no-referrer');
  res.setHeader('x-frame-options', 'DENY');
  res.setHeader(
    'content-security-policy',
    "default-src 'none'; script-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  );
}

function tooLarge(res: ServerResponse): void {
  res.setHeader('connection', 'close');
  answer(res, 413, 'request.too_large');
}

function answer(res: ServerResponse, status: number, code: string, reference?: string): void {
  if (status === 503) res.setHeader('retry-after', '2');
  res.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  res.end(JSON.stringify({ code, ...(reference === undefined ? {} : { reference }) }));
}
