import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Towards the server, and back. */
export type Direction = 'sent' | 'answered';

interface Weather {
  delayMs: number;
  /** Bytes at a time, and the pause between two times. */
  drip: { bytes: number; everyMs: number } | undefined;
  held: ReadonlySet<Direction>;
  refusing: boolean;
}

const FAIR: Weather = { delayMs: 0, drip: undefined, held: new Set(), refusing: false };

export interface FaultProxy {
  /** The server's address, by way of the proxy. */
  url: string;
  /** Every byte arrives so much later, in each direction. */
  delay(ms: number): void;
  /** Breaks what is connected and whatever connects from now on: the server's machine is gone. */
  cut(): void;
  /** Connections stay, and nothing comes through: the server is stopped, or a firewall drops everything. */
  swallow(): void;
  /** What is sent arrives, and no answer comes back. */
  halfOpen(): void;
  /** A few bytes at a time. */
  drip(bytes: number, everyMs: number): void;
  /** Fair weather; what was held back arrives now, as TCP would send it again. */
  heal(): void;
  /** Hears all bytes of each connection, as they were sent. Answers what to call to hear no more. */
  listen(open: () => Partial<Record<Direction, (bytes: Buffer) => void>>): () => void;
  close(): Promise<void>;
}

/** A road to a server, with weather. On a port that was given, it can be closed and come back. */
export async function startFaultProxy(url: string, port = 0): Promise<FaultProxy> {
  const target = new URL(url);
  const roads = new Set<Road>();
  const listeners = new Set<Parameters<FaultProxy['listen']>[0]>();
  let weather = FAIR;
  const become = (change: Partial<Weather>): void => {
    weather = { ...FAIR, ...change };
    if (weather.refusing) for (const road of roads) road.break();
    else for (const road of roads) road.go();
  };

  const server = createServer({ noDelay: true }, (near) => {
    if (weather.refusing) return void near.resetAndDestroy();
    const far = connect({ port: Number(target.port), host: target.hostname, noDelay: true });
    const ears = [...listeners].map((open) => open());
    const road = new Road(
      near,
      far,
      () => weather,
      (direction, bytes) => ears.forEach((ear) => ear[direction]?.(bytes)),
    );
    roads.add(road);
    near.once('close', () => roads.delete(road));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    delay: (delayMs) => become({ delayMs }),
    cut: () => become({ refusing: true }),
    swallow: () => become({ held: new Set<Direction>(['sent', 'answered']) }),
    halfOpen: () => become({ held: new Set<Direction>(['answered']) }),
    drip: (bytes, everyMs) => become({ drip: { bytes, everyMs } }),
    heal: () => become({}),
    listen: (open) => {
      listeners.add(open);
      return () => listeners.delete(open);
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const road of roads) road.break();
      await closed;
    },
  };
}

/** One connection: a lane each way. */
class Road {
  readonly #lanes: Lane[];

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    weather: () => Weather,
    heard: (direction: Direction, bytes: Buffer) => void,
  ) {
    this.#lanes = [new Lane('sent', near, far, weather, heard), new Lane('answered', far, near, weather, heard)];
    for (const socket of [near, far]) {
      socket.on('error', () => this.break());
      socket.once('close', () => this.break());
    }
  }

  go(): void {
    for (const lane of this.#lanes) lane.go();
  }

  break(): void {
    for (const lane of this.#lanes) lane.stop();
    // A reset and not an end: nobody says good-bye when a machine loses power.
    this.near.resetAndDestroy();
    this.far.destroy();
  }
}

class Lane {
  readonly #queue: { due: number; bytes: Buffer }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly direction: Direction,
    from: Socket,
    private readonly to: Socket,
    private readonly weather: () => Weather,
    heard: (direction: Direction, bytes: Buffer) => void,
  ) {
    from.on('data', (bytes: Buffer) => {
      heard(direction, bytes);
      this.#queue.push({ due: performance.now() + weather().delayMs, bytes });
      this.go();
    });
  }

  go(): void {
    for (;;) {
      const [first] = this.#queue;
      const { held, drip } = this.weather();
      if (!first || this.#timer || held.has(this.direction)) return;
      const wait = first.due - performance.now();
      if (wait > 0) return this.#later(wait);
      if (!drip) {
        this.#queue.shift();
        this.to.write(first.bytes);
        continue;
      }
      this.to.write(first.bytes.subarray(0, drip.bytes));
      first.bytes = first.bytes.subarray(drip.bytes);
      if (first.bytes.length === 0) this.#queue.shift();
      return this.#later(drip.everyMs);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#queue.length = 0;
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.go();
    }, ms);
  }
}
