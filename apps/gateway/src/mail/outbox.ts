import type { Logger } from '@passbroker/platform';

const AT_ONCE = 4;
const MOST_WAITING = 500;
const PAUSES_MS = [1_000, 5_000];
const CLOSING_MS = 3_000;

/**
 * What is done after the answer. Whoever asks for a link is answered before anybody is looked up or written to: so
 * the time of the answer says nothing about who exists (PWD-002), and a slow mail server keeps nobody waiting.
 * Lost when the process dies: the person asks again.
 */
export class Outbox {
  private readonly waiting: (() => Promise<void>)[] = [];
  private readonly running = new Set<Promise<void>>();
  private closed = false;

  constructor(
    private readonly log: Logger,
    private readonly pauses: readonly number[] = PAUSES_MS,
  ) {}

  later(work: () => Promise<void>): void {
    if (this.waiting.length >= MOST_WAITING) return this.log.error('the outbox is full; a letter is not written');
    this.waiting.push(work);
    this.next();
  }

  /** A letter that cannot be handed over now is handed over a little later, and then not at all. */
  async patiently(work: () => Promise<void>): Promise<void> {
    for (const pause of this.pauses) {
      try {
        return await work();
      } catch (error) {
        if (isFinal(error)) throw error;
        if (this.closed) break;
        await new Promise((resolve) => setTimeout(resolve, pause).unref());
      }
    }
    return work();
  }

  /** What was promised is still sent, as long as a shutdown may take. */
  async close(): Promise<void> {
    this.closed = true;
    const end = Date.now() + CLOSING_MS;
    while (this.running.size > 0 && Date.now() < end) {
      await Promise.race([
        Promise.allSettled(this.running),
        new Promise((resolve) => setTimeout(resolve, 100).unref()),
      ]);
    }
  }

  private next(): void {
    if (this.running.size >= AT_ONCE) return;
    const work = this.waiting.shift();
    if (!work) return;
    const task: Promise<void> = work()
      // Mail servers quote addresses in their refusals: the kind of trouble is enough.
      .catch((error: unknown) => this.log.error({ trouble: kindOf(error) }, 'a letter could not be sent'))
      .finally(() => {
        this.running.delete(task);
        this.next();
      });
    this.running.add(task);
  }
}

/** 5yz (RFC 5321, 4.2.1): the same letter will not do later either, and servers hold repeating it against the sender. */
function isFinal(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'responseCode' in error ? error.responseCode : undefined;
  return typeof code === 'number' && code >= 500;
}

function kindOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'unknown';
}
