import { Refusal } from '@passbroker/model';
import type { Reply } from '../usersource.js';

export interface Answer {
  /** Our callback with the parameters of the authorization response. */
  url: URL;
  /** Apple's, which is no part of it. */
  user: string | undefined;
}

/** @throws Refusal upstream.malformed when a parameter is there twice: which one counts would be a guess */
export function readAnswer({ method, rawQuery, fields }: Reply, callbackUrl: URL): Answer {
  const parameters = method === 'POST' ? new URLSearchParams({ ...fields }) : new URLSearchParams(rawQuery);
  const names = [...parameters.keys()];
  if (new Set(names).size !== names.length) {
    throw new Refusal('upstream.malformed', 'a parameter of the answer is there twice');
  }
  const user = method === 'POST' ? (parameters.get('user') ?? undefined) : undefined;
  parameters.delete('user');
  const url = new URL(callbackUrl);
  url.search = parameters.toString();
  return { url, user };
}
