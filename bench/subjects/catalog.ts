import { randomBytes } from 'node:crypto';

import type { Application } from '#bench/driver/applications';
import type { Broker, Upstreams } from '#bench/subjects/subject';

/** Sets the broker up as an operator would: over the admin API. */
export async function setUp(
  admin: string,
  token: string,
  applications: Iterable<Application>,
  upstreams?: Upstreams,
): Promise<Broker> {
  const create = async (path: string, body: object): Promise<void> => {
    const answer = await fetch(new URL(path, admin), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  };

  const siteKey = 'acme';
  const apiKey = randomBytes(20).toString('hex');
  const remoteLogin = new URL('http://127.0.0.1:4901/login');
  await create('/v1/usersources', {
    slug: 'intranet',
    type: 'multipass',
    brand: 'default',
    audience: 'users',
    label: 'Acme intranet',
    enabled: true,
    sso: 'automatic',
    display: 'button',
    order: 20,
    jit: { create: 'on' },
    linking: { mode: 'prove', authoritativeDomains: [] },
    settings: { siteKey, apiKey, remoteLoginUrl: remoteLogin.href, returnUrls: [] },
  });
  const federated = { brand: 'default', audience: 'users', enabled: true, jit: { create: 'on' } };
  if (upstreams) {
    const { oidc, saml } = upstreams;
    await create('/v1/usersources', {
      ...{ ...federated, slug: 'oidc', type: 'oidc', label: 'Upstream', order: 30 },
      settings: { issuer: oidc.issuer, clientId: oidc.clientId, clientSecret: oidc.clientSecret },
    });
    await create('/v1/usersources', {
      ...{ ...federated, slug: 'saml', type: 'saml', label: 'Identity provider', order: 40 },
      settings: { metadata: saml.metadata },
    });
  }
  const sendTo = async (slug: string): Promise<void> => {
    const url = new URL(`/v1/usersources/${slug}`, admin);
    const authorization = `Bearer ${token}`;
    const etag = (await fetch(url, { headers: { authorization } })).headers.get('etag') ?? '';
    const answer = await fetch(url, {
      method: 'PATCH',
      headers: { authorization, 'content-type': 'application/merge-patch+json', 'if-match': etag },
      body: JSON.stringify({ sso: 'automatic', swap: true }),
    });
    if (answer.status !== 200) throw new Error(`${url.pathname} answered ${answer.status}: ${await answer.text()}`);
    // News of it reach the gateway in well under this.
    await new Promise((resolve) => setTimeout(resolve, 500));
  };
  const agent = { name: 'bench.agent@acme.test', password: randomBytes(18).toString('base64url') };
  const addAgent = (name: string, password: string): Promise<void> =>
    create('/v1/accounts', {
      audience: 'agents',
      name: 'Bench Agent',
      emails: [{ value: name, verified: true }],
      password,
    });
  await addAgent(agent.name, agent.password);
  for (const { name, audienceOfPeople, metadata, audience, accessTokenFormat } of applications) {
    await create('/v1/applications', {
      slug: name,
      protocol: 'oidc',
      brand: 'default',
      audience: audienceOfPeople,
      name,
      enabled: true,
      settings: {
        ...metadata,
        access_token_format: accessTokenFormat,
        ...(audience === undefined ? {} : { audience }),
      },
    });
  }
  return {
    remoteLogin,
    callback: '/customer/authentication/multipass/callback',
    siteKey,
    apiKey,
    agent,
    sendTo,
    addAgent,
  };
}
