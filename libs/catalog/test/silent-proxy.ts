import { connect, createServer, type Socket } from 'node:net';

/** A road to a server that can fall silent: connections stay open and nothing comes through any more. */
export async function silentProxy(url: string) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let silent = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    if (silent) return;
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const through = new URL(url);
  through.port = String(typeof address === 'object' ? address?.port : '');
  return {
    url: through.href,
    /** For the connections there are and those to come; `speak` lets only new ones through. */
    fallSilent(): void {
      silent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    speak(): void {
      silent = false;
    },
    async close(): Promise<void> {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
