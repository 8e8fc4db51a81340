import type { CatalogChange } from '@passbroker/model';
import {
  connectBlockingRedis,
  connectRedis,
  demandNoEviction,
  type Clock,
  type Logger,
  type Redis,
  type ServiceIdentity,
  type ServiceName,
} from '@passbroker/platform';
import { AuditTrail, consumeAudit } from './audit.js';
import { consumeEnded, type EndedSession } from './ended.js';
import { News } from './news.js';
import { answerQuestions, Questions, type QuestionHandlers } from './questions.js';
import { SignatureBook, type KnownKeys } from './signatures.js';

/** The reading side of the catalog: knows the services' keys, and forgets what news say has changed. */
export interface CatalogEars {
  serviceKeys: KnownKeys;
  onChange(listener: (change: CatalogChange) => void): void;
  heard(change: CatalogChange): void;
}

/** A service's whole connection to the others. */
export interface Bus {
  /** For commands; also where the service keeps its own state. */
  redis: Redis;
  book: SignatureBook;
  news: News;
  audit: AuditTrail;
  questions: Questions;
  /** After a write of our own: our caches first, then everybody's. */
  announce: (change: CatalogChange) => void;
  /** Begins to answer what `from` asks this service; ends with the bus. */
  answer(from: ServiceName, handlers: QuestionHandlers): void;
  /** Begins to store what happened; ends with the bus. */
  storeAudit(store: Parameters<typeof consumeAudit>[0]['store']): void;
  /** Begins to tell applications of sessions that ended; ends with the bus. */
  tellOfEnded(tell: (ended: EndedSession) => Promise<void>): void;
  close(): Promise<void>;
}

/** Opens the bus. Frames of services whose keys are not published yet are refused until `book.refresh()`. */
export async function openBus(parts: {
  redisUrl: string;
  identity: ServiceIdentity;
  catalog: CatalogEars;
  now: Clock;
  log: Logger;
}): Promise<Bus> {
  const { redisUrl, identity, catalog, now, log } = parts;
  const redis = connectRedis(redisUrl, log, identity.service);
  await demandNoEviction(redis, log);
  const subscriber = connectBlockingRedis(redisUrl, log, `${identity.service}-subscriber`);
  const book = new SignatureBook((service) => catalog.serviceKeys(service));
  await book.refresh();
  const common = { redis, subscriber, identity, check: book.check, now, log };
  const news = new News({
    ...common,
    book,
    // Read its key again: what the cache knows is that there was none.
    onStranger: (service) => catalog.heard({ revision: 0, kind: 'service_key', id: service }),
  });
  const questions = new Questions(common);
  catalog.onChange(({ kind }) => {
    // Also found by the catalog's own look at the change log: news of a service we do not know yet is refused.
    if (kind === 'service_key') book.refresh().catch(() => log.warn('keys of the services not read'));
  });
  news.onChange((change) => catalog.heard(change));
  await Promise.all([news.start(), questions.start()]);
  const audit = new AuditTrail({ redis, identity, now, log });
  const workers: { stop(): Promise<void> }[] = [];
  const blocking = (): Redis => connectBlockingRedis(redisUrl, log, `${identity.service}-reader`);

  return {
    redis,
    book,
    news,
    audit,
    questions,
    announce: (change) => {
      catalog.heard(change);
      void news.announce(change);
    },
    answer: (from, handlers) => {
      workers.push(answerQuestions({ ...common, blocking: blocking(), from, handlers }));
    },
    storeAudit: (store) => {
      workers.push(consumeAudit({ redis: blocking(), book, now, log, store }));
    },
    tellOfEnded: (tell) => {
      workers.push(consumeEnded({ ...common, blocking: blocking(), tell }));
    },
    close: async () => {
      await Promise.all([...workers.map((worker) => worker.stop()), audit.flush()]);
      subscriber.disconnect();
      await redis.quit().catch(() => redis.disconnect());
    },
  };
}
