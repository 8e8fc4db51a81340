import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

import { startFaultProxy, type FaultProxy } from './fault-proxy.js';

let echo: Server;
let proxy: FaultProxy;
let client: Socket;
let arrived: string;
const atTheServer = { bytes: 0 };

beforeEach(async () => {
  atTheServer.bytes = 0;
  arrived = '';
  echo = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      atTheServer.bytes += bytes.length;
      socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', () => resolve()));
  proxy = await startFaultProxy(`redis://user:word@127.0.0.1:${(echo.address() as AddressInfo).port}/1`);
  client = await enter();
});
afterEach(async () => {
  client.destroy();
  await proxy.close();
  await new Promise((resolve) => echo.close(resolve));
});

function dial(): Socket {
  const socket = connect({ port: Number(new URL(proxy.url).port), host: '127.0.0.1', noDelay: true });
  socket.on('error', () => undefined);
  socket.on('data', (bytes) => (arrived += bytes.toString()));
  return socket;
}

async function enter(): Promise<Socket> {
  const socket = dial();
  await once(socket, 'connect');
  return socket;
}

/** `once` of node:events would take the reset for a failure of the test. */
const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

const until = async (done: () => boolean): Promise<void> => {
  for (let left = 200; !done() && left > 0; left -= 1) await wait(5);
};

describe('a road to a server', () => {
  it('keeps the rest of the address, and every byte', async () => {
    const { username, password, pathname } = new URL(proxy.url);
    expect([username, password, pathname]).toEqual(['user', 'word', '/1']);
    client.write('x'.repeat(300_000));
    await until(() => arrived.length === 300_000);
    expect(arrived).toHaveLength(300_000);
  });

  it('may be long: a round trip takes twice the delay', async () => {
    proxy.delay(30);
    const since = performance.now();
    client.write('hello');
    await until(() => arrived === 'hello');
    expect(performance.now() - since).toBeGreaterThanOrEqual(59);
  });

  it('may be cut, for those on it and those to come', async () => {
    proxy.cut();
    await closed(client);
    await closed(dial());
    proxy.heal();
    client = await enter();
    client.write('again');
    await until(() => arrived === 'again');
    expect(arrived).toBe('again');
  });

  it('may swallow everything, and bring it when it heals', async () => {
    proxy.swallow();
    client.write('late');
    await wait(60);
    expect([arrived, atTheServer.bytes, client.destroyed]).toEqual(['', 0, false]);
    proxy.heal();
    await until(() => arrived === 'late');
    expect(arrived).toBe('late');
  });

  it('may bring what is sent and no answer', async () => {
    proxy.halfOpen();
    client.write('done');
    await until(() => atTheServer.bytes === 4);
    await wait(30);
    expect([arrived, atTheServer.bytes]).toEqual(['', 4]);
  });

  it('may bring a few bytes at a time', async () => {
    proxy.drip(2, 20);
    client.write('abcdef');
    await until(() => arrived === 'ab');
    expect(arrived).toBe('ab');
    await until(() => arrived === 'abcdef');
    expect(arrived).toBe('abcdef');
  });

  it('is overheard by those who listen', async () => {
    let sent = '';
    let answered = '';
    const stop = proxy.listen(() => ({
      sent: (bytes) => (sent += bytes.toString()),
      answered: (bytes) => (answered += bytes.toString()),
    }));
    const other = await enter();
    other.write('one');
    await until(() => answered === 'one');
    stop();
    expect([sent, answered]).toEqual(['one', 'one']);
    other.destroy();
  });
});
