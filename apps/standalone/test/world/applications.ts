import { createRemoteJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { createLogger } from '@passbroker/platform';
import { freePort } from '@passbroker/testing';
import { helpDeskAddresses, startHelpDesk } from '../../src/demo/help-desk/help-desk.js';
import type { AdminApi } from './admin-api.js';

/** In this process or in another. */
export interface Reachable {
  origin: string;
  api: AdminApi;
}

export interface HelpDesk {
  url: string;
  close(): Promise<void>;
}

/** The help desk of the demo, an ordinary OpenID Connect client, registered like anybody's application. */
export async function helpDeskAt(broker: Reachable, slug: string, audience: 'users' | 'agents'): Promise<HelpDesk> {
  const port = await freePort();
  const { callback, signedOut, backChannelLogout } = helpDeskAddresses(`http://localhost:${port}`);
  const { secrets } = await broker.api('POST', '/v1/applications', {
    slug,
    protocol: 'oidc',
    brand: 'default',
    audience,
    name: 'Acme help desk',
    enabled: true,
    settings: {
      client_id: slug,
      redirect_uris: [callback],
      post_logout_redirect_uris: [signedOut],
      backchannel_logout_uri: backChannelLogout,
      scope: 'openid profile email',
    },
  });
  const { client_secret: clientSecret } = secrets as { client_secret: string };
  const site = await startHelpDesk({
    port,
    host: '127.0.0.1',
    issuer: `${broker.origin}/oidc`,
    clientId: slug,
    clientSecret,
    log: createLogger('help desk', 'silent'),
  });
  return { url: site.url, close: () => site.close() };
}

export const PASSWORD = 'quiet river 91 lantern';

/** Somebody with a password of the broker's own. */
export async function agent(broker: Reachable, username: string, name: string): Promise<string> {
  const account = await broker.api('POST', '/v1/accounts', {
    audience: 'agents',
    username,
    name,
    emails: [{ value: `${username}@acme.test`, verified: true }],
    password: PASSWORD,
  });
  return String(account['id']);
}

/** The claims of an ID token, after every check an application makes. */
export async function claimsOf(
  broker: Pick<Reachable, 'origin'>,
  idToken: unknown,
  audience: string,
): Promise<JWTPayload> {
  const keys = createRemoteJWKSet(new URL(`${broker.origin}/oidc/jwks`));
  const { payload } = await jwtVerify(String(idToken), keys, {
    issuer: `${broker.origin}/oidc`,
    audience,
    algorithms: ['ES256'],
  });
  return payload;
}
