import { EventEmitter } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';

import type { ValkeyConnection } from './valkey-connection.js';
import { ValkeyMemory } from './valkey-memory.js';
import { loadValkey, type ValkeyModule } from './valkey-module.js';
import { ValkeySockets } from './valkey-sockets.js';
import { ValkeyExit, wasiImports } from './valkey-wasi.js';

const SLICE_MS = 10; // Longest run of steps before Node gets its thread back.
const TICK_MS = 50; // Upper bound for the lateness of timers and BLOCK timeouts.
const ERROR_REPLY = '-'.charCodeAt(0);

export interface ValkeyOptions {
  port: number;
  /** Run before the first client can connect: password, memory limit. */
  setup: string[][];
  onLog: (line: string) => void;
}

/**
 * Drives the engine, which never blocks and never calls back: somebody has to step it.
 *
 *   sockets ── data ──► feed ──► kick ──(setImmediate: one batch)──► pump ── step, step… 0 events ──► flush
 *
 * Emits `exit` (Error or undefined) once; after that the instance is unusable and must be replaced.
 * @see docs/decisions for why this is not the package's own bridge: Nagle and a 100 ms tick cost 40 ms a reply.
 */
export class ValkeyDriver extends EventEmitter<{ exit: [Error | undefined] }> {
  private readonly options: ValkeyOptions;
  private readonly memory = new ValkeyMemory();
  private readonly sockets = new ValkeySockets(this.memory);
  private module: ValkeyModule | undefined;
  private server: Server | undefined;
  private timer: NodeJS.Timeout | undefined;
  private own: ValkeyConnection | undefined;
  private lastCommand: Promise<unknown> = Promise.resolve();
  private kicked = false;
  private pumping = false;
  private stopped = false;

  constructor(options: ValkeyOptions) {
    super();
    this.options = options;
  }

  async start(): Promise<{ port: number }> {
    const wasi = wasiImports(this.memory, this.options.onLog);
    this.module = await loadValkey(this.memory, this.sockets.imports(), wasi);
    if (!this.module.boot() || !this.sockets.listening) throw new Error('valkey did not boot');
    this.timer = setInterval(() => this.pump(), Math.min(TICK_MS, this.module.timeoutMs()));

    // 9.1.1 forgets replies by reference when it checks client-output-buffer-limit; copied ones it counts.
    const countReplies = ['CONFIG', 'SET', 'min-string-size-avoid-copy-reply', '0'];
    for (const command of [countReplies, ...this.options.setup]) {
      const reply = await this.command(command);
      if (reply[0] === ERROR_REPLY) throw new Error(`${command[0] ?? ''} refused: ${reply.toString()}`);
    }
    return { port: await this.listen() };
  }

  /**
   * One command over a private in-process connection, opened before any password exists; resolves with the raw
   * RESP2 reply. Not for blocking commands or SUBSCRIBE.
   */
  command(words: string[]): Promise<Buffer> {
    const turn = this.lastCommand.then(() => this.send(words));
    this.lastCommand = turn.catch(() => undefined);
    return turn;
  }

  stop(error?: Error): Promise<void> {
    if (this.stopped) return Promise.resolve();
    this.stopped = true;
    clearInterval(this.timer);
    this.sockets.destroy();
    return new Promise((resolve) => {
      const end = () => {
        this.emit('exit', error);
        resolve();
      };
      if (this.server?.listening) this.server.close(end);
      else end();
    });
  }

  private send(words: string[]): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.own && !this.sockets.holds(this.own)) this.own = undefined;
      this.own ??= this.sockets.add(null);
      if (!this.own || this.stopped) return reject(new Error('valkey has stopped'));
      this.own.answered = resolve;
      const arguments_ = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('');
      this.own.feed(Buffer.from(`*${words.length}\r\n${arguments_}`));
      this.kick();
    });
  }

  private listen(): Promise<number> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.admit(socket));
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port: this.options.port, backlog: 511 }, () => {
        const address = server.address();
        resolve(address && typeof address === 'object' ? address.port : 0);
      });
    });
  }

  private admit(socket: Socket): void {
    socket.on('error', () => undefined); // 'close' always follows.
    const connection = this.stopped ? undefined : this.sockets.add(socket);
    if (!connection) {
      socket.end('-ERR max number of clients reached\r\n', () => socket.destroy());
      return;
    }
    socket.on('data', (bytes) => {
      connection.feed(bytes);
      this.kick();
    });
    socket.on('end', () => {
      connection.finished = true;
      this.kick();
    });
    socket.on('drain', () => this.kick());
    socket.on('close', () => {
      connection.finished = true;
      connection.gone = true;
      this.kick();
    });
    this.kick();
  }

  // setImmediate runs after every socket that was ready in this turn has delivered its data: one batch.
  private kick(): void {
    if (this.kicked || this.stopped) return;
    this.kicked = true;
    setImmediate(() => {
      this.kicked = false;
      this.pump();
    });
  }

  // A reply made in one step leaves in the next, so we step until a step found nothing to do.
  private pump(): void {
    if (this.pumping || this.stopped || !this.module) return;
    this.pumping = true;
    try {
      const end = performance.now() + SLICE_MS;
      while (this.module.step() > 0) {
        if (performance.now() <= end) continue;
        this.kick();
        break;
      }
    } catch (error) {
      const wanted = error instanceof ValkeyExit && error.code === 0;
      void this.stop(wanted ? undefined : error instanceof Error ? error : new Error(String(error)));
      return;
    } finally {
      this.pumping = false;
    }
    this.sockets.endRound();
  }
}
