import { Refusal } from '@passbroker/model';
import type { Reply } from '../usersource.js';

export interface JwtAnswer {
  token: string | undefined;
  state: string | undefined;
  /** Where the site would like the person to go, as scripts for Zendesk send it. */
  returnTo: string | undefined;
}

/**
 * Sites append to the address we gave them, echo what it held, or post a form: so `state` may come twice, if both
 * say the same, and inside the echoed address.
 * @throws Refusal upstream.malformed
 */
export function readJwtAnswer({ method, rawQuery, fields }: Reply, door: URL): JwtAnswer {
  const parameters = method === 'POST' ? new URLSearchParams({ ...fields }) : new URLSearchParams(rawQuery);
  const tokens = parameters.getAll('jwt');
  if (tokens.length > 1) throw new Refusal('upstream.malformed', 'two tokens in one answer');
  const echoes = ['return', 'return_to'].flatMap((name) => parameters.getAll(name));
  const ours = echoes.filter((address) => URL.canParse(address) && isDoor(new URL(address), door));
  const states = new Set([
    ...parameters.getAll('state'),
    ...ours.flatMap((one) => new URL(one).searchParams.getAll('state')),
  ]);
  if (states.size > 1) throw new Refusal('upstream.malformed', 'two states in one answer');
  return {
    token: tokens[0],
    state: [...states][0],
    returnTo: echoes.find((address) => !ours.includes(address)),
  };
}

const isDoor = (address: URL, door: URL): boolean =>
  address.origin === door.origin && address.pathname === door.pathname;
