import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import type { Page, PageAsk } from './catalog.js';

const MOST = 1_000;
const place = z.tuple([z.iso.datetime(), z.string().min(1).max(64)]);
type Place = z.infer<typeof place>;

const cursorAt = (row: { id: string; createdAt: Date }): string =>
  Buffer.from(JSON.stringify([row.createdAt.toISOString(), row.id])).toString('base64url');

function placeOf(cursor: string): Place {
  try {
    return place.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new Refusal('request.malformed', 'not a cursor', { cause });
  }
}

/** What a page's statement needs besides its select: it asks for one row more, to know whether there is a next page. */
export interface PageStatement {
  where: string | undefined;
  tail: string;
  values: unknown[];
  backwards: boolean;
  limit: number;
}

/** @param first number of the next free parameter */
export function pageStatement(ask: PageAsk, first: number): PageStatement {
  if (!Number.isInteger(ask.limit) || ask.limit < 1) throw new Refusal('request.malformed', 'not a page size');
  if (ask.after !== undefined && ask.before !== undefined) {
    throw new Refusal('request.malformed', 'a page is after or before a cursor, not both');
  }
  const limit = Math.min(ask.limit, MOST);
  const backwards = ask.before !== undefined;
  const cursor = ask.after ?? ask.before;
  const direction = backwards ? 'desc' : 'asc';
  return {
    where:
      cursor === undefined ? undefined : `(t.created_at, t.id) ${backwards ? '<' : '>'} ($${first}, $${first + 1})`,
    tail: `order by t.created_at ${direction}, t.id ${direction} limit ${limit + 1}`,
    values: cursor === undefined ? [] : placeOf(cursor),
    backwards,
    limit,
  };
}

/** Makes the page of the rows such a statement found. */
export function pageOf<Row extends { id: string; createdAt: Date }>(rows: Row[], asked: PageStatement): Page<Row> {
  const more = rows.length > asked.limit;
  const data = rows.slice(0, asked.limit);
  if (asked.backwards) data.reverse();
  const [first, last] = [data[0], data.at(-1)];
  const cameFrom = asked.where !== undefined;
  return {
    data,
    next: last && (asked.backwards || more) ? cursorAt(last) : null,
    previous: first && (asked.backwards ? more : cameFrom) ? cursorAt(first) : null,
  };
}
