import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { listen } from '@passbroker/platform';
import { CORP, startHostileOp, startOpenLdap, startSocialProvider } from '@passbroker/testing';
import { makePair } from '../../../../libs/saml/test/certificate.js';
import { startSimpleSamlPhp } from '../../../../libs/testing/src/peers/simplesamlphp/simplesamlphp.js';
import type { Broker } from './broker.js';
import { settingsOf, startCompany } from './company.js';

/** What she types at OneLogin. */
export const OLGA = { username: 'olga', password: 'olga at OneLogin' };
const OLGA_AT_ONELOGIN = {
  ...{ uid: ['olga'], 'User.id': ['80251'], 'User.Username': ['olga'] },
  ...{ 'User.email': ['olga@acme.test'], 'User.DisplayName': ['Olga OneLogin'] },
};
const SECRET = 'a client secret of more than 32 bytes';
const TENANT = '11111111-2222-3333-4444-555555555555';

/** What people choose on the page, and who they then are. */
export interface WayIn {
  label: string;
  name: string;
}

export interface ExamplePortal {
  buttons: readonly WayIn[];
  icons: readonly WayIn[];
  close(): Promise<void>;
}

/**
 * The portal of "Multiple usersources": one page with a form (accounts of the broker, and a directory's), the buttons
 * OneLogin (SAML), the company's intranet (Multipass) and a partner's JWT, and the icons. Behind each is an upstream;
 * the public providers' stand-ins answer as their documents say.
 */
export async function examplePortal(broker: Broker): Promise<ExamplePortal> {
  const closing: (() => Promise<void>)[] = [];
  const add = (order: number, record: Record<string, unknown>) =>
    broker.api('POST', '/v1/usersources', {
      ...{ brand: 'default', audience: 'users', enabled: true, sso: 'none', order, jit: { create: 'on' } },
      ...{ linking: { mode: 'prove', authoritativeDomains: [] }, ...record },
    });

  const corp = await startOpenLdap();
  closing.push(() => corp.stop());
  await add(20, {
    ...{ slug: 'corp', type: 'ldap', label: 'Corp', display: 'form' },
    settings: {
      ...{ servers: [corp.url], ca: corp.tls.ca, baseDn: CORP.peopleDn, groupBaseDn: CORP.groupsDn },
      ...{ bindDn: CORP.service.dn, bindPassword: CORP.service.password, lockoutThreshold: CORP.lockoutThreshold },
    },
  });

  // OneLogin itself is on the internet: a real identity provider that sends what OneLogin is told to send.
  const oneLogin = await startSimpleSamlPhp({ users: { [OLGA.username]: { ...OLGA, attributes: OLGA_AT_ONELOGIN } } });
  closing.push(() => oneLogin.stop());
  const ours = makePair({ name: 'service provider' });
  await add(30, {
    ...{ slug: 'onelogin', type: 'saml', label: 'OneLogin', display: 'button' },
    settings: {
      ...{ preset: 'onelogin', metadataUrl: oneLogin.metadataUrl, subjectAttribute: 'User.id' },
      nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      ...{ spKey: ours.key, spCertificate: ours.certificate },
    },
  });
  await oneLogin.trust(await metadataOf(broker, 'onelogin'));

  const intranet = await startCompany('intranet');
  closing.push(() => intranet.close());
  intranet.person = { uid: 'i-1', email: 'ines@acme.test', name: 'Inés Intranet' };
  await add(40, {
    ...{ slug: 'intranet', type: 'multipass', label: 'the company intranet', display: 'button' },
    settings: settingsOf(intranet, `${broker.origin}/sso/intranet/multipass`),
  });

  const partner = await startTokenSite({ sub: 'p-1', email: 'jo@partner.test', name: 'Jo JWT' });
  closing.push(() => partner.close());
  await add(50, {
    ...{ slug: 'partner', type: 'jwt', label: 'the partner site', display: 'button' },
    settings: { remoteLoginUrl: `${partner.origin}/login`, secret: SECRET },
  });

  const icons = await publicProviders(closing);
  for (const [at, { type, label, standIn }] of icons.entries()) {
    await add(60 + at, {
      ...{ slug: type, type, label, display: 'icon' },
      settings: { clientId: 'broker', clientSecret: SECRET, standIn },
    });
  }

  return {
    buttons: [
      { label: 'OneLogin', name: 'Olga OneLogin' },
      { label: 'the company intranet', name: 'Inés Intranet' },
      { label: 'the partner site', name: 'Jo JWT' },
    ],
    icons: icons.map(({ type, label }) => ({ label, name: nameAt(type) })),
    close: async () => void (await Promise.all(closing.map((close) => close()))),
  };
}

/** As soon as a gateway has heard of it. */
async function metadataOf(broker: Broker, slug: string): Promise<string> {
  for (const deadline = Date.now() + 5_000; ;) {
    const { status, body } = await broker.browser().get(`/sso/${slug}/metadata`);
    if (status === 200) return body;
    if (Date.now() > deadline) throw new Error(`no metadata of ${slug}: ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const nameAt = (type: string): string => `Iris of ${type}`;

async function publicProviders(closing: (() => Promise<void>)[]) {
  const google = await startHostileOp({ path: '/accounts.google.com' });
  const microsoft = await startHostileOp({ path: '/login.microsoftonline.com/common/v2.0' });
  const linkedin = await startHostileOp({ path: '/www.linkedin.com/oauth' });
  const social = await startSocialProvider();
  for (const stand of [google, microsoft, linkedin, social]) closing.push(() => stand.close());

  for (const [type, op] of Object.entries({ google, microsoft, linkedin })) {
    op.person = { sub: `sub-${type}`, name: nameAt(type), email: `${type}@mail.test`, email_verified: true };
  }
  // Each account is of a tenant, and each tenant is an issuer.
  const issuer = microsoft.issuer.replace('common', '{tenantid}');
  microsoft.script = {
    discovery: ({ authorization_response_iss_parameter_supported: _, ...all }) => ({ ...all, issuer }),
    response: (parameters) => parameters.delete('iss'),
    claims: (all) => ({ ...all, iss: issuer.replace('{tenantid}', TENANT), tid: TENANT, oid: TENANT }),
  };
  social.clientSecret = SECRET;
  social.answers = new Map<string, unknown>([
    ['/api.github.com/user', { id: 583231, login: 'iris', name: nameAt('github') }],
    ['/api.github.com/user/emails', [{ email: 'github@mail.test', primary: true, verified: true }]],
    [
      '/graph.facebook.com/v23.0/me',
      { id: '10158912345678901', name: nameAt('facebook'), email: 'facebook@mail.test' },
    ],
    [
      '/api.x.com/2/users/me',
      { data: { id: '2244994945', username: 'iris', name: nameAt('twitter'), confirmed_email: 'x@mail.test' } },
    ],
  ]);
  const originOf = ({ issuer: at }: { issuer: string }): string => new URL(at).origin;
  return [
    { type: 'google', label: 'Google', standIn: originOf(google) },
    { type: 'facebook', label: 'Facebook', standIn: social.origin },
    { type: 'twitter', label: 'X', standIn: social.origin },
    { type: 'github', label: 'GitHub', standIn: social.origin },
    { type: 'linkedin', label: 'LinkedIn', standIn: originOf(linkedin) },
    { type: 'microsoft', label: 'Microsoft', standIn: originOf(microsoft) },
  ];
}

/** A site that signs somebody in and sends them back with a token, written as its owner would: from RFC 7515, by hand. */
async function startTokenSite(person: { sub: string; email: string; name: string }) {
  const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://partner.test');
    const back = new URL(searchParams.get('return') ?? 'http://localhost/');
    const now = Math.floor(Date.now() / 1_000);
    const claims = { ...person, iat: now, exp: now + 60, jti: randomUUID() };
    const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`;
    back.searchParams.set('jwt', `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`);
    response.writeHead(302, { location: back.href }).end();
  });
  const port = await listen(server, 0, '127.0.0.1');
  return {
    origin: `http://localhost:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
