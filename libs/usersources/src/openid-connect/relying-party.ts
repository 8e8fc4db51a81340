import { authorizationCodeGrant, buildAuthorizationUrl, buildAuthorizationUrlWithPAR } from 'openid-client';
import { Refusal, type IdentityAssertion, type SignInAsk } from '@passbroker/model';
import type { Carried, NextStep, Reply, Usersource, UsersourceTools } from '../usersource.js';
import { readAnswer } from './answer.js';
import { publicKeys } from './client-authentication.js';
import { authTimeOf, checkIdToken } from './id-token.js';
import { identityFrom, nameInApplesForm } from './identity.js';
import type { RelyingPartyProfile } from './profile.js';
import { probe } from './probe.js';
import { questionFor } from './question.js';
import { askToEnd, heardOfEnd } from './sign-out.js';
import { readSignedToken, type Claims } from './signed-token.js';
import { upstreamTrouble } from './trouble.js';
import { Upstream } from './upstream.js';
import { readUserinfo } from './userinfo.js';

/** Longer ones would weigh down every session for the sake of a sign-out that asks once more. */
const MAX_HINT_CHARS = 4_096;

/**
 * OpenID Connect Core 1.0, code flow only, as a usersource.
 *
 *   begin ──► (they sign in there) ──► finish: answer ──► code for tokens ──► ID token checked ──► userinfo ──► identity
 *
 * openid-client does the flow. It takes an ID token from the token endpoint on the connection's word; here its
 * signature is always checked, by rules of our own, before anybody reads a claim of it.
 */
export function relyingParty(profile: RelyingPartyProfile, tools: UsersourceTools): Usersource {
  const upstream = new Upstream(profile, tools);
  return {
    begin: (_transaction, ask) => begin(upstream, ask),
    finish: (reply, carried) => finish(upstream, reply, carried),
    end: (session, state) => askToEnd(upstream, session, state),
    ended: (reply) => heardOfEnd(upstream, reply),
    metadata: async () => ({
      type: 'application/json',
      body: JSON.stringify(await publicKeys(profile.credentials)),
    }),
    probe: () => probe(upstream),
  };
}

async function begin(upstream: Upstream, ask: SignInAsk): Promise<NextStep> {
  const { profile, tools } = upstream;
  const server = await upstream.server();
  const { parameters, carry } = questionFor(ask, profile, tools.callbackUrl, tools.now());
  const config = await upstream.configuration(server);
  const pushed = profile.par && server.pushed_authorization_request_endpoint !== undefined;
  try {
    const to = pushed
      ? await buildAuthorizationUrlWithPAR(config, parameters)
      : buildAuthorizationUrl(config, parameters);
    return { go: 'redirect', to, carry };
  } catch (error) {
    throw upstreamTrouble(error);
  }
}

async function finish(upstream: Upstream, reply: Reply, carried: Carried): Promise<IdentityAssertion> {
  const { profile, tools } = upstream;
  const { state, nonce, verifier, since } = carried;
  if (state === undefined) {
    throw new Refusal('transaction.expired', `nobody in this browser is on the way to ${tools.slug}`);
  }
  const answer = readAnswer(reply, tools.callbackUrl);
  const tokens = await redeem(upstream, answer.url, { state, nonce, verifier });
  const token = await readSignedToken(tokens.idToken, upstream.rules(['jwt']));
  checkIdToken(token, {
    issuer: upstream.issuerOf,
    clientId: profile.clientId,
    ...(nonce !== undefined && { nonce }),
    code: answer.url.searchParams.get('code') ?? '',
    accessToken: tokens.accessToken,
    now: tools.now(),
    ...(since !== undefined && { authenticatedSince: Number(since) }),
    ...(profile.acrValues && { acr: profile.acrValues }),
  });
  checkRequired(profile.required, token.claims);
  const more = profile.userinfo ? await readUserinfo(upstream, tokens.accessToken, token.claims) : {};
  return assertionOf(upstream, token.claims, more, tokens.idToken, nameInApplesForm(answer.user));
}

async function redeem(
  upstream: Upstream,
  answer: URL,
  { state, nonce, verifier }: { state: string; nonce: string | undefined; verifier: string | undefined },
): Promise<{ idToken: string; accessToken: string }> {
  const server = await upstream.server();
  // The library compares `iss` with one text; where tenants differ, ours alone reads the ID token.
  const aside = upstream.profile.tenants ? await upstream.idTokenAside(server) : undefined;
  const config = aside?.config ?? (await upstream.configuration(server));
  try {
    const tokens = await authorizationCodeGrant(config, answer, {
      expectedState: state,
      ...(verifier !== undefined && { pkceCodeVerifier: verifier }),
      ...(!aside && { idTokenExpected: true, ...(nonce !== undefined && { expectedNonce: nonce }) }),
    });
    const idToken = aside ? aside.idToken() : tokens.id_token;
    if (idToken === undefined) throw new Refusal('upstream.malformed', 'the token endpoint gave no ID token');
    return { idToken, accessToken: tokens.access_token };
  } catch (error) {
    throw upstreamTrouble(error);
  }
}

/** Only what is signed counts: the same parameter in the request is a wish of whoever wrote the address. */
function checkRequired(required: Readonly<Record<string, string>>, claims: Claims): void {
  for (const [name, value] of Object.entries(required)) {
    if (claims[name] !== value)
      throw new Refusal('upstream.refused', `ID token: ${name} is not the one in the settings`);
  }
}

function assertionOf(
  { profile, tools }: Upstream,
  told: Claims,
  more: Record<string, unknown>,
  idToken: string,
  formName: string | undefined,
): IdentityAssertion {
  const identity = identityFrom(told, more, profile);
  const { acr, amr, sid } = told;
  const authTime = authTimeOf(told);
  const name = identity.claims.name ?? formName;
  return {
    usersource: tools.slug,
    ...identity,
    claims: { ...identity.claims, ...(name !== undefined && { name }) },
    session: {
      ...(typeof sid === 'string' && sid !== '' && { index: sid }),
      kept: idToken.length <= MAX_HINT_CHARS ? { idToken } : {},
    },
    authenticatedAt: authTime === undefined ? tools.now() : new Date(Math.min(authTime * 1_000, tools.now().getTime())),
    methods: Array.isArray(amr) ? amr.filter((one) => typeof one === 'string').slice(0, 20) : [],
    ...(typeof acr === 'string' && { acr }),
  };
}
