import type { Socket } from 'node:net';

import { ValkeyConnection } from './valkey-connection.js';
import type { ValkeyMemory } from './valkey-memory.js';

const FIRST_FD = 4096; // The module takes numbers from here up for sockets,
const LAST_FD = 10_000; // and its event table ends at 10128: numbers are reused, never just counted up.
const READABLE = 1;
const WRITABLE = 2;
const END_OF_FILE = 0;
const BROKEN_PIPE = -1;

/** The socket table behind the module's `host` imports, and the numbers it hands out. */
export class ValkeySockets {
  private readonly memory: ValkeyMemory;
  private readonly connections = new Map<number, ValkeyConnection>();
  private readonly unflushed = new Set<ValkeyConnection>();
  private listener = -1;
  private waiting: number[] = [];
  private next = FIRST_FD;
  private free: number[] = [];
  private freedThisRound: number[] = [];

  constructor(memory: ValkeyMemory) {
    this.memory = memory;
  }

  get listening(): boolean {
    return this.listener >= 0;
  }

  /** Undefined when the event table is full. */
  add(socket: Socket | null): ValkeyConnection | undefined {
    const fd = this.allocate();
    if (fd < 0) return undefined;
    const connection = new ValkeyConnection(fd, socket);
    this.connections.set(fd, connection);
    this.waiting.push(fd);
    return connection;
  }

  holds(connection: ValkeyConnection): boolean {
    return this.connections.get(connection.fd) === connection;
  }

  endRound(): void {
    for (const connection of this.unflushed) connection.flush();
    this.unflushed.clear();
    // Not within a round: an event already fired for the old client must not reach a new one.
    this.free.push(...this.freedThisRound);
    this.freedThisRound = [];
  }

  destroy(): void {
    for (const { socket } of this.connections.values()) socket?.destroy();
    this.connections.clear();
  }

  imports() {
    return {
      socket: () => this.allocate(),
      listen: (fd: number) => {
        this.listener = fd; // The real listener opens once the password is set.
        return 0;
      },
      accept: () => this.waiting.shift() ?? -1,
      read: (fd: number, pointer: number, length: number) =>
        this.connections.get(fd)?.readInto(this.memory.bytes(), pointer, length) ?? END_OF_FILE,
      write: (fd: number, pointer: number, length: number) => {
        const connection = this.connections.get(fd);
        if (!connection) return BROKEN_PIPE;
        this.unflushed.add(connection);
        return connection.collect(this.memory.bytes(), pointer, length);
      },
      close: (fd: number) => {
        const connection = this.connections.get(fd);
        if (!connection) return;
        this.connections.delete(fd);
        this.freedThisRound.push(fd);
        connection.close();
      },
      poll: (interest: number, count: number, fired: number, most: number) => this.poll(interest, count, fired, most),
    };
  }

  /** `interest` and `fired` point at pairs of int32: number and mask. */
  private poll(interest: number, count: number, fired: number, most: number): number {
    const words = this.memory.words();
    const end = (interest >> 2) + 2 * count;
    let found = 0;
    for (let at = interest >> 2; at < end && found < most; at += 2) {
      const fd = words[at] ?? -1;
      const ready = this.ready(fd) & (words[at + 1] ?? 0);
      if (ready === 0) continue;
      words[(fired >> 2) + 2 * found] = fd;
      words[(fired >> 2) + 2 * found + 1] = ready;
      found++;
    }
    return found;
  }

  private ready(fd: number): number {
    if (fd === this.listener) return this.waiting.length > 0 ? READABLE : 0;
    const connection = this.connections.get(fd);
    if (!connection) return 0;
    return (connection.readable() ? READABLE : 0) | (connection.writable() ? WRITABLE : 0);
  }

  private allocate(): number {
    return this.free.pop() ?? (this.next < LAST_FD ? this.next++ : -1);
  }
}
