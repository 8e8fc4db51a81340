import { createServer, type RequestListener, type Server } from 'node:http';
import { z } from 'zod';
import { startEdge, type Edge } from './edge.js';

const running: { close(): unknown }[] = [];

async function replica(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  running.push({ close: () => (server.closeAllConnections(), server.close()) });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

/** Tells who was asked, for what, with which headers and body. */
const echo =
  (name: string): RequestListener =>
  (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      res.setHeader('set-cookie', ['a=1', 'b=2']);
      res.end(
        JSON.stringify({ name, url: req.url, headers: req.headers, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
  };

async function edgeOver(gateways: string[], minters: string[]): Promise<Edge> {
  const edge = await startEdge({ gateways, minters });
  running.push(edge);
  return edge;
}

const echoed = z.object({
  name: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

async function ask(edge: Edge, path: string, init: RequestInit = {}): Promise<z.infer<typeof echoed>> {
  return echoed.parse(await (await fetch(`${edge.origin}${path}`, init)).json());
}

afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.close();
});

describe('the edge', () => {
  it.each([
    ['/', 'gateway'],
    ['/sign-in/abc', 'gateway'],
    ['/passwords', 'gateway'],
    ['/saml/sp', 'gateway'],
    ['/oidc', 'minter'],
    ['/oidc/auth?client_id=x', 'minter'],
    ['/oidcish', 'gateway'],
    ['/.well-known/openid-configuration', 'minter'],
    ['/.well-known/security.txt', 'gateway'],
    ['/saml/idp/sso', 'minter'],
    ['/pass/shop', 'minter'],
  ])('leads %s to the %s', async (path, expected) => {
    const edge = await edgeOver([await replica(echo('gateway'))], [await replica(echo('minter'))]);
    expect(await ask(edge, path)).toMatchObject({ name: expected, url: path });
  });

  it('takes replicas in turn, each pool for itself, and the one a test names', async () => {
    const gateways = [await replica(echo('g0')), await replica(echo('g1'))];
    const edge = await edgeOver(gateways, [await replica(echo('m0'))]);
    const names: string[] = [];
    for (const path of ['/', '/oidc/x', '/', '/oidc/x', '/']) names.push((await ask(edge, path)).name);
    expect(names).toEqual(['g0', 'm0', 'g1', 'm0', 'g0']);
    const forced = await ask(edge, '/', { headers: { 'x-test-replica': '0' } });
    expect(forced.name).toBe('g0');
    expect(forced.headers).not.toHaveProperty('x-test-replica');
  });

  it('keeps Host, replaces what visitors say about their address, and carries bodies and all cookies', async () => {
    const edge = await edgeOver([await replica(echo('g'))], []);
    const response = await fetch(`${edge.origin}/post?a=%2b`, {
      method: 'POST',
      body: 'a body',
      headers: { 'x-forwarded-for': '198.51.100.1', 'x-forwarded-host': 'evil.test', forwarded: 'for=198.51.100.1' },
    });
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('x-test-replica')).toBe('gateway-0');
    const got = echoed.parse(await response.json());
    const host = new URL(edge.origin).host;
    expect(got).toMatchObject({ url: '/post?a=%2b', body: 'a body' });
    expect(got.headers).toMatchObject({ host, 'x-forwarded-proto': 'http', 'x-forwarded-host': host });
    expect(got.headers['x-forwarded-for']).toMatch(/127\.0\.0\.1$|^::1$/);
    expect(got.headers).not.toHaveProperty('forwarded');

    const elsewhere = await ask(edge, '/', { headers: { 'x-test-client': '203.0.113.9' } });
    expect(elsewhere.headers['x-forwarded-for']).toBe('203.0.113.9');
  });

  it('passes over a replica that is down, body and all, and says 502 when none is left', async () => {
    const dead = 'http://127.0.0.1:1';
    const edge = await edgeOver([dead, await replica(echo('alive'))], [dead]);
    for (let round = 0; round < 4; round += 1) {
      expect(await ask(edge, '/', { method: 'POST', body: `round ${round}` })).toMatchObject({
        name: 'alive',
        body: `round ${round}`,
      });
    }
    expect((await fetch(`${edge.origin}/oidc/jwks`)).status).toBe(502);
    expect((await fetch(`${edge.origin}/`, { headers: { 'x-test-replica': '0' } })).status).toBe(502);
  });

  it('streams: the first bytes arrive before the last are written', async () => {
    let finish = (): void => undefined;
    const slow = await replica((_req, res) => {
      res.write('first');
      finish = () => res.end(' last');
    });
    const edge = await edgeOver([slow], []);
    const response = await fetch(`${edge.origin}/`);
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe('first');
    finish();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(' last');
  });
});
