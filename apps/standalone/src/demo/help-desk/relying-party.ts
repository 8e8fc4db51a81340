import * as client from 'openid-client';
import { createRemoteJWKSet, jwtVerify } from 'jose';

export interface RelyingPartyOptions {
  issuer: string;
  clientId: string;
  clientSecret: string;
  redirectUri: string;
  postLogoutRedirectUri: string;
}

/** What has to be remembered between leaving for the provider and coming back. */
export interface Pending {
  state: string;
  nonce: string;
  codeVerifier: string;
}

export interface SignedIn {
  subject: string;
  sessionId: string | undefined;
  idToken: string;
  idTokenClaims: Record<string, unknown>;
  userinfo: Record<string, unknown>;
}

const SCOPE = 'openid profile email';
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** An ordinary OpenID Connect client: nothing in it knows which provider it talks to. */
export class RelyingParty {
  #discovered: Promise<client.Configuration> | undefined;
  #keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  constructor(private readonly options: RelyingPartyOptions) {}

  /** Where to send the browser, and what to remember until it is back. */
  async begin(): Promise<{ to: URL; pending: Pending }> {
    const configuration = await this.#configuration();
    const pending = {
      state: client.randomState(),
      nonce: client.randomNonce(),
      codeVerifier: client.randomPKCECodeVerifier(),
    };
    const to = client.buildAuthorizationUrl(configuration, {
      redirect_uri: this.options.redirectUri,
      scope: SCOPE,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(pending.codeVerifier),
      code_challenge_method: 'S256',
    });
    return { to, pending };
  }

  /** Checks state, issuer, code, PKCE, nonce and signature, and asks for the userinfo. */
  async finish(query: URLSearchParams, pending: Pending): Promise<SignedIn> {
    const configuration = await this.#configuration();
    const tokens = await client.authorizationCodeGrant(
      configuration,
      new URL(`${this.options.redirectUri}?${query.toString()}`),
      {
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        pkceCodeVerifier: pending.codeVerifier,
        idTokenExpected: true,
      },
    );
    const claims = tokens.claims();
    if (!claims || !tokens.id_token) throw new Error('the provider sent no id token');
    const userinfo = await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
    return {
      subject: claims.sub,
      sessionId: typeof claims['sid'] === 'string' ? claims['sid'] : undefined,
      idToken: tokens.id_token,
      idTokenClaims: { ...claims },
      userinfo: { ...userinfo },
    };
  }

  /** RP-initiated logout. The hint tells the provider that it is really us who ask, for this session. */
  async endSessionUrl(idToken: string): Promise<URL> {
    return client.buildEndSessionUrl(await this.#configuration(), {
      id_token_hint: idToken,
      post_logout_redirect_uri: this.options.postLogoutRedirectUri,
    });
  }

  /** Whose session the provider says is over (OpenID Connect Back-Channel Logout 2.6). @throws when it may not say so. */
  async readLogoutToken(token: string): Promise<{ subject: string | undefined; sessionId: string | undefined }> {
    const { issuer, jwks_uri } = (await this.#configuration()).serverMetadata();
    if (!jwks_uri) throw new Error('the provider publishes no keys');
    this.#keys ??= createRemoteJWKSet(new URL(jwks_uri));
    const { payload } = await jwtVerify(token, this.#keys, {
      issuer,
      audience: this.options.clientId,
      algorithms: ['ES256', 'RS256'],
      requiredClaims: ['iat', 'jti'],
      maxTokenAge: '5 minutes',
    });
    const events = payload['events'];
    const says = typeof events === 'object' && events !== null && LOGOUT_EVENT in events;
    const sessionId = typeof payload['sid'] === 'string' ? payload['sid'] : undefined;
    // An id token is signed by the same key: the event and the missing nonce tell them apart.
    if (!says || 'nonce' in payload || (!payload.sub && !sessionId)) throw new Error('not a logout token');
    return { subject: payload.sub, sessionId };
  }

  /** Asked for at the first need and again after a failure: the provider may start after us. */
  #configuration(): Promise<client.Configuration> {
    this.#discovered ??= this.#discover().catch((error: unknown) => {
      this.#discovered = undefined;
      throw error;
    });
    return this.#discovered;
  }

  #discover(): Promise<client.Configuration> {
    const issuer = new URL(this.options.issuer);
    const plain = issuer.protocol === 'http:' && LOOPBACK.test(issuer.hostname);
    return client.discovery(
      issuer,
      this.options.clientId,
      undefined,
      client.ClientSecretBasic(this.options.clientSecret),
      // Without TLS only on this machine.
      { timeout: 10, execute: plain ? [client.allowInsecureRequests] : [] },
    );
  }
}
