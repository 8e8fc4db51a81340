import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { mayReach } from '@passbroker/platform';
import { addressOf, lookupWithin } from './reach.js';

const here = mayReach({ allowLoopback: true });
const elsewhere = mayReach({ allowLoopback: false });

describe('where directories and databases may be', () => {
  let server: Server;
  let port: number;
  let visits: number;

  beforeAll(async () => {
    server = createServer((socket) => {
      visits += 1;
      socket.destroy();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => (visits = 0));
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it.each(['169.254.169.254', '0.0.0.0', 'fd00:ec2::254', '::'])('never at %s', async (host) => {
    await expect(addressOf(host, here)).rejects.toMatchObject({ code: 'usersource.misconfigured' });
    expect(() => lookupWithin(host, here)).toThrow(expect.objectContaining({ code: 'usersource.misconfigured' }));
  });

  it('in private networks, and on this machine where that is allowed', async () => {
    expect(await addressOf('10.1.2.3', elsewhere)).toBe('10.1.2.3');
    expect(await addressOf('127.0.0.1', here)).toBe('127.0.0.1');
    for (const host of ['127.0.0.1', 'localhost']) {
      await expect(addressOf(host, elsewhere)).rejects.toMatchObject({ code: 'usersource.misconfigured' });
    }
  });

  it('behind a name only if that name leads there, looked up while connecting', async () => {
    const reached = (may: typeof here) =>
      new Promise<unknown>((resolve) => {
        const socket = connect({ host: 'localhost', port, lookup: lookupWithin('localhost', may) });
        socket.once('error', resolve).once('connect', () => {
          socket.destroy();
          resolve('connected');
        });
      });
    expect(await reached(elsewhere)).toMatchObject({ code: 'usersource.misconfigured' });
    expect(visits).toBe(0);
    expect(await reached(here)).toBe('connected');
  });
});
