import { z } from 'zod';
import { Refusal, type CatalogChange } from '@passbroker/model';
import {
  openFrame,
  sealFrame,
  type Clock,
  type Logger,
  type Redis,
  type ServiceIdentity,
  type ServiceName,
} from '@passbroker/platform';
import { SeenFrames } from './seen.js';
import type { SignatureBook } from './signatures.js';

const CHANNEL = 'bus:news';
const LIFETIME_MS = 30_000;

const changeShape = z.object({
  revision: z.number().int(),
  kind: z.enum(['brand', 'usersource', 'application', 'account', 'key', 'service_key']),
  id: z.string().max(128),
});

const envelopeShape = z.object({ from: z.enum(['gateway', 'minter', 'admin']), frame: z.string().max(8_192) });

/**
 * News goes to everybody: pub/sub, at most once. What is lost is found again in the catalog's change log, so
 * news only makes a change bite sooner; it never is the only word of it.
 */
export class News {
  private readonly listeners: ((change: CatalogChange) => void)[] = [];
  private readonly seen = new SeenFrames();

  constructor(
    private readonly parts: {
      redis: Redis;
      /** A connection of its own: a subscriber can do nothing else. */
      subscriber: Redis;
      identity: ServiceIdentity;
      book: SignatureBook;
      /** Somebody speaks whose key is not known yet. */
      onStranger?: (service: ServiceName) => void;
      now: Clock;
      log: Logger;
    },
  ) {}

  async start(): Promise<void> {
    this.parts.subscriber.on('message', (channel: string, message: string) => {
      if (channel === CHANNEL) this.receive(message);
    });
    await this.parts.subscriber.subscribe(CHANNEL);
  }

  async announce(change: CatalogChange): Promise<void> {
    const deadline = new Date(this.parts.now().getTime() + LIFETIME_MS);
    const frame = sealFrame(this.parts.identity, 'news', change, deadline);
    try {
      await this.parts.redis.publish(CHANNEL, JSON.stringify({ from: this.parts.identity.service, frame }));
    } catch (error) {
      // The change is committed and in the change log; others notice within a second without us.
      this.parts.log.warn({ err: error instanceof Error ? error.message : String(error) }, 'news not announced');
    }
  }

  onChange(listener: (change: CatalogChange) => void): void {
    this.listeners.push(listener);
  }

  private receive(message: string): void {
    try {
      const envelope = envelopeShape.parse(JSON.parse(message));
      if (!this.parts.book.knows(envelope.from)) {
        // A service that is starting beside us. What it said is in the change log too; here we only learn of it.
        this.parts.onStranger?.(envelope.from);
        return;
      }
      const change = this.open(envelope.from, envelope.frame);
      for (const listener of this.listeners) listener(change);
    } catch (error) {
      this.parts.log.warn({ code: error instanceof Refusal ? error.code : 'bus.unauthentic' }, 'news refused');
    }
  }

  private open(from: ServiceName, sealed: string): CatalogChange {
    const frame = openFrame(sealed, 'news', from, this.parts.book.check, this.parts.now());
    this.seen.once(frame, this.parts.now());
    return changeShape.parse(frame.body);
  }
}
