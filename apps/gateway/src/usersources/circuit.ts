import {
  bulkhead,
  circuitBreaker,
  CircuitState,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
  isBulkheadRejectedError,
  isTaskCancelledError,
  timeout,
  TimeoutStrategy,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { Refusal } from '@passbroker/model';

export interface CircuitLimits {
  /** Calls of one gateway into one usersource at once, and how many wait for their turn. */
  concurrent: number;
  queued: number;
  /** Outages in a row after which nobody is kept waiting any more. */
  outages: number;
  /** An outage that took so long was a silence: one is enough, unless somebody else was answered meanwhile. */
  silenceMs: number;
  /** How long it is left alone before one call tries again: at first, and at most. */
  pauseMs: number;
  longestPauseMs: number;
}

export const CIRCUIT_LIMITS: CircuitLimits = {
  concurrent: 32,
  queued: 32,
  outages: 5,
  silenceMs: 2_000,
  pauseMs: 2_000,
  longestPauseMs: 10_000,
};

/** No type listens to the signal: to raise it after every call would make an error with a stack each time. */
const NO_SIGNAL = { strategy: TimeoutStrategy.Aggressive, abortOnReturn: false };

type Outcome<T> = { value: T } | { refusal: unknown };

/**
 * Keeps one usersource from holding up anybody else (I6 of the architecture): every call has a time-out, there are
 * only so many at once, and after a few outages in a row, or one that nobody else's success contradicts, it is left
 * alone for a moment. Then one caller tries, while all others are answered at once.
 */
export class Circuit {
  readonly #breaker: CircuitBreakerPolicy;
  readonly #bulkhead: BulkheadPolicy;
  readonly #answers: Answers;
  #openings = 0;

  /** @param turned what is told when it opens and when it closes */
  constructor(
    private readonly name: string,
    private readonly turned: (state: 'ok' | 'down', detail: string) => void,
    private readonly limits: CircuitLimits = CIRCUIT_LIMITS,
  ) {
    this.#answers = new Answers(limits.outages);
    this.#bulkhead = bulkhead(limits.concurrent, limits.queued);
    const counts = (error: unknown): boolean => {
      if (error instanceof NotTried || (error instanceof Outage && error.known)) return false;
      // A crowd is no outage; but who was to try again and could not even begin has not seen it answer.
      return !isBulkheadRejectedError(error) || this.#breaker.state !== CircuitState.Closed;
    };
    this.#breaker = circuitBreaker(handleWhen(counts), {
      breaker: this.#answers,
      halfOpenAfter: new ExponentialBackoff({ initialDelay: limits.pauseMs, maxDelay: limits.longestPauseMs }),
    });
    this.#breaker.onBreak(() => {
      this.#openings += 1;
      this.turned('down', this.#answers.last);
    });
    this.#breaker.onReset(() => this.turned('ok', 'answers again'));
  }

  get isOpen(): boolean {
    return this.#breaker.state !== CircuitState.Closed;
  }

  /** @throws Refusal usersource.unreachable, usersource.busy; whatever the call itself refuses passes through */
  async call<T>(what: string, ms: number, work: () => Promise<T>): Promise<T> {
    // One tries whether it is back; nobody else waits for what comes of it.
    if (this.#breaker.state === CircuitState.HalfOpen) throw this.#left();
    try {
      const outcome = await this.#breaker.execute(() => this.#bulkhead.execute(() => this.#timed(what, ms, work)));
      if ('value' in outcome) return outcome.value;
      throw outcome.refusal;
    } catch (error) {
      if (isBrokenCircuitError(error) || error instanceof NotTried) throw this.#left();
      if (isBulkheadRejectedError(error)) throw new Refusal('usersource.busy', `too many ask ${this.name} at once`);
      throw error instanceof Outage ? error.refusal : error;
    }
  }

  async #timed<T>(what: string, ms: number, work: () => Promise<T>): Promise<Outcome<T>> {
    // It opened while this call waited for its turn, or is about to.
    const { state } = this.#breaker;
    if (state === CircuitState.Open || (state === CircuitState.Closed && this.#answers.silent)) throw new NotTried();
    const began = performance.now();
    const openings = this.#openings;
    try {
      return { value: await timeout(ms, NO_SIGNAL).execute(work) };
    } catch (error) {
      const late = isTaskCancelledError(error);
      // A refused person is an answer, and a bug of ours is no outage of theirs.
      if (!late && !isOutage(error)) return { refusal: error };
      const detail = late ? `${what}: no answer within ${ms} ms` : `${what}: ${wordsOf(error)}`;
      // The types have time-outs of their own, mostly shorter than ours.
      const silent = late || performance.now() - began >= this.limits.silenceMs;
      // Whoever waited since before it opened must not open it again under who finds it back.
      const known = openings !== this.#openings;
      if (!known) this.#answers.missed(detail, silent ? began : undefined);
      throw new Outage(new Refusal('usersource.unreachable', `${this.name}: ${detail}`, { cause: error }), known);
    }
  }

  #left(): Refusal {
    return new Refusal('usersource.unreachable', `${this.name} is left alone for a moment: ${this.#answers.last}`);
  }
}

/** When to open: after so many outages in a row, or when a call got no answer at all and nobody since it began did. */
class Answers {
  state: unknown;
  last = '';
  #outages = 0;
  #answered = 0;
  #silentSince: number | undefined;

  constructor(private readonly most: number) {}

  get silent(): boolean {
    return this.#silentSince !== undefined && this.#answered < this.#silentSince;
  }

  missed(detail: string, silentSince: number | undefined): void {
    this.last = detail;
    this.#silentSince = silentSince;
  }

  success(): void {
    this.#outages = 0;
    this.#answered = performance.now();
  }

  failure(): boolean {
    this.#outages += 1;
    return this.silent || this.#outages >= this.most;
  }
}

/** It was left alone before this call could begin: nothing was learned by it. */
class NotTried extends Error {}

class Outage extends Error {
  /** @param known it began before the circuit opened, and tells nothing new */
  constructor(
    readonly refusal: Refusal,
    readonly known: boolean,
  ) {
    super(refusal.message);
  }
}

/** What sockets and resolvers say; a type that knows better refuses with `usersource.unreachable` itself. */
const NETWORK = /^(E(CONN|HOST|NET|PIPE|AI_|TIMEDOUT|ADDR)|ENOTFOUND|UND_ERR_(CONNECT|HEADERS|BODY|SOCKET))/;

function isOutage(error: unknown): boolean {
  if (error instanceof Refusal) return error.code === 'usersource.unreachable';
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return NETWORK.test(code);
}

function wordsOf(error: unknown): string {
  if (error instanceof Refusal) return error.detail;
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unreachable';
}
