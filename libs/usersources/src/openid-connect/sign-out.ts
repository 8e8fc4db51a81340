import { buildEndSessionUrl } from 'openid-client';
import { Refusal } from '@passbroker/model';
import type { NextStep, Reply, UpstreamSession, UpstreamSignOut } from '../usersource.js';
import { LOGOUT_TOKEN_TYPES, readLogoutToken } from './logout-token.js';
import { readSignedToken } from './signed-token.js';
import { upstreamTrouble } from './trouble.js';
import type { Upstream } from './upstream.js';

/** OpenID Connect RP-Initiated Logout 1.0, where upstream offers it. */
export async function askToEnd(
  upstream: Upstream,
  { kept }: UpstreamSession,
  state: string,
): Promise<NextStep | undefined> {
  const server = await upstream.server();
  if (server.end_session_endpoint === undefined) return undefined;
  const idToken = kept['idToken'];
  try {
    const to = buildEndSessionUrl(await upstream.configuration(server), {
      post_logout_redirect_uri: upstream.tools.doors.slo.href,
      state,
      ...(idToken !== undefined && { id_token_hint: idToken }),
    });
    return { go: 'redirect', to, carry: {} };
  } catch (error) {
    throw upstreamTrouble(error);
  }
}

/**
 * A logout token from upstream's server, or, where that is switched on, upstream's frame in somebody's browser.
 * @throws Refusal upstream.untrusted, upstream.malformed
 */
export async function heardOfEnd(upstream: Upstream, reply: Reply): Promise<UpstreamSignOut | undefined> {
  return reply.method === 'POST' ? backChannel(upstream, reply) : frontChannel(upstream, reply);
}

async function backChannel(upstream: Upstream, { fields }: Reply): Promise<UpstreamSignOut> {
  const token = fields['logout_token'];
  if (token === undefined) throw new Refusal('upstream.malformed', 'a post without a logout token');
  const { claims } = await readSignedToken(token, upstream.rules(LOGOUT_TOKEN_TYPES));
  return readLogoutToken(claims, {
    issuer: upstream.issuerOf,
    clientId: upstream.profile.clientId,
    now: upstream.tools.now(),
  });
}

/** OpenID Connect Front-Channel Logout 1.0: unsigned, so nothing but the session's own name may end it (OIDC-RP-027). */
function frontChannel({ profile }: Upstream, { rawQuery }: Reply): UpstreamSignOut | undefined {
  const query = new URLSearchParams(rawQuery);
  const issuers = query.getAll('iss');
  const sids = query.getAll('sid');
  if (issuers.length === 0 && sids.length === 0) return undefined; // Back from where `askToEnd` led.
  if (!profile.frontChannelLogout) throw new Refusal('upstream.untrusted', 'front-channel logout is switched off');
  const [sid] = sids;
  if (sid === undefined || sid === '' || sids.length > 1) throw new Refusal('upstream.untrusted', 'no session named');
  if (issuers.length !== 1 || !issuersOf(profile).includes(String(issuers[0]))) {
    throw new Refusal('upstream.untrusted', 'a sign-out of another issuer');
  }
  return { index: sid };
}

function issuersOf({ issuer, tenants }: Upstream['profile']): string[] {
  if (!tenants) return [issuer];
  return tenants === 'any' ? [] : tenants.map((tenant) => issuer.replace('{tenantid}', tenant));
}
