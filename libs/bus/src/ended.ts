import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import {
  openFrame,
  sealFrame,
  type CheckSignature,
  type Clock,
  type Logger,
  type Redis,
  type ServiceIdentity,
} from '@passbroker/platform';
import { claimAbandoned, ensureGroup, lostGroup, readGroup, type Entry } from './streams.js';

const STREAM = 'bus:ended';
const GROUP = 'tell';
/** Far more than ends while no minter runs; what is lost beyond has no pass any more all the same. */
const MAX_LENGTH = 100_000;
/** An application that hears of it later than this has long asked, and been told that the pass is over. */
const LIFETIME_MS = 10 * 60_000;
/** Told of at once: one application that does not answer keeps no other from hearing. */
const MOST_AT_ONCE = 64;
/** How long another consumer may hold one before it counts as dead. */
const CLAIM_MS = 10_000;

const endedShape = z.object({ brand: z.string().max(128), account: z.string().max(128), session: z.string().max(64) });
/** A session of the gateway's that ended without its browser going by the minter. */
export type EndedSession = z.infer<typeof endedShape>;

/** The gateway's half: what it appends, in the same step in which the sessions go. */
export class EndedAnnouncements {
  constructor(private readonly parts: { identity: ServiceIdentity; now: Clock }) {}

  /** Arguments of XADD. */
  entry(sessions: readonly EndedSession[]): [stream: string, ...words: (string | number)[]] {
    const deadline = new Date(this.parts.now().getTime() + LIFETIME_MS);
    const frame = sealFrame(this.parts.identity, 'ended', sessions, deadline);
    return [STREAM, 'MAXLEN', '~', MAX_LENGTH, '*', 'frame', frame];
  }
}

/**
 * The minter's half: one replica tells the applications. At least once: an entry is done with only after `tell`
 * returned, and a session that was told of is not found a second time.
 */
export function consumeEnded(parts: {
  redis: Redis;
  /** Blocks: a connection of its own. */
  blocking: Redis;
  check: CheckSignature;
  now: Clock;
  log: Logger;
  tell(ended: EndedSession): Promise<void>;
  claimMs?: number;
}): { stop(): Promise<void> } {
  const { redis: commands, blocking: redis, log, claimMs = CLAIM_MS } = parts;
  const consumer = randomBytes(9).toString('base64url');
  const working = new Set<Promise<void>>();
  let running = true;

  const work = async (entry: Entry): Promise<void> => {
    const sessions = read(entry);
    await Promise.all(sessions.map((session) => parts.tell(session)));
    await commands.pipeline().xack(STREAM, GROUP, entry.id).xdel(STREAM, entry.id).exec();
  };
  const begin = (entry: Entry): void => {
    const task: Promise<void> = work(entry)
      // Not acknowledged, so it is claimed again, by us or another replica.
      .catch((error: unknown) => log.warn({ err: reasonOf(error) }, 'an ended session is not told of yet'))
      .finally(() => working.delete(task));
    working.add(task);
  };
  const read = (entry: Entry): EndedSession[] => {
    try {
      const frame = openFrame(entry.fields['frame'] ?? '', 'ended', 'gateway', parts.check, parts.now());
      return z.array(endedShape).parse(frame.body);
    } catch (error) {
      log.warn({ code: error instanceof Refusal ? error.code : 'bus.unauthentic' }, 'the end of a session refused');
      return [];
    }
  };

  const loop = (async () => {
    let grouped = false;
    let nextClaim = 0;
    while (running) {
      try {
        if (!grouped) await ensureGroup(redis, STREAM, GROUP);
        grouped = true;
        const due = performance.now() >= nextClaim;
        if (due) nextClaim = performance.now() + claimMs;
        const abandoned = due ? await claimAbandoned(redis, STREAM, GROUP, consumer, claimMs) : [];
        const fresh = abandoned.length > 0 ? [] : await readGroup(redis, STREAM, GROUP, consumer, 2_000);
        for (const entry of [...abandoned, ...fresh]) begin(entry);
        while (working.size >= MOST_AT_ONCE) await Promise.race(working);
      } catch (error) {
        if (!running) return;
        // An embedded Redis forgets its groups when it restarts.
        if (lostGroup(error)) grouped = false;
        else log.warn({ err: reasonOf(error) }, 'ended sessions');
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  })();

  return {
    stop: async () => {
      running = false;
      redis.disconnect();
      await loop;
      await Promise.all(working);
    },
  };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
