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

const TENANT = '{tenantid}';

/** The provider as we know it: its metadata, its keys, and how we speak with it. */
export class Upstream {
  readonly discovery: Discovery;
  readonly keys: KeySet;
  private authentication: Promise<ClientAuth> | undefined;
  private known:
    { server: ProviderMetadata; authentication: ClientAuth; skew: number; config: Configuration } | undefined;

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

  /** How the library speaks with this server: made once for as long as nothing about it changes. */
  async configuration(server: ProviderMetadata): Promise<Configuration> {
    const authentication = await this.authenticated();
    const skew = this.skew();
    const { known } = this;
    if (known?.server === server && known.authentication === authentication && known.skew === skew) return known.config;
    const config = this.configured(server, authentication, skew);
    this.known = { server, authentication, skew, config };
    return config;
  }

  /**
   * For one sign-in, which takes the ID token out of the token endpoint's answer before the library reads it. Never
   * shared: two sign-ins at once would find each other's token in it.
   */
  async idTokenAside(server: ProviderMetadata): Promise<{ config: Configuration; idToken: () => string | undefined }> {
    const config = this.configured(server, await this.authenticated(), this.skew());
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
    return { config, idToken: () => kept };
  }

  private authenticated(): Promise<ClientAuth> {
    const { profile, tools } = this;
    // Apple's is a token of a few minutes, made anew for each question.
    const kept = profile.credentials.method === 'apple' ? undefined : this.authentication;
    return (this.authentication = kept ?? clientAuthentication(profile.credentials, profile.clientId, tools.now()));
  }

  private skew(): number {
    return Math.round((this.tools.now().getTime() - Date.now()) / 1_000);
  }

  private configured(server: ProviderMetadata, authentication: ClientAuth, skew: number): Configuration {
    const { clientId, algorithms } = this.profile;
    const config = new Configuration(
      { ...whatTheLibraryReads(server), id_token_signing_alg_values_supported: [...algorithms] },
      clientId,
      { [clockSkew]: skew, [clockTolerance]: SKEW_SECONDS },
      authentication,
    );
    config[customFetch] = (url, options) => this.ask(url, options);
    // `tools.fetch` has a time-out of its own; a second one would be a timer that nobody takes back.
    config.timeout = undefined;
    // Settings let http through for loopback hosts only.
    if (server.issuer.startsWith('http:')) allowInsecureRequests(config);
    return config;
  }

  private ask(url: string, { method, headers, body }: CustomFetchOptions): Promise<Response> {
    const text = body instanceof URLSearchParams ? body.toString() : body;
    if (text !== undefined && text !== null && typeof text !== 'string') throw new TypeError('a body of another kind');
    return this.tools.fetch(url, {
      method,
      headers,
      redirect: 'manual',
      ...(text && { body: text }),
    });
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
