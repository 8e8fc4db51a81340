import type { ClientMetadata, Configuration, JWK } from 'oidc-provider';

/** What the runner tells the baseline's process. */
export interface BaselineSettings {
  port: number;
  redisUrl: string;
  keys: JWK[];
  clients: BenchClient[];
}

/** The same applications for both sides; the last two fields are not OpenID Connect's own. */
export interface BenchClient {
  metadata: ClientMetadata & { client_id: string };
  audience?: string;
  accessTokenFormat: 'opaque' | 'jwt';
}

const HOUR = 3_600;
const FORTNIGHT = 14 * 24 * HOUR;

/** The product's settings, as far as they change what work there is: same features, life times, claims and keys. */
export function configuration({ keys, clients }: BaselineSettings): Configuration {
  const ours = new Map(clients.map((client) => [client.metadata.client_id, client]));
  return {
    jwks: { keys },
    clients: clients.map(({ metadata }) => metadata),
    scopes: ['openid', 'profile', 'email', 'groups', 'attributes', 'offline_access'],
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
      attributes: ['attributes'],
    },
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    pkce: { required: () => true },
    clockTolerance: 5,
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256', 'RS256'],
      clientAuthSigningAlgValues: ['ES256', 'RS256', 'PS256'],
      dPoPSigningAlgValues: ['ES256', 'Ed25519'],
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      revocation: { enabled: true },
      userinfo: { enabled: true },
      backchannelLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => ours.get(client.clientId)?.audience ?? [],
        getResourceServerInfo: (_ctx, indicator, client) => ({
          scope: client.scope ?? 'openid profile email',
          audience: indicator,
          accessTokenFormat: ours.get(client.clientId)?.accessTokenFormat ?? 'opaque',
          accessTokenTTL: HOUR,
          jwt: { sign: { alg: client.idTokenSignedResponseAlg === 'RS256' ? 'RS256' : 'ES256' } },
        }),
        useGrantedResource: () => true,
      },
    },
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    expiresWithSession: async (_ctx, token) => !token.scopes.has('offline_access'),
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        name: 'Jane Doe',
        email: 'jane.doe@acme.test',
        email_verified: true,
        groups: [],
        attributes: {},
      }),
    }),
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    cookies: { keys: ['the same length as a derived key, forty-three '] },
    ttl: {
      AuthorizationCode: 60,
      AccessToken: HOUR,
      ClientCredentials: HOUR,
      IdToken: HOUR,
      RefreshToken: FORTNIGHT,
      Grant: FORTNIGHT,
      Session: FORTNIGHT,
      Interaction: 15 * 60,
    },
  };
}
