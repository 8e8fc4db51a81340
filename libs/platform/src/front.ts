import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { ConfigError } from './config.js';

/** Believes forwarded headers only of peers in these networks; answers whether an address is one of them. */
export function trustedProxies(networks: string[]): (address: string | undefined) => boolean {
  if (networks.length === 0) return () => false;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined;
    if (!family) throw new Error(`TRUSTED_PROXIES: ${network} is not a network`);
    list.addSubnet(address, prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix), family);
  }
  return (raw) => {
    // A Unix-socket peer has no address: somebody on this host whom nobody vouched for.
    if (!raw) return false;
    const address = plainAddress(raw);
    return isIPv4(address) ? list.check(address, 'ipv4') : isIPv6(address) && list.check(address, 'ipv6');
  };
}

/** Dual-stack sockets show IPv4 peers as `::ffff:a.b.c.d`. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

/**
 * The address of the client: the socket's, or the last address that a trusted proxy did not add itself.
 * Reads from the right, because everything to the left of the first untrusted hop is the client's own claim.
 */
export function clientAddress(req: IncomingMessage, trusted: (address: string | undefined) => boolean): string {
  let address = plainAddress(req.socket.remoteAddress ?? '');
  const hops = String(req.headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((hop) => plainAddress(hop.trim()))
    .reverse();
  for (const hop of hops) {
    if (!trusted(address) || !(isIPv4(hop) || isIPv6(hop))) break;
    address = hop;
  }
  return address;
}

/** Headers by which an untrusted peer might claim to be another host, scheme or person. */
const CLAIMS = [
  'forwarded',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-client-cert',
  'x-original-url',
  'x-rewrite-url',
  'x-remote-user',
  'x-http-method-override',
];

function dropClaims(req: IncomingMessage): void {
  for (const name of CLAIMS) if (req.headers[name] !== undefined) Reflect.deleteProperty(req.headers, name);
}

export interface Front {
  server: Server;
  /** Stops taking connections, lets answers in flight finish with `connection: close`, then resolves. */
  drain(graceMs?: number): Promise<void>;
}

/**
 * The one HTTP server of a process. Strips claims of untrusted peers before any handler sees the request,
 * and drains on close: the framework's own ways either cut answers off or wait for keep-alive to time out.
 */
export function createFront(handler: RequestListener, trusted: (address: string | undefined) => boolean): Front {
  const open = new Set<ServerResponse>();
  let draining = false;
  const server = createServer(
    {
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      // Node looks every 30 seconds, which would make 40 of these 10.
      connectionsCheckingInterval: 5_000,
      keepAliveTimeout: 72_000,
      maxHeaderSize: 16_384,
    },
    (req, res) => {
      if (!trusted(req.socket.remoteAddress)) dropClaims(req);
      open.add(res);
      if (draining) res.setHeader('connection', 'close');
      res.once('close', () => {
        open.delete(res);
        if (draining) server.closeIdleConnections();
      });
      handler(req, res);
    },
  );
  server.maxRequestsPerSocket = 0;
  return {
    server,
    drain: (graceMs = 10_000) =>
      new Promise((resolve) => {
        draining = true;
        for (const res of open) if (!res.headersSent) res.setHeader('connection', 'close');
        const cut = setTimeout(() => server.closeAllConnections(), graceMs);
        server.close(() => {
          clearTimeout(cut);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

const UNUSABLE: Record<string, string> = {
  EADDRINUSE: 'is in use: end what listens there, or set another port (docs/configuration.md)',
  EACCES: 'is not allowed to this user: choose one above 1023',
  EADDRNOTAVAIL: 'is no address of this machine: see BIND_ADDRESS',
};

/** @throws ConfigError when the port is not to be had: the operator's to mend, without a stack trace. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => {
      const why = UNUSABLE[error.code ?? ''];
      reject(why === undefined ? error : new ConfigError([`port ${port} of ${host} ${why}`]));
    };
    server.once('error', failed);
    server.listen(port, host, () => {
      server.removeListener('error', failed);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
