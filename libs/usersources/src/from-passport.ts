import { Refusal, type IdentityAssertion } from '@passbroker/model';
import type { Carried, NextStep, Reply, Usersource } from './usersource.js';

/** What a published strategy answers to: Passport sets the five outcomes on the object and calls `authenticate`. */
export interface PassportStrategy {
  authenticate(request: unknown, options?: unknown): void;
}

/** Whatever the strategy's verify callback handed over. */
export type PassportUser = unknown;

type Outcome =
  | { kind: 'success'; user: PassportUser }
  | { kind: 'redirect'; to: string }
  | { kind: 'fail'; detail: string }
  | { kind: 'pass' };

export interface FromPassport {
  slug: string;
  strategy: PassportStrategy;
  /** Parses the strategy's user: `unknown` in, a subject and claims out. */
  toIdentity(user: PassportUser): Pick<IdentityAssertion, 'subject' | 'claims'>;
  callbackUrl: URL;
  now(): Date;
  /** Passed to `authenticate`, for example `{ scope: ['email'] }`. */
  options?: Record<string, unknown>;
  methods?: string[];
  /** A strategy that calls none of its five outcomes would hang the sign-in. */
  timeoutMs?: number;
}

/**
 * Runs any Passport strategy as a usersource, without Express. The strategy sees a plain request whose
 * `session` is an ordinary object: what it leaves there is carried to the callback and given back to it,
 * so that state, PKCE verifier and OAuth 1 secrets need no session of ours.
 */
export function fromPassport(parts: FromPassport): Usersource {
  return {
    async begin(): Promise<NextStep> {
      const session: Record<string, unknown> = {};
      const outcome = await run(parts, plainRequest(parts.callbackUrl, 'GET', '', {}, session));
      if (outcome.kind !== 'redirect') {
        throw new Refusal('usersource.misconfigured', `${parts.slug} did not say where to send people`);
      }
      return { go: 'redirect', to: new URL(outcome.to), carry: { session: JSON.stringify(session) } };
    },

    async finish(reply: Reply, carried: Carried): Promise<IdentityAssertion> {
      const session = readSession(carried['session']);
      const { method, rawQuery, fields } = reply;
      const outcome = await run(parts, plainRequest(parts.callbackUrl, method, rawQuery, fields, session));
      switch (outcome.kind) {
        case 'success':
          if (!outcome.user) throw new Refusal('upstream.refused', `${parts.slug} named nobody`);
          return {
            usersource: parts.slug,
            ...parts.toIdentity(outcome.user),
            authenticatedAt: parts.now(),
            methods: parts.methods ?? [],
          };
        case 'fail':
          throw new Refusal('upstream.refused', outcome.detail);
        // passport-saml begins a new login when a POST brings no response: that is no answer either.
        case 'redirect':
        case 'pass':
          throw new Refusal('upstream.malformed', `${parts.slug} was not answered`);
      }
    },

    async probe() {
      return {
        state: 'ok',
        steps: [{ step: 'strategy', ok: true, detail: 'There is nothing to try without a person.' }],
      };
    },
  };
}

function run(parts: FromPassport, request: unknown): Promise<Outcome> {
  const { strategy, options, slug, timeoutMs = 10_000 } = parts;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Refusal('usersource.unreachable', `${slug} did not answer in time`)),
      timeoutMs,
    );
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const fail = (cause: unknown): void => {
      clearTimeout(timer);
      reject(cause instanceof Refusal ? cause : new Refusal('upstream.refused', messageOf(cause), { cause }));
    };
    // One object per run, as Passport does it: two sign-ins at once must not see each other's outcomes.
    const own: unknown = Object.assign(Object.create(strategy), {
      success: (user: unknown) => settle({ kind: 'success', user }),
      redirect: (to: string) => settle({ kind: 'redirect', to }),
      fail: (challenge: unknown) => settle({ kind: 'fail', detail: messageOf(challenge) }),
      pass: () => settle({ kind: 'pass' }),
      error: fail,
    });
    try {
      if (isStrategy(own)) own.authenticate(request, options ?? {});
    } catch (cause) {
      fail(cause);
    }
  });
}

const isStrategy = (value: unknown): value is PassportStrategy =>
  typeof value === 'object' && value !== null && 'authenticate' in value && typeof value.authenticate === 'function';

/** As much of an Express request as strategies read. The query is also there raw: SAML signs the escaped text. */
function plainRequest(
  callbackUrl: URL,
  method: 'GET' | 'POST',
  rawQuery: string,
  fields: Readonly<Record<string, string>>,
  session: Record<string, unknown>,
): unknown {
  const url = rawQuery === '' ? callbackUrl.pathname : `${callbackUrl.pathname}?${rawQuery}`;
  return {
    method,
    url,
    originalUrl: url,
    headers: { host: callbackUrl.host },
    query: Object.fromEntries(new URLSearchParams(rawQuery)),
    body: { ...fields },
    session,
    connection: { encrypted: callbackUrl.protocol === 'https:' },
    // Single log-out of passport-saml calls it.
    logout: (done: (error?: unknown) => void) => done(),
  };
}

function readSession(text: string | undefined): Record<string, unknown> {
  if (text === undefined) return {};
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** Upstream's words go to the log only, and only short. */
function messageOf(cause: unknown): string {
  const text =
    cause instanceof Error
      ? cause.message
      : typeof cause === 'string'
        ? cause
        : typeof cause === 'object' && cause !== null && 'message' in cause && typeof cause.message === 'string'
          ? cause.message
          : 'the strategy gave no reason';
  return text.slice(0, 200);
}
