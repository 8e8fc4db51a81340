import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal, type RefusalCode } from '@passbroker/model';
import {
  openFrame,
  sealFrame,
  type CheckSignature,
  type Clock,
  type Logger,
  type Redis,
  type ServiceIdentity,
  type ServiceName,
} from '@passbroker/platform';
import { claimAbandoned, ensureGroup, lostGroup, readGroup, type Entry } from './streams.js';

const streamOf = (service: ServiceName): string => `bus:questions:${service}`;
const GROUP = 'answer';

const questionShape = z.object({ type: z.string().max(64), replyTo: z.string().max(128), body: z.unknown() });
const answerShape = z.union([
  z.object({ to: z.string(), ok: z.literal(true), value: z.unknown() }),
  z.object({ to: z.string(), ok: z.literal(false), code: z.string(), detail: z.string() }),
]);

interface Waiting {
  of: ServiceName;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/**
 * Asks another service something and waits for the answer. A stream with a consumer group carries the
 * question, so that exactly one replica works on it; Nest's own Redis transporter would hand it to every one.
 */
export class Questions {
  private readonly channel = `bus:answers:${randomBytes(12).toString('base64url')}`;
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly parts: {
      redis: Redis;
      subscriber: Redis;
      identity: ServiceIdentity;
      check: CheckSignature;
      now: Clock;
      log: Logger;
    },
  ) {}

  async start(): Promise<void> {
    this.parts.subscriber.on('message', (channel: string, message: string) => {
      if (channel === this.channel) this.receive(message);
    });
    await this.parts.subscriber.subscribe(this.channel);
  }

  /** @throws Refusal bus.no_answer after `timeoutMs`, or whatever refusal the other service answered with. */
  async ask(to: ServiceName, type: string, body: unknown, timeoutMs = 10_000): Promise<unknown> {
    const deadline = new Date(this.parts.now().getTime() + timeoutMs);
    const id = randomBytes(18).toString('base64url');
    const frame = sealFrame(
      this.parts.identity,
      'question',
      { type, replyTo: `${this.channel} ${id}`, body },
      deadline,
    );
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise((resolve, reject) => {
        this.waiting.set(id, { of: to, resolve, reject });
        timer = setTimeout(
          () => reject(new Refusal('bus.no_answer', `the ${to} did not answer ${type} in time`)),
          timeoutMs,
        );
        this.parts.redis
          .xadd(streamOf(to), 'MAXLEN', '~', 1_000, '*', 'from', this.parts.identity.service, 'frame', frame)
          .catch(reject);
      });
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  private receive(message: string): void {
    const cut = message.indexOf(' ');
    const waiting = this.waiting.get(message.slice(0, cut));
    if (!waiting) return;
    try {
      const frame = openFrame(message.slice(cut + 1), 'answer', waiting.of, this.parts.check, this.parts.now());
      const answer = answerShape.parse(frame.body);
      // The seal binds the answer to its question: crossed or guessed replies are worth nothing (BUS-006).
      if (answer.to !== message.slice(0, cut)) throw new Refusal('bus.unauthentic', 'an answer to another question');
      if (answer.ok) waiting.resolve(answer.value);
      else waiting.reject(new Refusal(answer.code as RefusalCode, answer.detail));
    } catch (error) {
      this.parts.log.warn({ code: error instanceof Refusal ? error.code : 'bus.unauthentic' }, 'answer refused');
    }
  }
}

export type QuestionHandlers = Record<string, (body: unknown) => Promise<unknown>>;

/** Answers what others ask this service, until stopped. */
export function answerQuestions(parts: {
  redis: Redis;
  /** Blocks: a connection of its own. */
  blocking: Redis;
  identity: ServiceIdentity;
  /** Who may ask. */
  from: ServiceName;
  check: CheckSignature;
  now: Clock;
  log: Logger;
  handlers: QuestionHandlers;
}): { stop(): Promise<void> } {
  const stream = streamOf(parts.identity.service);
  const consumer = randomBytes(9).toString('base64url');
  let running = true;

  const answer = async (entry: Entry): Promise<void> => {
    await parts.redis.pipeline().xack(stream, GROUP, entry.id).xdel(stream, entry.id).exec();
    const frame = openFrame(entry.fields['frame'] ?? '', 'question', parts.from, parts.check, parts.now());
    const question = questionShape.parse(frame.body);
    const remember = Math.max(1_000, frame.deadline - parts.now().getTime());
    if ((await parts.redis.set(`bus:seen:${frame.id}`, '1', 'PX', remember, 'NX')) !== 'OK') {
      throw new Refusal('bus.replayed', `the question ${question.type} came twice`);
    }
    const [channel = '', id = ''] = question.replyTo.split(' ');
    const body = await outcomeOf(parts.handlers, question.type, question.body, parts.log);
    const reply = sealFrame(parts.identity, 'answer', { to: id, ...body }, new Date(parts.now().getTime() + 10_000));
    await parts.redis.publish(channel, `${id} ${reply}`);
  };

  const loop = (async () => {
    let grouped = false;
    while (running) {
      try {
        if (!grouped) await ensureGroup(parts.blocking, stream, GROUP);
        grouped = true;
        const abandoned = await claimAbandoned(parts.blocking, stream, GROUP, consumer, 5_000);
        const fresh = await readGroup(parts.blocking, stream, GROUP, consumer, 2_000);
        for (const entry of [...abandoned, ...fresh]) {
          await answer(entry).catch((error: unknown) =>
            parts.log.warn({ code: error instanceof Refusal ? error.code : 'bus.unauthentic' }, 'question refused'),
          );
        }
      } catch (error) {
        if (!running) return;
        if (lostGroup(error)) grouped = false;
        else parts.log.warn({ err: error instanceof Error ? error.message : String(error) }, 'questions');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  })();

  return {
    stop: async () => {
      running = false;
      parts.blocking.disconnect();
      await loop;
    },
  };
}

async function outcomeOf(
  handlers: QuestionHandlers,
  type: string,
  body: unknown,
  log: Logger,
): Promise<{ ok: true; value: unknown } | { ok: false; code: string; detail: string }> {
  const handler = Object.hasOwn(handlers, type) ? handlers[type] : undefined;
  if (!handler) return { ok: false, code: 'request.malformed', detail: `nobody here answers ${type}` };
  try {
    return { ok: true, value: (await handler(body)) ?? null };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, code: error.code, detail: error.detail };
    log.error({ err: error instanceof Error ? error.message : String(error), type }, 'a question failed');
    return { ok: false, code: 'service.unavailable', detail: 'the other service failed' };
  }
}
