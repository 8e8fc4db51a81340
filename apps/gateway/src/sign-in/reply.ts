import type { Reply, Usersource } from '@passbroker/usersources';
import type { Visit } from '../http/visit.js';

/** What came to a usersource's door, before anybody asked what the usersource may hear. */
export type RawReply = Pick<Reply, 'method' | 'rawQuery' | 'fields'>;

/** What an upstream gives back of ours: OAuth 2 `state`, SAML RelayState. */
export function stateOf({ rawQuery, fields }: RawReply): string | undefined {
  const query = new URLSearchParams(rawQuery);
  const said = (name: string): string | undefined => fields[name] ?? query.get(name) ?? undefined;
  return said('state') ?? said('RelayState');
}

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
