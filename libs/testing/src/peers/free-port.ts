import { createServer } from 'node:net';

const FIRST = 12_000;
const EACH = 2_000;
const WORKERS = 8;

const own = FIRST + ((Number(process.env['JEST_WORKER_ID'] ?? 1) - 1) % WORKERS) * EACH;
let next = Math.floor(Math.random() * EACH);

/**
 * A port of this machine that nobody listens on. Below those that the kernel hands to outgoing connections, one of
 * which might take it before its server does; each of Jest's workers looks where no other one does.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < EACH; tries += 1) {
    next = (next + 1) % EACH;
    // Kept from here: whoever asks meanwhile goes on from the next one.
    const port = own + next;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${own} to ${own + EACH}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
