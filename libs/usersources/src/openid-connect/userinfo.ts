import { fetchProtectedResource } from 'openid-client';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import { checkAudience } from './id-token.js';
import { readSignedToken, type Claims } from './signed-token.js';
import { upstreamTrouble } from './trouble.js';
import type { Upstream } from './upstream.js';

const MAX_CHARS = 65_536;
const claimsShape = z.record(z.string(), z.unknown());

/**
 * Core 5.3. Its `sub` must be the ID token's, or another person's claims could be swapped in (OIDC-RP-014).
 * @throws Refusal upstream.untrusted, upstream.malformed, usersource.unreachable
 */
export async function readUserinfo(
  upstream: Upstream,
  accessToken: string,
  { sub }: Claims,
): Promise<Record<string, unknown>> {
  const server = await upstream.server();
  if (server.userinfo_endpoint === undefined) return {};
  const { type, text } = await ask(upstream, accessToken, new URL(server.userinfo_endpoint));
  const claims = type === 'application/jwt' ? await signed(upstream, text) : plain(type, text);
  if (claims['sub'] !== sub) throw new Refusal('upstream.untrusted', 'userinfo is about somebody else');
  return claims;
}

async function ask(upstream: Upstream, accessToken: string, address: URL): Promise<{ type: string; text: string }> {
  try {
    const config = await upstream.configuration(await upstream.server());
    const headers = new Headers({ accept: 'application/json, application/jwt' });
    const answer = await fetchProtectedResource(config, accessToken, address, 'GET', null, headers);
    const text = await answer.text();
    if (answer.status !== 200) throw new Refusal('upstream.refused', `userinfo answered ${answer.status}`);
    if (text.length > MAX_CHARS) throw new Refusal('upstream.malformed', 'userinfo is longer than any real one');
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    return { type: type.trim().toLowerCase(), text };
  } catch (error) {
    throw upstreamTrouble(error);
  }
}

/** Core 5.3.2: a signed one names its issuer and us. */
async function signed(upstream: Upstream, text: string): Promise<Record<string, unknown>> {
  const { claims } = await readSignedToken(text, upstream.rules(['jwt']));
  if (claims.iss === undefined || claims.iss !== upstream.issuerOf(claims)) {
    throw new Refusal('upstream.untrusted', 'userinfo is signed by another issuer');
  }
  checkAudience(claims, upstream.profile.clientId);
  return claims;
}

function plain(type: string, text: string): Record<string, unknown> {
  try {
    if (type !== 'application/json') throw new TypeError(type);
    return claimsShape.parse(JSON.parse(text));
  } catch {
    throw new Refusal('upstream.malformed', 'userinfo is not a JSON object');
  }
}
