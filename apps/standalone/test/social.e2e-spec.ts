import { startHostileOp, startSocialProvider, type HostileOp, type SocialProvider } from '@passbroker/testing';
import { startBroker, type Broker } from './world/broker.js';
import { configure } from './world/people.js';

const SECRET = 'a client secret of more than 32 bytes';
const TENANT = '11111111-2222-3333-4444-555555555555';

/** Each icon against a stand-in that answers as the provider's documents say. */
describe('icons of public providers', () => {
  let broker: Broker;
  let ops: Record<'google' | 'microsoft' | 'linkedin', HostileOp>;
  let social: SocialProvider;

  beforeAll(async () => {
    broker = await startBroker({ gateways: 1, minters: 1 });
    ops = {
      google: await startHostileOp({ path: '/accounts.google.com' }),
      microsoft: await startHostileOp({ path: '/login.microsoftonline.com/common/v2.0' }),
      linkedin: await startHostileOp({ path: '/www.linkedin.com/oauth' }),
    };
    social = await startSocialProvider();
    social.clientSecret = SECRET;
    social.answers = new Map<string, unknown>([
      ['/api.github.com/user', { id: 1, login: 'jane', name: 'Jane of github' }],
      ['/api.github.com/user/emails', [{ email: 'github@acme.test', primary: true, verified: true }]],
      ['/graph.facebook.com/v23.0/me', { id: '2', name: 'Jane of facebook', email: 'facebook@acme.test' }],
      [
        '/api.x.com/2/users/me',
        { data: { id: '3', username: 'jane', name: 'Jane of twitter', confirmed_email: 'x@acme.test' } },
      ],
    ]);
    const issuer = ops.microsoft.issuer.replace('common', '{tenantid}');
    ops.microsoft.script = {
      discovery: ({ authorization_response_iss_parameter_supported: _, ...all }) => ({ ...all, issuer }),
      response: (parameters) => parameters.delete('iss'),
      claims: (all) => ({ ...all, iss: issuer.replace('{tenantid}', TENANT), tid: TENANT, oid: TENANT }),
    };
    await configure(broker, { sso: 'none' });
    for (const [type, op] of Object.entries(ops)) {
      op.person = { sub: `sub-${type}`, name: `Jane of ${type}`, email: `${type}@acme.test` };
      await add(type, new URL(op.issuer).origin);
    }
    for (const type of ['github', 'facebook', 'twitter']) await add(type, social.origin);
  }, 90_000);
  afterAll(async () => {
    await Promise.all(Object.values(ops ?? {}).map((op) => op.close()));
    await social?.close();
    await broker?.close();
  });

  const add = (type: string, standIn: string) =>
    broker.api('POST', '/v1/usersources', {
      ...{ slug: type, type, brand: 'default', audience: 'users', label: `By ${type}`, enabled: true, order: 5 },
      ...{ sso: 'none', display: 'icon', jit: { create: 'on' }, linking: { mode: 'prove', authoritativeDomains: [] } },
      settings: { clientId: 'broker', clientSecret: SECRET, standIn },
    });

  it.each(['google', 'microsoft', 'linkedin', 'github', 'facebook', 'twitter'])(
    'signs somebody in by the icon of %s, which has its mark and its name',
    async (type) => {
      const browser = broker.browser();
      const page = await browser.visit('/login');
      const icon = new RegExp(
        `<a class="icon" href="(/sso/start/${type}[^"]*)" aria-label="[^"]*By ${type}"[^>]*><svg`,
      );
      const href = icon.exec(page.body)?.[1]?.replaceAll('&amp;', '&');
      expect(href).toBeDefined();
      const last = await browser.visit(`${broker.origin}${href ?? ''}`);
      expect(`${last.status} ${last.text}`).toContain(`Jane of ${type}`);
    },
    30_000,
  );

  it('hears that somebody would rather not', async () => {
    social.error = 'access_denied';
    const page = await broker.browser().visit('/sso/start/github');
    social.error = undefined;
    expect(page.status).toBeLessThan(500);
    expect(page.text).not.toContain('Jane');
  });
});
