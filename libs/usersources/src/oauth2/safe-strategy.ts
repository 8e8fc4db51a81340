import { Strategy } from 'passport-oauth2';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';

export interface OAuth2Provider {
  authorizationUrl: string;
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  callbackUrl: string;
  scope: readonly string[];
  /** Sent with the token request: Basic credentials for those that want them there. */
  tokenHeaders?: Readonly<Record<string, string>>;
  fetch: typeof fetch;
  /** With the access token, whatever says who it is. */
  profile(accessToken: string): Promise<unknown>;
}

type Answered = (
  error: { statusCode: number; data: string } | Refusal | null,
  body?: string,
  response?: unknown,
) => void;

/**
 * passport-oauth2 with state and PKCE, whose requests go through our own fetch (invariant 9) instead of Node's: no
 * redirects, no private addresses, a time-out and a size. Its token request is the one it makes by itself.
 */
export function safeStrategy(provider: OAuth2Provider): Strategy {
  const strategy = new Strategy(
    {
      authorizationURL: provider.authorizationUrl,
      tokenURL: provider.tokenUrl,
      clientID: provider.clientId,
      clientSecret: provider.clientSecret,
      callbackURL: provider.callbackUrl,
      scope: [...provider.scope],
      state: true,
      pkce: true,
    },
    (accessToken: string, _refreshToken: string, _profile: unknown, done: (error: unknown, user?: unknown) => void) => {
      provider.profile(accessToken).then(
        (user) => done(null, user),
        (error: unknown) => done(error),
      );
    },
  );
  const client: unknown = Reflect.get(strategy, '_oauth2');
  if (typeof client !== 'object' || client === null) throw new TypeError('passport-oauth2 has no client any more');
  Reflect.set(client, '_request', requestBy(provider));
  Reflect.set(strategy, '_createOAuthError', troubleOf);
  return strategy;
}

const requestBy =
  ({ fetch: fetchIt, tokenHeaders = {} }: OAuth2Provider) =>
  (method: string, url: string, headers: Record<string, string>, body: string, _token: null, done: Answered): void => {
    const request = { method, headers: { accept: 'application/json', ...headers, ...tokenHeaders }, body };
    fetchIt(url, { ...request, redirect: 'manual' })
      .then(async (answer) => ({ status: answer.status, text: await answer.text() }))
      .then(
        // The library takes redirects for answers; here they are trouble.
        ({ status, text }) => (status === 200 ? done(null, text) : done({ statusCode: status, data: errorOf(text) })),
        (cause: unknown) =>
          done(
            cause instanceof Refusal
              ? cause
              : new Refusal('usersource.unreachable', 'the token endpoint did not answer', { cause }),
          ),
      );
  };

/** Of an answer that is no success only the error's name is passed on: the rest may be an inner page (SSRF-007). */
function errorOf(text: string): string {
  try {
    const said: unknown = JSON.parse(text);
    const error = typeof said === 'object' && said !== null && 'error' in said ? said.error : undefined;
    if (typeof error === 'string' && /^[a-z_]{1,64}$/.test(error)) return JSON.stringify({ error });
  } catch {
    // Not JSON: nothing to say of it.
  }
  return '{}';
}

/** In the library's place, so that an outage, wrong credentials and a wrong code are told apart. */
function troubleOf(_message: string, error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { statusCode, data } = failure.catch({ statusCode: 0, data: '' }).parse(error);
  if (statusCode >= 500) return new Refusal('usersource.unreachable', `the token endpoint answered ${statusCode}`);
  const ours = /invalid_client|unauthorized_client|incorrect_client_credentials/.test(data) || statusCode === 401;
  return new Refusal(
    ours ? 'usersource.misconfigured' : 'upstream.refused',
    `the token endpoint: ${statusCode} ${data}`,
  );
}

const failure = z.object({ statusCode: z.number(), data: z.string().default('') });
