import { createHash, randomBytes } from 'node:crypto';
import { writeMultipass } from '@passbroker/multipass';
import type { Browser, Page } from '@passbroker/testing';
import type { Broker } from './broker.js';

export const SITE_KEY = 'acme';
export const API_KEY = 'canary-api-key-0123456789abcdef01234567';
export const CALLBACK = '/customer/authentication/multipass/callback';
export const REDIRECT = 'http://localhost:4999/cb';

/** A Multipass login in, an OpenID Connect pass out: what most walks need. */
export async function configure(
  broker: Broker,
  options: { remoteLoginUrl?: string; application?: Record<string, unknown>; sso?: string } = {},
): Promise<{ usersource: string; application: string; clientSecret: string }> {
  const usersource = await broker.api('POST', '/v1/usersources', {
    slug: 'intranet',
    type: 'multipass',
    brand: 'default',
    audience: 'users',
    label: 'Acme intranet',
    enabled: true,
    sso: options.sso ?? 'automatic',
    display: 'button',
    order: 20,
    jit: { create: 'on' },
    linking: { mode: 'prove', authoritativeDomains: ['acme.test'] },
    settings: {
      siteKey: SITE_KEY,
      apiKey: API_KEY,
      remoteLoginUrl: options.remoteLoginUrl ?? 'http://localhost:4998/login',
      returnUrls: ['https://help.acme.test/*'],
    },
  });
  const application = await broker.api('POST', '/v1/applications', {
    slug: 'helpdesk',
    protocol: 'oidc',
    brand: 'default',
    audience: 'users',
    name: 'Help desk',
    enabled: true,
    settings: {
      client_id: 'helpdesk',
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'openid profile email offline_access',
      token_endpoint_auth_method: 'client_secret_basic',
      ...options.application,
    },
  });
  const secrets = application['secrets'] as { client_secret: string };
  return {
    usersource: String(usersource['id']),
    application: String(application['id']),
    clientSecret: secrets.client_secret,
  };
}

/** The query a login page handler would send somebody back with. */
export const multipassOf = (uid: string, more: { to?: string; name?: string; email?: string } = {}): string =>
  writeMultipass(
    'desk',
    {
      uid,
      email: more.email ?? `${uid}@acme.test`,
      name: more.name ?? `Person ${uid}`,
      ...(more.to ? { to: more.to } : {}),
    },
    { siteKey: SITE_KEY, apiKey: API_KEY },
    new Date(),
  );

export interface Question {
  url: string;
  verifier: string;
}

export function question(broker: Broker, extra: Record<string, string> = {}): Question {
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    client_id: 'helpdesk',
    response_type: 'code',
    scope: 'openid profile email offline_access',
    prompt: '',
    redirect_uri: REDIRECT,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: randomBytes(9).toString('base64url'),
    nonce: randomBytes(9).toString('base64url'),
    ...extra,
  });
  if (query.get('prompt') === '') query.delete('prompt');
  return { url: `${broker.origin}/oidc/auth?${query.toString()}`, verifier };
}

const isCallback = (url: URL): boolean => url.href.startsWith(REDIRECT);
const isElsewhere = (url: URL): boolean => url.port === '4998';

/** From the application's question through the intranet to the application's address. */
export async function signIn(broker: Broker, browser: Browser, uid: string): Promise<{ answer: URL; asked: Question }> {
  const asked = question(broker);
  let page: Page = await browser.visit(asked.url, { until: (url) => isCallback(url) || isElsewhere(url) });
  if (page.location && isElsewhere(page.location)) {
    page = await browser.visit(`${broker.origin}${CALLBACK}?${multipassOf(uid)}`, { until: isCallback });
  }
  if (!page.location) throw new Error(`no answer at the application: ${page.status} ${page.text}`);
  return { answer: page.location, asked };
}

export async function token(
  broker: Broker,
  clientSecret: string,
  form: Record<string, string>,
  replica?: number,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${broker.origin}/oidc/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`helpdesk:${clientSecret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      ...(replica === undefined ? {} : { 'x-test-replica': String(replica) }),
    },
    body: new URLSearchParams(form).toString(),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

export const redeem = (broker: Broker, clientSecret: string, answer: URL, asked: Question) =>
  token(broker, clientSecret, {
    grant_type: 'authorization_code',
    code: answer.searchParams.get('code') ?? '',
    redirect_uri: REDIRECT,
    code_verifier: asked.verifier,
  });
