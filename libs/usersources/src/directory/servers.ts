import { LdapConnection } from './connection.js';
import { openSecureSocket, type Road } from './secure-socket.js';
import { ConnectionLost } from './trouble.js';

/** How long a server that did not answer is asked last. */
const REST_MS = 30_000;

/** Servers that hold the same directory, in the order of preference. */
export class Servers {
  readonly #restsUntil = new Map<string, number>();

  constructor(
    readonly urls: readonly string[],
    private readonly road: Road,
    private readonly now: () => Date,
    private readonly timeoutMs: number,
  ) {}

  /**
   * A connection to the first that answers, with nothing said on it yet. Each gets its share of the time, so that a
   * dead one leaves some for the others.
   *
   * @throws ConnectionLost when none does.
   */
  async connect(signal: AbortSignal): Promise<{ url: string; connection: LdapConnection }> {
    const failures: string[] = [];
    for (const url of this.#inTurn()) {
      const share = AbortSignal.any([signal, AbortSignal.timeout(this.timeoutMs / this.urls.length)]);
      try {
        const connection = new LdapConnection(await openSecureSocket(url, this.road, share));
        this.#restsUntil.delete(url);
        return { url, connection };
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        this.failed(url);
        failures.push(error.message);
      }
      if (signal.aborted) break;
    }
    throw new ConnectionLost(failures.join('; '));
  }

  /** It was connected and then did not answer: the next question goes to another. */
  failed(url: string): void {
    this.#restsUntil.set(url, this.now().getTime() + REST_MS);
  }

  #inTurn(): string[] {
    const now = this.now().getTime();
    const rests = (url: string): boolean => (this.#restsUntil.get(url) ?? 0) > now;
    return [...this.urls.filter((url) => !rests(url)), ...this.urls.filter(rests)];
  }
}
