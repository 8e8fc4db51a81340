import { Refusal, type IdentityAssertion } from '@passbroker/model';
import { fromPassport } from '../from-passport.js';
import type { Usersource, UsersourceTools } from '../usersource.js';
import { safeStrategy, type OAuth2Provider } from './safe-strategy.js';

export interface SocialProvider extends Omit<OAuth2Provider, 'callbackUrl' | 'fetch'> {
  toIdentity(user: unknown): Pick<IdentityAssertion, 'subject' | 'claims' | 'said'>;
}

const CANCELLED = new Set(['access_denied', 'user_denied']);

/** A provider of OAuth 2.0 without OpenID Connect: who it is must be asked of its API, with a token of ours alone. */
export function socialUsersource(provider: SocialProvider, tools: UsersourceTools): Usersource {
  const strategy = safeStrategy({ ...provider, callbackUrl: tools.callbackUrl.href, fetch: tools.fetch });
  const { slug, callbackUrl } = tools;
  const usersource = fromPassport({
    slug,
    strategy,
    callbackUrl,
    now: () => tools.now(),
    toIdentity: (user) => provider.toIdentity(user),
  });
  return {
    ...usersource,
    finish: async (reply, carried) => {
      const answer =
        reply.method === 'POST' ? new URLSearchParams({ ...reply.fields }) : new URLSearchParams(reply.rawQuery);
      const names = [...answer.keys()];
      if (new Set(names).size !== names.length) {
        throw new Refusal('upstream.malformed', 'a parameter of the answer is there twice');
      }
      if (carried['session'] === undefined) {
        throw new Refusal('transaction.expired', `nobody in this browser is on the way to ${slug}`);
      }
      const error = answer.get('error');
      if (error !== null && CANCELLED.has(error)) throw new Refusal('cancelled', `${slug} answered ${error}`);
      return usersource.finish(reply, carried);
    },
    probe: async () => ({
      state: 'ok',
      steps: [{ step: 'settings', ok: true, detail: 'It can only be tried by signing in.' }],
    }),
  };
}
