import { z } from 'zod';
import type { QuestionHandlers } from '@passbroker/bus';
import { Refusal } from '@passbroker/model';
import type { BrowserSession, BrowserSessions } from './browser-session.js';

const account = z.string().min(1).max(128);
const handle = z.string().min(1).max(64);

const listShape = z.strictObject({
  account,
  limit: z.number().int().min(1).max(100),
  after: z.string().max(300).optional(),
  before: z.string().max(300).optional(),
});
const oneShape = z.strictObject({ account, session: handle });
const allShape = z.strictObject({ account });
const placeShape = z.tuple([z.number().int(), handle]);
type Place = z.infer<typeof placeShape>;

/**
 * What the admin may ask over the bus:
 *   `sessions.list { account, limit, after?, before? }` → `{ data, next, previous }`, the newest first
 *   `sessions.get { account, session }` → the session, or null
 *   `sessions.end { account, session }` → `{ ended }`, how many
 *   `sessions.end_all { account }` → `{ ended }`
 */
export const sessionQuestions = (sessions: Pick<BrowserSessions, 'all' | 'endOne' | 'endAll'>): QuestionHandlers => ({
  'sessions.list': async (body) => {
    const { account: of, limit, after, before } = parse(listShape, body);
    const all = (await sessions.all(of)).sort((left, right) => compare(placeOf(left), placeOf(right)));
    const place = readPlace(after ?? before);
    if (!place) return pageOf(all, 0, limit);
    const beyond = all.findIndex((session) => compare(placeOf(session), place) >= (after === undefined ? 0 : 1));
    const at = beyond === -1 ? all.length : beyond;
    return after === undefined
      ? pageOf(all.slice(0, at), Math.max(0, at - limit), limit, true)
      : pageOf(all, at, limit);
  },
  'sessions.get': async (body) => {
    const { account: of, session } = parse(oneShape, body);
    const found = (await sessions.all(of)).find(({ id }) => id === session);
    return found ? shown(found) : null;
  },
  'sessions.end': async (body) => {
    const { account: of, session } = parse(oneShape, body);
    return { ended: (await sessions.endOne(of, session)) ? 1 : 0 };
  },
  'sessions.end_all': async (body) => ({ ended: await sessions.endAll(parse(allShape, body).account) }),
});

/** Nothing that opens anything, and nothing of what the usersource said. */
function shown({ id, account: of, brand, usersource, audience, methods, mfa, device, ...session }: BrowserSession) {
  const { createdAt, authTime, lastSeen } = session;
  return { id, account: of, brand, usersource, audience, methods, mfa, device, createdAt, authTime, lastSeen };
}

function pageOf(all: readonly BrowserSession[], from: number, limit: number, more = false) {
  const data = all.slice(from, from + limit);
  const [first, last] = [data[0], data.at(-1)];
  return {
    data: data.map(shown),
    next: last && (more || from + limit < all.length) ? cursorOf(last) : null,
    previous: first && from > 0 ? cursorOf(first) : null,
  };
}

/** A place that stays one when the session that stood there has ended. */
const placeOf = ({ createdAt, id }: BrowserSession): Place => [createdAt, id];
const cursorOf = (session: BrowserSession): string =>
  Buffer.from(JSON.stringify(placeOf(session))).toString('base64url');

/** The newest first. */
const compare = ([at, id]: Place, [otherAt, otherId]: Place): number =>
  otherAt - at || (id < otherId ? -1 : id > otherId ? 1 : 0);

function readPlace(cursor: string | undefined): Place | undefined {
  if (cursor === undefined) return undefined;
  try {
    return placeShape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new Refusal('request.malformed', 'not a cursor', { cause });
  }
}

function parse<Shape extends z.ZodType>(shape: Shape, body: unknown): z.infer<Shape> {
  const question = shape.safeParse(body);
  if (!question.success) throw new Refusal('request.malformed', 'which sessions?');
  return question.data;
}
