import { connect } from 'node:net';

import type { Door } from '#bench/driver/connection';

export interface Raw {
  method: string;
  target: string;
  headers: readonly (readonly [string, string])[];
  body: string;
}

export interface Heard {
  /** 0 when the connection was closed without an answer. */
  status: number;
  ms: number;
  head: string;
}

const PATIENCE_MS = 30_000;

/** Byte for byte as generated: a well-mannered client would refuse to send most of it. */
export function send(door: Door, { method, target, headers, body }: Raw): Promise<Heard> {
  const since = performance.now();
  const lines = [`${method} ${target} HTTP/1.1`, ...headers.map(([name, value]) => `${name}: ${value}`), '', body];
  return new Promise((resolve) => {
    const socket = connect(door.port, door.host);
    let head = '';
    const end = (): void => {
      socket.destroy();
      // Not what it says while it waits for the body: 100 Continue.
      resolve({
        status: Number(/^HTTP\/1\.\d ([2-9]\d\d)/m.exec(head)?.[1] ?? 0),
        ms: performance.now() - since,
        head,
      });
    };
    socket.setTimeout(PATIENCE_MS, end);
    socket.setEncoding('latin1');
    socket.on('data', (piece: string) => {
      if (head.length < 2_000) head += piece;
    });
    socket.on('end', end);
    socket.on('error', end);
    socket.write(Buffer.from(lines.join('\r\n'), 'latin1'));
  });
}
