import { z } from 'zod';
import type { Redis } from '@passbroker/platform';

export interface Entry {
  id: string;
  fields: Record<string, string>;
}

const entriesShape = z.array(z.tuple([z.string(), z.array(z.string()).nullable()]));

const entriesOf = (raw: unknown): Entry[] =>
  (entriesShape.safeParse(raw).data ?? []).map(([id, list]) => {
    const fields: Record<string, string> = {};
    for (let index = 0; list && index + 1 < list.length; index += 2) fields[list[index] ?? ''] = list[index + 1] ?? '';
    return { id, fields };
  });

/** The group from the stream's beginning, so that nothing sent before the first consumer came is lost. */
export async function ensureGroup(redis: Redis, stream: string, group: string): Promise<void> {
  try {
    await redis.xgroup('CREATE', stream, group, '0', 'MKSTREAM');
  } catch (error) {
    if (!(error instanceof Error && error.message.startsWith('BUSYGROUP'))) throw error;
  }
}

/** New entries for this consumer; waits up to `blockMs`. RESP3 answers a map, RESP2 a list of pairs. */
export async function readGroup(
  redis: Redis,
  stream: string,
  group: string,
  consumer: string,
  blockMs: number,
  most = 32,
): Promise<Entry[]> {
  const answer: unknown = await redis.xreadgroup(
    'GROUP',
    group,
    consumer,
    'COUNT',
    most,
    'BLOCK',
    blockMs,
    'STREAMS',
    stream,
    '>',
  );
  if (answer === null || typeof answer !== 'object') return [];
  if (Array.isArray(answer)) {
    const first: unknown = answer[0];
    return Array.isArray(first) ? entriesOf(first[1]) : [];
  }
  return entriesOf(new Map(Object.entries(answer)).get(stream));
}

/** Entries another consumer took and never finished: it died, and the work is ours now. */
export async function claimAbandoned(
  redis: Redis,
  stream: string,
  group: string,
  consumer: string,
  idleMs: number,
): Promise<Entry[]> {
  const answer: unknown = await redis.xautoclaim(stream, group, consumer, idleMs, '0', 'COUNT', 32);
  return Array.isArray(answer) ? entriesOf(answer[1]) : [];
}

export const lostGroup = (error: unknown): boolean => error instanceof Error && error.message.includes('NOGROUP');
