import { createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

import type { BenchClient } from '#bench/baseline/settings';

export const REDIRECT = 'http://127.0.0.1:4900/cb';
const API = 'https://api.acme.test/';

export type ApplicationName =
  | 'web-es256'
  | 'web-rs256'
  | 'web-post'
  | 'web-public'
  | 'desk'
  | 'service'
  | 'service-jwt'
  | 'service-jwt-rs256'
  | 'service-assertion';

/** An application as both sides know it, with what it proves itself by. */
export interface Application extends BenchClient {
  name: ApplicationName;
  audienceOfPeople: 'users' | 'agents';
  secret: string;
  key?: KeyObject;
}

const web = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code' as const],
  redirect_uris: [REDIRECT],
  scope: 'openid profile email',
};
const service = { grant_types: ['client_credentials'], response_types: [], redirect_uris: [], scope: 'profile email' };

export function makeApplications(): Map<ApplicationName, Application> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'ES256', use: 'sig' };
  const all: Application[] = [
    application('web-es256', web),
    application('web-rs256', { ...web, id_token_signed_response_alg: 'RS256' }),
    application('web-post', { ...web, token_endpoint_auth_method: 'client_secret_post' }),
    application('web-public', { ...web, token_endpoint_auth_method: 'none' }),
    { ...application('desk', web), audienceOfPeople: 'agents' },
    application('service', service),
    { ...application('service-jwt', service), audience: API, accessTokenFormat: 'jwt' },
    {
      ...application('service-jwt-rs256', { ...service, id_token_signed_response_alg: 'RS256' }),
      audience: API,
      accessTokenFormat: 'jwt',
    },
    {
      ...application('service-assertion', {
        ...service,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [jwk] },
      }),
      key: createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' })),
    },
  ];
  return new Map(all.map((one) => [one.name, one]));
}

function application(name: ApplicationName, metadata: object): Application {
  const secret = randomBytes(32).toString('base64url');
  const own = {
    token_endpoint_auth_method: 'client_secret_basic' as const,
    id_token_signed_response_alg: 'ES256' as const,
    ...metadata,
    client_id: name,
  };
  const keepsSecret = /^client_secret/.test(own.token_endpoint_auth_method);
  return {
    name,
    audienceOfPeople: 'users',
    secret,
    accessTokenFormat: 'opaque',
    metadata: { ...own, ...(keepsSecret ? { client_secret: secret } : {}) },
  };
}

export interface TokenRequest {
  headers: Record<string, string>;
  body: string;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };

/** A form for the token endpoint or one like it, with the application's proof in the way it is registered. */
export function asApplication(app: Application, issuer: string, form: Record<string, string>): TokenRequest {
  const fields = new URLSearchParams(form);
  switch (app.metadata.token_endpoint_auth_method) {
    case 'none':
      fields.set('client_id', app.name);
      return { headers: FORM, body: fields.toString() };
    case 'client_secret_post':
      fields.set('client_id', app.name);
      fields.set('client_secret', app.secret);
      return { headers: FORM, body: fields.toString() };
    case 'private_key_jwt':
      fields.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      fields.set('client_assertion', assertion(app, issuer));
      return { headers: FORM, body: fields.toString() };
    default: {
      const basic = Buffer.from(`${app.name}:${app.secret}`).toString('base64');
      return { headers: { ...FORM, authorization: `Basic ${basic}` }, body: fields.toString() };
    }
  }
}

function assertion(app: Application, issuer: string): string {
  if (!app.key) throw new Error(`${app.name} has no key`);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const head = part({ alg: 'ES256', kid: 'bench' });
  const jti = randomBytes(16).toString('base64url');
  const body = part({ iss: app.name, sub: app.name, aud: issuer, iat: now, exp: now + 60, jti });
  const signature = sign('sha256', Buffer.from(`${head}.${body}`), { key: app.key, dsaEncoding: 'ieee-p1363' });
  return `${head}.${body}.${signature.toString('base64url')}`;
}
