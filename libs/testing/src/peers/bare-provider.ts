import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { type Adapter, type AdapterPayload, type ClientMetadata, type Configuration } from 'oidc-provider';
import { freePort } from './free-port.js';

export interface BareProvider {
  issuer: string;
  provider: Provider;
  /** Paths that were asked for, oldest first. */
  asked: string[];
  close(): Promise<void>;
}

/** Who signs in; a test may change it between two walks. */
export interface Person {
  sub: string;
  [claim: string]: unknown;
}

/** Nothing here outlives a test, so nothing expires and grants are not revoked. */
class MapAdapter implements Adapter {
  static readonly stored = new Map<string, AdapterPayload>();

  constructor(private readonly model: string) {}

  upsert(id: string, payload: AdapterPayload): Promise<void> {
    MapAdapter.stored.set(`${this.model}:${id}`, payload);
    return Promise.resolve();
  }

  find(id: string): Promise<AdapterPayload | undefined> {
    return Promise.resolve(MapAdapter.stored.get(`${this.model}:${id}`));
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return Promise.resolve([...MapAdapter.stored.values()].find((payload) => payload.uid === uid));
  }

  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id);
    if (payload) payload.consumed = Math.floor(Date.now() / 1_000);
  }

  destroy(id: string): Promise<void> {
    MapAdapter.stored.delete(`${this.model}:${id}`);
    return Promise.resolve();
  }

  revokeByGrantId(): Promise<void> {
    return Promise.resolve();
  }
}

/** Private keys, of which it signs with the first that fits; all are in its key set. */
export const signingKeys = () => [
  privateJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  privateJwk(generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey),
];

const privateJwk = (key: ReturnType<typeof generateKeyPairSync>['privateKey']) => key.export({ format: 'jwk' });

/**
 * oidc-provider by itself, with whom applications can be tried before the broker is there: it asks nobody anything,
 * everybody who comes is `person()`.
 */
export async function startBareProvider(
  clients: ClientMetadata[],
  person: () => Person,
  port?: number,
  keys = signingKeys(),
): Promise<BareProvider> {
  port ??= await freePort();
  const issuer = `http://localhost:${port}`;
  const configuration: Configuration = {
    clients,
    adapter: MapAdapter,
    jwks: { keys },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, AuthorizationCode: 60, IdToken: 600 },
    enabledJWA: { idTokenSigningAlgValues: ['ES256', 'RS256'] },
    claims: { openid: ['sub'], profile: ['name', 'department'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        postLogoutSuccessSource: (ctx) => {
          ctx.body = 'signed out';
        },
        logoutSource: (ctx, form) => {
          ctx.body = form.replace('</form>', '<button name="logout" value="yes">Yes</button></form>');
        },
      },
    },
    cookies: {
      keys: ['a key for tests'],
      names: { session: 'op_session', interaction: 'op_walk', resume: 'op_resume' },
    },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ ...person(), sub }) }),
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        accountId: oidc.session?.accountId ?? '',
        clientId: oidc.client?.clientId ?? '',
      });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
    interactions: { url: (_ctx, { uid }) => `/walk/${uid}` },
    pkce: { required: () => true },
  };
  const provider = new Provider(issuer, configuration);
  const serve = provider.callback();
  const asked: string[] = [];
  const server = createServer((req, res) => {
    asked.push(new URL(req.url ?? '/', issuer).pathname);
    if (!req.url?.startsWith('/walk/')) return void serve(req, res);
    void provider.interactionFinished(req, res, { login: { accountId: person().sub } }).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  return {
    issuer,
    provider,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
