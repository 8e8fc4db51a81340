import {
  Agent,
  createServer,
  request,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';

export interface EdgeOptions {
  port?: number;
  /** Origins of the replicas. */
  gateways: string[];
  minters: string[];
}

export interface Edge {
  origin: string;
  close(): Promise<void>;
}

interface Pool {
  name: 'gateway' | 'minter';
  replicas: URL[];
  next: number;
}

/** The minter's paths on a brand's host; everything else is the gateway's. */
const MINTER =
  /^\/(oidc|saml\/idp|pass)(\/|$)|^\/\.well-known\/(openid-configuration|oauth-authorization-server)(\/|$)/;

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

/**
 * The load balancer of a deployment, in a process: routes by path, replicas in turn, Host kept, claims of visitors
 * about their address replaced. For tests: `x-test-replica: 1` chooses a replica, `x-test-client: 203.0.113.9` the
 * visitor's address; the answer's `x-test-replica` tells who gave it.
 */
export async function startEdge({ port = 0, gateways, minters }: EdgeOptions): Promise<Edge> {
  const pool = (name: Pool['name'], origins: string[]): Pool => ({
    name,
    replicas: origins.map((origin) => new URL(origin)),
    next: 0,
  });
  const pools = { gateway: pool('gateway', gateways), minter: pool('minter', minters) };
  const agent = new Agent({ keepAlive: true });

  const server = createServer((req, res) => {
    const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
    const chosen = MINTER.test(path) ? pools.minter : pools.gateway;
    const forced = Number(req.headers['x-test-replica'] ?? NaN);
    const first = Number.isInteger(forced) ? forced : chosen.next++;
    // A replica that is down is passed over, unless the test insists on it.
    forward(req, res, chosen, first, Number.isInteger(forced) ? 1 : chosen.replicas.length);
  });

  function forward(req: IncomingMessage, res: ServerResponse, chosen: Pool, turn: number, tries: number): void {
    const index = turn % chosen.replicas.length;
    const replica = chosen.replicas[index];
    if (!replica || tries === 0) return unavailable(res);
    const upstream = request({
      agent,
      host: replica.hostname,
      port: replica.port,
      method: req.method,
      path: req.url,
      headers: forwardedHeaders(req),
      setHost: false,
    });
    const leave = () => upstream.destroy();
    res.once('close', leave);
    upstream.once('response', (answer) => {
      const headers: OutgoingHttpHeaders = { ...answer.headers, 'x-test-replica': `${chosen.name}-${index}` };
      for (const name of HOP_BY_HOP) delete headers[name];
      res.writeHead(answer.statusCode ?? 502, headers);
      res.flushHeaders();
      pipeline(answer, res, () => undefined);
    });
    let bodySent = false;
    upstream.on('error', () => undefined);
    upstream.once('error', () => {
      res.off('close', leave);
      if (res.headersSent || res.destroyed) return void res.destroy();
      // A kept connection may close under our hands: nothing was answered, and without a body nothing is lost.
      const bodiless = req.method === 'GET' || req.method === 'HEAD';
      if (upstream.reusedSocket && bodiless) return forward(req, res, chosen, turn, tries);
      if (bodySent) return unavailable(res);
      forward(req, res, chosen, turn + 1, tries - 1);
    });
    onceConnected(upstream, () => {
      bodySent = true;
      req.pipe(upstream);
    });
  }

  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
  return {
    origin: `http://localhost:${bound}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      agent.destroy();
    },
  };
}

/** The body is read only once somebody is there to take it, so that the next replica still can. */
function onceConnected(upstream: ClientRequest, then: () => void): void {
  upstream.once('socket', (socket) => {
    if (!socket.connecting) return then();
    socket.once('connect', then);
  });
}

function forwardedHeaders(req: IncomingMessage): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...req.headers };
  const client = req.headers['x-test-client'] ?? req.socket.remoteAddress ?? '';
  for (const name of [...HOP_BY_HOP, 'forwarded', 'x-test-replica', 'x-test-client']) delete headers[name];
  for (const name of Object.keys(headers)) if (name.startsWith('x-forwarded-')) delete headers[name];
  // Without a length the body goes on in chunks, as it came.
  if (req.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  return {
    ...headers,
    'x-forwarded-for': client,
    'x-forwarded-proto': 'http',
    'x-forwarded-host': req.headers.host ?? '',
  };
}

function unavailable(res: ServerResponse): void {
  if (res.headersSent) return void res.destroy();
  res.writeHead(502, { 'content-type': 'text/plain', 'retry-after': '1' });
  res.end('no replica answers\n');
}
