import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createSafeFetch } from './safe-fetch.js';

describe('safe-fetch', () => {
  let server: Server;
  let origin: string;
  let connections: Socket[];
  let asked: string[];

  beforeEach(async () => {
    connections = [];
    asked = [];
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end('here');
    });
    server.on('connection', (socket) => connections.push(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('asks the same upstream over the connection it has', async () => {
    const fetch = createSafeFetch({ allowPrivate: true });
    for (const path of ['/one', '/two', '/three']) expect(await (await fetch(origin + path)).text()).toBe('here');
    expect(connections).toHaveLength(1);
  });

  it.each([
    ['http://169.254.169.254/latest/meta-data/', undefined],
    ['http://0.0.0.0/', undefined],
    ['http://[fd00:ec2::254]/', undefined],
    ['http://metadata.acme.test/', '169.254.169.254'],
  ])('reads no credentials of the machine it is on, whatever is allowed: %s', async (url, address) => {
    const lookup = async () => [{ address: address ?? '127.0.0.1', family: 4 }];
    const fetch = createSafeFetch({ allowPrivate: true, lookup });
    await expect(fetch(url)).rejects.toMatchObject({ code: 'usersource.misconfigured' });
    await expect(fetch(origin)).resolves.toMatchObject({ status: 200 });
  });

  it('asks anew, once, when the upstream has closed that connection meanwhile', async () => {
    const fetch = createSafeFetch({ allowPrivate: true });
    await fetch(`${origin}/one`);
    // Not `end`: as a firewall does it, without a word that the client could have heard before.
    connections[0]?.resetAndDestroy();
    const answer = await fetch(`${origin}/two`, { method: 'POST', body: 'code=abc' });
    expect(answer.status).toBe(200);
    expect(asked).toEqual(['GET /one', 'POST /two']);
    expect(connections).toHaveLength(2);
  });

  it('does not ask a second time when the first connection fails', async () => {
    const fetch = createSafeFetch({ allowPrivate: true });
    let tries = 0;
    server.on('connection', (socket: Socket) => {
      tries += 1;
      socket.resetAndDestroy();
    });
    await expect(fetch(`${origin}/one`)).rejects.toMatchObject({ code: 'usersource.unreachable' });
    expect(tries).toBe(1);
  });

  it('looks the name up and judges it for every request, also when a connection is there', async () => {
    let known = true;
    const lookup = async (): Promise<{ address: string; family: number }[]> => {
      if (!known) throw new Error('no such name');
      return [{ address: '127.0.0.1', family: 4 }];
    };
    const fetch = createSafeFetch({ allowPrivate: true, lookup });
    const { port } = server.address() as AddressInfo;
    expect((await fetch(`http://upstream.acme.test:${port}/`)).status).toBe(200);
    known = false;
    await expect(fetch(`http://upstream.acme.test:${port}/`)).rejects.toMatchObject({ code: 'usersource.unreachable' });
    expect(asked).toHaveLength(1);
  });
});
