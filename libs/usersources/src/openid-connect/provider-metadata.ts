import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import { isHttpsOrLoopback } from '../addresses/web-address.js';

const endpoint = z.string().max(2048);
const names = z.array(z.string().max(256)).max(200);

/** What we read of OpenID Connect Discovery 1.0 section 3; whatever else stands there is not kept. */
const document = z.object({
  issuer: z.string().max(2048),
  authorization_endpoint: endpoint,
  token_endpoint: endpoint,
  jwks_uri: endpoint,
  userinfo_endpoint: endpoint.optional(),
  end_session_endpoint: endpoint.optional(),
  pushed_authorization_request_endpoint: endpoint.optional(),
  require_pushed_authorization_requests: z.boolean().optional(),
  authorization_response_iss_parameter_supported: z.boolean().optional(),
  token_endpoint_auth_methods_supported: names.optional(),
  id_token_signing_alg_values_supported: names.optional(),
  code_challenge_methods_supported: names.optional(),
});
export type ProviderMetadata = z.infer<typeof document>;

const ENDPOINTS = [
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'userinfo_endpoint',
  'end_session_endpoint',
  'pushed_authorization_request_endpoint',
] as const;

export interface Expected {
  /** Byte for byte: OpenID Connect Discovery 1.0 section 4.3. */
  issuer: string;
  /** Hosts beside the issuer's own where endpoints may lie. */
  endpointHosts: readonly string[];
  /** Endpoints this connection never calls, so that they may lie anywhere. */
  unused?: readonly string[];
}

/**
 * Parses and judges a discovery document. Whoever controls it says where our client secret goes, so its endpoints
 * stay on the issuer's host unless the admin has named others (OIDC-RP-029).
 * @throws Refusal upstream.malformed, upstream.untrusted
 */
export function readProviderMetadata(value: unknown, expected: Expected): ProviderMetadata {
  const parsed = document.safeParse(value);
  if (!parsed.success) {
    const what = parsed.error.issues.map((issue) => issue.path.join('.') || 'document').join(', ');
    throw new Refusal('upstream.malformed', `the discovery document does not fit: ${what}`);
  }
  const metadata = parsed.data;
  if (metadata.issuer !== expected.issuer) {
    throw new Refusal('upstream.untrusted', `the discovery document is another issuer’s: ${short(metadata.issuer)}`);
  }
  for (const name of ENDPOINTS) {
    const address = metadata[name];
    if (address === undefined) continue;
    if (expected.unused?.includes(name)) delete metadata[name];
    else checkEndpoint(name, address, expected);
  }
  return metadata;
}

function checkEndpoint(name: string, address: string, { issuer, endpointHosts }: Expected): void {
  const home = new URL(issuer);
  if (!isHttpsOrLoopback(address)) throw new Refusal('upstream.untrusted', `${name} is not an https address`);
  const { host, protocol } = new URL(address);
  if (protocol !== 'https:' && protocol !== home.protocol) {
    throw new Refusal('upstream.untrusted', `${name} falls back to plain http`);
  }
  if (host !== home.host && !endpointHosts.includes(host)) {
    throw new Refusal('upstream.untrusted', `${name} lies on ${host}, which is not in endpointHosts`);
  }
}

const short = (text: string): string => text.slice(0, 200);
