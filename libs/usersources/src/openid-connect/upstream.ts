import {
  allowInsecureRequests,
  clockSkew,
  clockTolerance,
  Configuration,
  customFetch,
  type ClientAuth,
  type CustomFetchOptions,
  type ServerMetadata,
} from 'openid-client';
import { Refusal } from '@passbroker/model';
import type { UsersourceTools } from '../usersource.js';
import { clientAuthentication } from './client-authentication.js';
import { Discovery } from './discovery.js';
import { KeySet, type PublicKey } from './key-set.js';
import type { RelyingPartyProfile } from './profile.js';
import type { ProviderMetadata } from './provider-metadata.js';
import { SKEW_SECONDS, type Claims, type TokenRules } from './signed-token.js';

const TIMEOUT_SECONDS = 10;
const TENANT = '{tenantid}';

/** The provider as we know it: its metadata, its keys, and how we speak with it. */
export class Upstream {
  readonly discovery: Discovery;
  readonly keys: KeySet;
  private authentication: Promise<ClientAuth> | undefined;

  constructor(
    readonly profile: RelyingPartyProfile,
    readonly tools: UsersourceTools,
  ) {
    const { issuer, discoveryIssuer = issuer, endpointHosts } = profile;
    const unused = [
      ...(profile.userinfo ? [] : ['userinfo_endpoint']),
      ...(profile.par ? [] : ['pushed_authorization_request_endpoint']),
    ];
    const address = `${discoveryIssuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    this.discovery = new Discovery(address, { issuer, endpointHosts, unused }, tools);
    this.keys = new KeySet(async () => (await this.server()).jwks_uri, tools);
  }

  server(): Promise<ProviderMetadata> {
    return this.discovery.current();
  }

  async configuration(server: ProviderMetadata): Promise<Configuration> {
    const { profile, tools } = this;
    const { clientId, credentials, algorithms } = profile;
    // Apple's is a token of a few minutes, made anew for each question.
    const kept = credentials.method === 'apple' ? undefined : this.authentication;
    const authentication = (this.authentication = kept ?? clientAuthentication(credentials, clientId, tools.now()));
    const config = new Configuration(
      { ...whatTheLibraryReads(server), id_token_signing_alg_values_supported: [...algorithms] },
      clientId,
      {
        [clockSkew]: Math.round((tools.now().getTime() - Date.now()) / 1_000),
        [clockTolerance]: SKEW_SECONDS,
      },
      await authentication,
    );
    config[customFetch] = (url, options) => this.ask(url, options);
    config.timeout = TIMEOUT_SECONDS;
    // Settings let http through for loopback hosts only.
    if (server.issuer.startsWith('http:')) allowInsecureRequests(config);
    return config;
  }

  private ask(url: string, { method, headers, body, signal }: CustomFetchOptions): Promise<Response> {
    const text = body instanceof URLSearchParams ? body.toString() : body;
    if (text !== undefined && text !== null && typeof text !== 'string') throw new TypeError('a body of another kind');
    return this.tools.fetch(url, {
      method,
      headers,
      redirect: 'manual',
      ...(text && { body: text }),
      ...(signal && { signal }),
    });
  }

  /** Takes the ID token out of the token endpoint's answer before the library reads it. */
  idTokenAside(config: Configuration): { idToken: () => string | undefined } {
    let kept: string | undefined;
    config[customFetch] = async (url, options) => {
      const answer = await this.ask(url, options);
      if (answer.status !== 200) return answer;
      const body: unknown = await answer.json().catch(() => undefined);
      if (typeof body !== 'object' || body === null) throw new Refusal('upstream.malformed', 'tokens are not JSON');
      const { id_token: idToken, ...rest }: { id_token?: unknown } = { ...body };
      if (typeof idToken === 'string') kept = idToken;
      return Response.json(rest);
    };
    return { idToken: () => kept };
  }

  /** Who may have issued a token: one text, or the template with a tenant of the settings in it. */
  readonly issuerOf = (claims: Claims): string => {
    const { issuer, tenants } = this.profile;
    if (!tenants) return issuer;
    const tid = claims['tid'];
    if (typeof tid !== 'string' || !/^[0-9a-f-]{36}$/i.test(tid) || (tenants !== 'any' && !tenants.includes(tid))) {
      throw new Refusal('upstream.untrusted', 'it comes from a tenant that is not in the settings');
    }
    return issuer.replace(TENANT, tid);
  };

  rules(types: readonly string[]): TokenRules {
    const { profile, tools } = this;
    const { algorithms, credentials } = profile;
    const symmetric = algorithms.some((algorithm) => algorithm.startsWith('HS')) && 'secret' in credentials;
    return {
      algorithms,
      types,
      keys: symmetric ? new TextEncoder().encode(credentials.secret) : this.keys,
      now: tools.now(),
      maySign: (key, claims) => this.maySign(key, claims),
    };
  }

  /** A key of Entra ID may be one tenant's own, and then signs for that tenant alone. */
  private maySign(key: PublicKey | undefined, claims: Claims): boolean {
    const signsFor = key?.issuer;
    if (!this.profile.tenants || signsFor === undefined) return true;
    return signsFor.replace(TENANT, String(claims['tid'])) === claims.iss;
  }
}

function whatTheLibraryReads(server: ProviderMetadata): ServerMetadata {
  const {
    end_session_endpoint: end,
    pushed_authorization_request_endpoint: pushed,
    authorization_response_iss_parameter_supported: iss,
  } = server;
  return {
    issuer: server.issuer,
    authorization_endpoint: server.authorization_endpoint,
    token_endpoint: server.token_endpoint,
    ...(end !== undefined && { end_session_endpoint: end }),
    ...(pushed !== undefined && { pushed_authorization_request_endpoint: pushed }),
    ...(iss !== undefined && { authorization_response_iss_parameter_supported: iss }),
  };
}
