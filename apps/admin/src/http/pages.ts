import { z } from 'zod';
import type { Page, PageAsk } from '@passbroker/catalog';
import type { Ask } from './ask.js';
import { ok, type Answer } from './answer.js';
import { Problem } from './problem.js';

const MOST = 100;

/** More than the most is not an error: a script that asks for everything gets pages, and follows `next`. */
export const pageQuery = {
  limit: z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'a whole number of 1 or more')
    .transform((value) => Math.min(Number(value), MOST))
    .default(50)
    .meta({ wire: { type: 'integer', minimum: 1, default: 50 } })
    .describe('Items on a page. More than 100 counts as 100.'),
  after: z.string().min(1).max(300).optional().describe('Cursor: `page.next` of the page before this one'),
  before: z.string().min(1).max(300).optional().describe('Cursor: `page.previous` of the page after this one'),
};

/** Booleans in a query are the words, and nothing else. */
export const flag = z
  .enum(['true', 'false'])
  .transform((value) => value === 'true')
  .meta({ wire: { type: 'boolean' } });

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    data: z.array(item),
    page: z.object({
      next: z.string().nullable().describe('Cursor for `after`; null on the last page'),
      previous: z.string().nullable().describe('Cursor for `before`; null on the first page'),
    }),
  });

const members = (query: unknown): object => (typeof query === 'object' && query !== null ? query : {});

export function pageAsk(asked: { limit: number; after?: string | undefined; before?: string | undefined }): PageAsk {
  const { limit, after, before } = asked;
  if (after !== undefined && before !== undefined) {
    throw new Problem('request.malformed', 'a page is after or before a cursor, not both');
  }
  return { limit, ...(after === undefined ? {} : { after }), ...(before === undefined ? {} : { before }) };
}

/** The body's cursors once more as RFC 8288 links, relative to where the caller reached us. */
export function pageAnswer(ask: Ask, page: Page<unknown>): Answer {
  const link = (cursor: string | null, parameter: 'after' | 'before', rel: string): string[] => {
    if (cursor === null) return [];
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(members(ask.query))) {
      if (typeof value === 'string' && name !== 'after' && name !== 'before') query.set(name, value);
    }
    query.set(parameter, cursor);
    return [`<${ask.path}?${query.toString()}>; rel="${rel}"`];
  };
  const links = [...link(page.next, 'after', 'next'), ...link(page.previous, 'before', 'prev')];
  return ok(
    { data: page.data, page: { next: page.next, previous: page.previous } },
    links.length > 0 ? { link: links.join(', ') } : {},
  );
}
