import type { Reply, Usersource } from '@passbroker/usersources';
import type { Visit } from '../http/visit.js';

/** What came to a usersource's door, before anybody asked what the usersource may hear. */
export type RawReply = Pick<Reply, 'method' | 'rawQuery' | 'fields'>;

/** Headers and cookies reach only a usersource that says it hears them: our own session is among them. */
export function replyTo(
  { hears }: Pick<Usersource, 'hears'>,
  visit: Pick<Visit, 'ip' | 'authorization' | 'cookies'>,
  raw: RawReply,
): Reply {
  const { authorization } = visit;
  return {
    ...raw,
    remoteAddress: visit.ip,
    ...(hears?.authorization === true && authorization !== undefined && { authorization }),
    ...(hears?.cookies && {
      cookies: Object.fromEntries(hears.cookies.map((name) => [name, visit.cookies.everyForeign(name)])),
    }),
  };
}
