import { connect } from 'node:net';
import type { Raw } from './nonsense.js';

export interface Heard {
  /** 0 when the connection ended without an answer. */
  status: number;
  ms: number;
  head: string;
  body: string;
}

const PATIENCE_MS = 15_000;
const ENOUGH = 40_000;

export function send(door: URL, { method, target, headers, body }: Raw): Promise<Heard> {
  const since = performance.now();
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', body];
  return new Promise((resolve) => {
    const socket = connect(Number(door.port), door.hostname);
    let text = '';
    const end = (): void => {
      socket.destroy();
      const cut = text.indexOf('\r\n\r\n');
      const head = cut < 0 ? text : text.slice(0, cut);
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(head)?.[1] ?? 0);
      resolve({ status, ms: performance.now() - since, head, body: cut < 0 ? '' : text.slice(cut + 4) });
    };
    socket.setTimeout(PATIENCE_MS, end);
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      if (text.length < ENOUGH) text += piece;
    });
    socket.on('end', end);
    socket.on('error', end);
    socket.write(Buffer.from(lines.join('\r\n'), 'latin1'));
  });
}
