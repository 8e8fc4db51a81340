import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type AuditEvent } from '@passbroker/model';
import {
  openFrame,
  sealFrame,
  type Clock,
  type Logger,
  type Redis,
  type ServiceIdentity,
  type ServiceName,
} from '@passbroker/platform';
import type { SignatureBook } from './signatures.js';
import { claimAbandoned, ensureGroup, lostGroup, readGroup, type Entry } from './streams.js';

const STREAM = 'bus:audit';
const GROUP = 'store';
/** Roughly a day of a busy broker; beyond it the oldest unread events would go, and the log line says so. */
const MAX_LENGTH = 1_000_000;
/** How long another consumer may hold an event before it counts as dead, and how often we look. */
const CLAIM_MS = 10_000;
const BATCH = 500;
const LINGER_MS = 250;
/** Events in one frame, and for how long they gather where one frame follows another: each is signed, and checked. */
const FRAME_EVENTS = 100;
const GATHER_MS = 25;
/** Longer than any admin process is away; a copy that somebody kept is worth nothing after it. */
const LIFETIME_MS = 7 * 86_400_000;
/** Events waiting in this process while Redis is away. */
const MAX_WAITING = 10_000;

/**
 * What happened, told at least once: queued here, signed, appended to a stream in order, stored by the admin
 * process. Recording never delays or fails a sign-in.
 */
export class AuditTrail {
  private readonly waiting: AuditEvent[] = [];
  private sending: Promise<void> | undefined;
  private sentAt = -Infinity;

  constructor(private readonly parts: { redis: Redis; identity: ServiceIdentity; now: Clock; log: Logger }) {}

  record(event: Omit<AuditEvent, 'id' | 'at'>): void {
    if (this.waiting.length >= MAX_WAITING) {
      this.parts.log.error(
        { action: event.action, code: event.outcome.code },
        'audit queue is full: event only logged',
      );
      return;
    }
    this.waiting.push({
      id: `ev_${randomBytes(15).toString('base64url')}`,
      at: this.parts.now().toISOString(),
      ...event,
    });
    this.sending ??= this.send().finally(() => {
      this.sending = undefined;
    });
  }

  /** Resolves when everything recorded so far is in the stream, or Redis has refused it for now. */
  async flush(): Promise<void> {
    if (this.waiting.length > 0) this.sending ??= this.send().finally(() => (this.sending = undefined));
    await this.sending;
  }

  private async send(): Promise<void> {
    while (this.waiting.length > 0) {
      if (this.waiting.length < FRAME_EVENTS) await this.gathered();
      const batch = this.waiting.slice(0, FRAME_EVENTS);
      const { redis, identity, now } = this.parts;
      try {
        const frame = sealFrame(identity, 'audit', batch, new Date(now().getTime() + LIFETIME_MS));
        await redis.xadd(STREAM, 'MAXLEN', '~', MAX_LENGTH, '*', 'from', identity.service, 'frame', frame);
        this.waiting.splice(0, batch.length);
        this.sentAt = performance.now();
      } catch (error) {
        this.parts.log.warn(
          { err: error instanceof Error ? error.message : String(error), waiting: this.waiting.length },
          'audit waits for redis',
        );
        setTimeout(() => void this.flush(), 1_000).unref();
        return;
      }
    }
  }

  /** A single event leaves with those of its own turn; of a busy service, many leave under one signature. */
  private async gathered(): Promise<void> {
    const left = this.sentAt + GATHER_MS - performance.now();
    await (left > 0 ? new Promise((resolve) => setTimeout(resolve, left)) : Promise.resolve());
  }
}

const eventShape: z.ZodType<AuditEvent> = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  action: z.string(),
  outcome: z.object({ result: z.enum(['ok', 'refused', 'failed']), code: z.string() }),
  reference: z.string().optional(),
  actor: z
    .object({ type: z.enum(['account', 'api_token', 'system', 'visitor']), id: z.string().optional() })
    .optional(),
  targets: z.array(z.object({ type: z.string(), id: z.string() })),
  context: z.object({
    service: z.string(),
    brand: z.string().optional(),
    ip: z.string().optional(),
    requestId: z.string().optional(),
  }),
  detail: z.string().optional(),
});

const framed = z.array(eventShape).max(FRAME_EVENTS);
const speaker = z.enum(['gateway', 'minter', 'admin']);

/**
 * Moves events from the stream into the store. An event is believed when the service it happened in signed it: who
 * only has the Redis password can neither invent nor alter one (ADM-018). `store` must be idempotent by event id: an event is
 * acknowledged only after it returned, so a crash in between means it comes again.
 */
export function consumeAudit(parts: {
  /** Blocks: a connection of its own. */
  redis: Redis;
  book: SignatureBook;
  now: Clock;
  log: Logger;
  claimMs?: number;
  store(events: AuditEvent[]): Promise<void>;
}): { stop(): Promise<void> } {
  const consumer = randomBytes(9).toString('base64url');
  let running = true;

  const { book, claimMs = CLAIM_MS } = parts;
  /** undefined: of a service that has not published its key yet. It stays, and is looked at again. */
  const read = ({ id, fields }: Entry): AuditEvent[] | undefined => {
    try {
      const from: ServiceName = speaker.parse(fields['from']);
      if (!book.knows(from)) return undefined;
      const events = framed.parse(openFrame(fields['frame'] ?? '', 'audit', from, book.check, parts.now()).body);
      if (events.some(({ context }) => context.service !== from)) {
        throw new Refusal('bus.unauthentic', `the ${from} tells of what happened elsewhere`);
      }
      return events;
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'bus.unauthentic';
      parts.log.error({ entry: id, code }, 'an audit entry is not believed: dropped');
      return [];
    }
  };

  const keep = async (entries: Entry[]): Promise<void> => {
    const done = entries.flatMap((entry) => {
      const events = read(entry);
      return events ? [{ id: entry.id, events }] : [];
    });
    const events = done.flatMap((entry) => entry.events);
    for (let at = 0; at < events.length; at += BATCH) await parts.store(events.slice(at, at + BATCH));
    if (done.length === 0) return;
    const ids = done.map(({ id }) => id);
    await parts.redis
      .pipeline()
      .xack(STREAM, GROUP, ...ids)
      .xdel(STREAM, ...ids)
      .exec();
  };

  const loop = (async () => {
    let grouped = false;
    let nextClaim = 0;
    while (running) {
      try {
        if (!grouped) await ensureGroup(parts.redis, STREAM, GROUP);
        grouped = true;
        if (performance.now() >= nextClaim) {
          await keep(await claimAbandoned(parts.redis, STREAM, GROUP, consumer, claimMs));
          nextClaim = performance.now() + claimMs;
        }
        const entries = await readGroup(parts.redis, STREAM, GROUP, consumer, 2_000, BATCH);
        await keep(entries);
        // Under load the next ones gather meanwhile, and are stored by one statement.
        if (entries.length > 0) await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
      } catch (error) {
        if (!running) return;
        // An embedded Redis forgets its groups when it restarts.
        if (lostGroup(error)) grouped = false;
        else parts.log.warn({ err: error instanceof Error ? error.message : String(error) }, 'audit consumer');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  })();

  return {
    stop: async () => {
      running = false;
      parts.redis.disconnect();
      await loop;
    },
  };
}
