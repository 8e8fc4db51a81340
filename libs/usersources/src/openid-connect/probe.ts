import { genericGrantRequest, ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';
import { Refusal } from '@passbroker/model';
import type { Health } from '../usersource.js';
import type { ProviderMetadata } from './provider-metadata.js';
import { upstreamTrouble } from './trouble.js';
import type { Upstream } from './upstream.js';

type Step = Health['steps'][number];

/** Everything that can be tried without a person, in the order in which it would fail. */
export async function probe(upstream: Upstream): Promise<Health> {
  const steps: Step[] = [];
  const attempt = async (step: string, run: () => Promise<string>): Promise<boolean> => {
    try {
      steps.push({ step, ok: true, detail: await run() });
      return true;
    } catch (error) {
      const { detail } = error instanceof Refusal ? error : upstreamTrouble(error);
      steps.push({ step, ok: false, detail });
      return false;
    }
  };
  let server: ProviderMetadata | undefined;
  const all =
    (await attempt('discovery', async () => {
      server = await upstream.discovery.ask();
      return `It is ${server.issuer}, and its endpoints lie where they may.`;
    })) &&
    (await attempt('keys', async () => {
      const { keys } = await upstream.keys.ask();
      return `${keys.length} signing ${keys.length === 1 ? 'key' : 'keys'}.`;
    })) &&
    (await attempt('algorithms', async () => algorithms(server, upstream.profile.algorithms))) &&
    (await attempt('client', () => credentials(upstream, server)));
  return { state: all ? 'ok' : 'down', steps };
}

function algorithms(server: ProviderMetadata | undefined, allowed: readonly string[]): string {
  const offered = server?.id_token_signing_alg_values_supported ?? ['RS256'];
  const both = allowed.filter((one) => offered.includes(one));
  if (both.length > 0) return `ID tokens may be signed with ${both.join(', ')}.`;
  throw new Refusal(
    'usersource.misconfigured',
    `it signs with ${offered.join(', ')}, none of which the settings allow`,
  );
}

/** A code that nobody gave out: upstream looks at our credentials first, and then says that it does not know it. */
async function credentials(upstream: Upstream, server: ProviderMetadata | undefined): Promise<string> {
  if (!server) throw new Refusal('usersource.unreachable', 'no discovery document');
  const config = await upstream.configuration(server);
  try {
    await genericGrantRequest(config, 'authorization_code', {
      code: 'a-code-to-try-the-connection-with',
      redirect_uri: upstream.tools.callbackUrl.href,
    });
  } catch (error) {
    const wrong = error instanceof ResponseBodyError && /^(invalid|unauthorized)_client$/.test(error.error);
    if (wrong || error instanceof WWWAuthenticateChallengeError) {
      throw new Refusal('usersource.misconfigured', 'It does not accept our client id and credentials.');
    }
    if (error instanceof ResponseBodyError)
      return `It accepts our credentials (and answered ${error.error}, as it should).`;
    throw error;
  }
  throw new Refusal('upstream.untrusted', 'It gave tokens for a code that it never gave out.');
}
