import { errors, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { MFA_ACR_NAMES } from '@passbroker/model';
import { CLAIMS, pairwise, providerAccount } from './oidc.claims.js';
import type { OidcClients } from './oidc.clients.js';
import { GRANT_SECONDS, REFRESH_SECONDS, type Granted, type OidcGrants } from './oidc.grants.js';
import type { OidcInteraction } from './oidc.interaction.js';
import { keySet } from './oidc.keys.js';
import { SCOPES } from './oidc.settings.js';
import type { OidcStorage } from './oidc.storage.js';
import type { ProtocolTools } from '../protocol.js';

const HOUR = 3_600;

/** Seconds that clocks of applications may differ from ours. */
const CLOCK_TOLERANCE = 5;

export function configuration(
  tools: ProtocolTools,
  parts: {
    clients: OidcClients;
    grants: OidcGrants;
    interaction: OidcInteraction;
    storage: OidcStorage;
    renderError: NonNullable<Configuration['renderError']>;
  },
): Configuration {
  const { clients, grants, interaction, storage } = parts;
  const secure = tools.brand.origin.startsWith('https:');
  const prefix = secure ? '__Secure-' : '';
  const salt = tools.derive(`oidc-pairwise:${tools.brand.id}`, 32);
  /** Of a token, whoever asks: its application and its person must both still be welcome. */
  const alive = async (ctx: KoaContextWithOIDC, token: Held): Promise<boolean> => {
    if (token.clientId === undefined || !(await ctx.oidc.provider.Client.find(token.clientId))) return false;
    return token.accountId === undefined || (await grants.account(ctx, token.accountId, token)) !== undefined;
  };

  return {
    adapter: (model: string) => storage.adapter(model),
    jwks: keySet(tools.keys),
    scopes: [...SCOPES],
    claims: CLAIMS,
    acrValues: [...MFA_ACR_NAMES],
    // Most applications read e-mail and groups out of the id_token and never call userinfo.
    conformIdTokenClaims: false,
    responseTypes: ['code'],
    pkce: { required: (_ctx, client) => clients.settingsOf(client)?.require_pkce !== false },
    clientDefaults: { id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'client_secret_basic' },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    clockTolerance: CLOCK_TOLERANCE,
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256', 'RS256'],
      clientAuthSigningAlgValues: ['ES256', 'RS256', 'PS256'],
      dPoPSigningAlgValues: ['ES256', 'Ed25519'],
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: true },
      pushedAuthorizationRequests: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      introspection: {
        enabled: true,
        allowedPolicy: async (ctx, client, token) => {
          if (client.clientAuthMethod === 'none') return false;
          const audience = clients.settingsOf(client)?.audience;
          const own = token.clientId === client.clientId;
          const forUs = audience !== undefined && 'aud' in token && token.aud === audience;
          return (own || forUs) && (await alive(ctx, token));
        },
      },
      userinfo: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        // The page is the gateway's: see OidcSignOut.ask.
        logoutSource: () => undefined,
        postLogoutSuccessSource: (ctx) => ctx.redirect(new URL('/signed-out', tools.brand.origin).href),
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => {
          const settings = clients.settingsOf(client);
          return settings?.access_token_format === 'jwt' && settings.audience !== undefined ? settings.audience : [];
        },
        getResourceServerInfo: (_ctx, indicator, client) => {
          const settings = clients.settingsOf(client);
          if (settings?.audience !== indicator) throw new errors.InvalidTarget();
          return {
            scope: client.scope ?? SCOPES.join(' '),
            audience: indicator,
            accessTokenFormat: settings.access_token_format,
            accessTokenTTL: HOUR,
            jwt: { sign: { alg: settings.id_token_signed_response_alg } },
          };
        },
        useGrantedResource: () => true,
      },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
    },
    subjectTypes: ['public', 'pairwise'],
    pairwiseIdentifier: (_ctx, account, client) => pairwise(salt, String(client.sectorIdentifier), account),
    extraParams: interaction.extraParams,
    interactions: { policy: interaction.policy, url: interaction.url },
    findAccount: async (ctx, id, token) => {
      const admitted = interaction.admitted(ctx);
      const account = admitted
        ? await tools.account(id, admitted.usersource)
        : token === undefined
          ? // Before the gateway was asked nobody is anybody.
            undefined
          : await grants.account(ctx, id, grantedOf(token));
      return account && providerAccount(account);
    },
    loadExistingGrant: async (ctx) => {
      const admitted = interaction.admitted(ctx);
      return admitted && grants.ofSignIn(ctx, { usersource: admitted.usersource, session: admitted.session });
    },
    issueRefreshToken: (_ctx, client) => Promise.resolve(client.grantTypeAllowed('refresh_token')),
    rotateRefreshToken: true,
    // Signing out ends tokens, unless the application asked to work on without the person.
    expiresWithSession: (_ctx, token) => !token.scopes.has('offline_access'),
    // Whatever is revoked, its whole family goes: see OidcStorage.
    revokeGrantPolicy: () => true,
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' && originsOf(client.redirectUris).has(origin),
    acceptQueryParamAccessTokens: false,
    allowOmittingSingleRegisteredRedirectUri: false,
    enableHttpPostMethods: false,
    renderError: parts.renderError,
    fetch: tools.fetch,
    cookies: {
      // Unsigned: each holds an id that nobody guesses, and a signature comes along with a planted cookie (decision 0014).
      // Never `/`: the gateway and other software on the host have no business with them.
      long: { httpOnly: true, sameSite: 'lax', secure, path: '/oidc' },
      short: { httpOnly: true, sameSite: 'lax', secure },
      names: {
        session: `${prefix}passbroker_op`,
        interaction: `${prefix}passbroker_walk`,
        resume: `${prefix}passbroker_resume`,
      },
    },
    ttl: {
      AuthorizationCode: 60,
      AccessToken: HOUR,
      ClientCredentials: HOUR,
      IdToken: HOUR,
      RefreshToken: REFRESH_SECONDS,
      Grant: GRANT_SECONDS,
      Session: REFRESH_SECONDS,
      Interaction: 15 * 60,
      PushedAuthorizationRequest: 60,
      ReplayDetection: 10 * 60,
    },
  };
}

interface Held extends Granted {
  clientId?: string;
  accountId?: string;
}

const grantedOf = (token: object): Granted => ({
  ...('grantId' in token && typeof token.grantId === 'string' && { grantId: token.grantId }),
  ...('expiresWithSession' in token && { expiresWithSession: token.expiresWithSession === true }),
});

const originsOf = (uris: readonly string[] | undefined): Set<string> =>
  new Set((uris ?? []).filter((uri) => uri.startsWith('http')).map((uri) => new URL(uri).origin));
