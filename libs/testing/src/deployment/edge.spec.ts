import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { copyEdge } from '../../../../bin/deployment/index.mjs';
import { freePort } from '../peers/free-port.js';
import { describeWith, requireServer } from '../servers/index.js';

interface Heard {
  by: string;
  url: string;
  headers: IncomingHttpHeaders;
}

/** Answers with what it heard. */
async function service(by: string): Promise<Server> {
  const server = createServer((req, res) => {
    const heard: Heard = { by, url: req.url ?? '', headers: req.headers };
    res.setHeader(
      'set-cookie',
      ['a', 'b', 'c'].map((name) => `${name}=${name.repeat(3_000)}`),
    );
    res.end(JSON.stringify(heard));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function opened(port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('nginx did not start');
}

describeWith('nginx', 'the edge of the compose file', () => {
  let gateway: Server;
  let minter: Server;
  let nginx: ChildProcess;
  let edge: ReturnType<typeof copyEdge>;
  let port = 0;

  beforeAll(async () => {
    [gateway, minter] = await Promise.all([service('gateway'), service('minter')]);
    port = await freePort();
    edge = copyEdge(process.cwd(), {
      port,
      statusPort: await freePort(),
      gateway: `127.0.0.1:${portOf(gateway)}`,
      minter: `127.0.0.1:${portOf(minter)}`,
    });
    nginx = spawn(requireServer('nginx'), ['-e', 'stderr', '-p', edge.folder, '-c', join(edge.folder, 'nginx.conf')], {
      stdio: 'inherit',
    });
    await opened(port);
  });

  afterAll(async () => {
    nginx.kill('SIGQUIT');
    await once(nginx, 'exit');
    gateway.close();
    minter.close();
    edge.remove();
  });

  function ask(path: string, headers: Record<string, string> = {}): Promise<{ status: number; heard: () => Heard }> {
    return new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port, path, headers: { host: 'login.acme.test:3000', ...headers } },
        (res) => {
          let body = '';
          res.setEncoding('utf8').on('data', (piece: string) => (body += piece));
          res.on('end', () => resolve({ status: res.statusCode ?? 0, heard: () => JSON.parse(body) as Heard }));
        },
      );
      asked.on('error', reject).end();
    });
  }

  it.each([
    ['/', 'gateway'],
    ['/login', 'gateway'],
    ['/oidcs', 'gateway'],
    ['//oidc/auth', 'gateway'],
    ['/sso/intranet/callback?multipass=x', 'gateway'],
    ['/customer/authentication/multipass/callback', 'gateway'],
    ['/.well-known/acme-challenge/x', 'gateway'],
    ['/oidc/auth?client_id=helpdesk', 'minter'],
    ['/.well-known/openid-configuration', 'minter'],
    ['/.well-known/oauth-authorization-server/oidc', 'minter'],
    ['/oidc', 'minter'],
    ['/saml/idp/sso', 'minter'],
    ['/pass/helpdesk', 'minter'],
  ])('sends %s to the %s, as it came', async (path, by) => {
    const { heard } = await ask(path);
    expect(heard()).toMatchObject({ by, url: path });
  });

  it.each(['/login/../oidc/auth', '/oidc/%2e%2e/login', '/oidc%2fauth', '/oidc/..', '/a%5cb', '/a\\b'])(
    'refuses %s, which can be read in two ways',
    async (path) => expect((await ask(path)).status).toBe(400),
  );

  it('leaves dots and slashes in a query alone', async () => {
    expect((await ask('/login?to=%2F..%2Fx/../y')).heard().url).toBe('/login?to=%2F..%2Fx/../y');
  });

  it('tells the services who asked, and nothing a visitor claims', async () => {
    const claims = {
      'x-forwarded-for': '203.0.113.9',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.test',
      'x-forwarded-port': '1',
      'x-forwarded-prefix': '/evil',
      'x-forwarded-client-cert': 'evil',
      'x-real-ip': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-original-url': '/evil',
      'x-rewrite-url': '/evil',
      'x-remote-user': 'admin',
      'x-http-method-override': 'DELETE',
    };
    const { headers } = (await ask('/login', claims)).heard();
    expect(headers).toMatchObject({
      host: 'login.acme.test:3000',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'login.acme.test:3000',
    });
    expect(JSON.stringify(headers)).not.toMatch(/evil|203\.0\.113\.9|admin|DELETE/);
  });

  it('takes a URL of 8 KiB, and answers with 9 KiB of cookies', async () => {
    const path = `/sso/intranet/callback?multipass=${'a'.repeat(8_192)}`;
    expect((await ask(path)).heard().url).toBe(path);
  });

  it('logs no query and no referrer, also when the service is gone', async () => {
    await ask('/login?multipass=canary-1', { referer: 'http://acme.test/?canary-2' });
    minter.close();
    minter.closeAllConnections();
    expect((await ask('/oidc/auth?code=canary-3')).status).toBe(502);
    const log = readFileSync(join(edge.folder, 'access.log'), 'utf8');
    expect(log).toContain('"path":"/oidc/auth","status":"502"');
    expect(log).not.toContain('canary');
  });
});
