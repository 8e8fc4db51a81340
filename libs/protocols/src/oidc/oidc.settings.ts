import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { MFA_ACR_NAMES } from '@passbroker/model';
import type { ProtocolSettings } from '../protocol.js';
import { uriProblem } from './registered-uri.js';

/** Scopes an application may ask for; a client may be held to fewer by its own `scope`. */
export const SCOPES = ['openid', 'profile', 'email', 'groups', 'attributes', 'offline_access'] as const;

export const CLIENT_ID = /^[\x21-\x7e]{1,128}$/;

const plainUri = z
  .string()
  .max(2_048)
  .superRefine((value, context) => {
    const problem = uriProblem(value, 'plain');
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

/** A key an application signs with: only the public half may ever come here. */
const publicJwk = z
  .looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']), n: z.string().optional() })
  .superRefine((jwk, context) => {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']) {
      if (member in jwk)
        context.addIssue({ code: 'custom', message: `private member ${member}: send the public key only` });
    }
    if (jwk.kty === 'RSA' && Buffer.from(jwk.n ?? '', 'base64url').length < 256) {
      context.addIssue({ code: 'custom', message: 'RSA keys must have at least 2048 bits' });
    }
  });

const scope = z.string().superRefine((value, context) => {
  const known: readonly string[] = SCOPES;
  for (const name of value.split(' ')) {
    if (!known.includes(name)) context.addIssue({ code: 'custom', message: `unknown scope ${name}` });
  }
});

/** RFC 7591 client metadata, as far as they mean something here, and a few of our own at the end. */
export const oidcSettings = z
  .strictObject({
    /** The slug of the application, which is what applications are found by. */
    client_id: z.string().regex(CLIENT_ID),
    client_name: z.string().max(200).optional(),
    client_secret: z.string().min(24).max(512).optional(),
    application_type: z.enum(['web', 'native']).default('web'),
    redirect_uris: z.array(z.string().max(2_048)).max(50).default([]),
    post_logout_redirect_uris: z.array(z.string().max(2_048)).max(50).default([]),
    token_endpoint_auth_method: z
      .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'])
      .default('client_secret_basic'),
    token_endpoint_auth_signing_alg: z.enum(['ES256', 'RS256', 'PS256']).optional(),
    grant_types: z
      .array(z.enum(['authorization_code', 'refresh_token', 'client_credentials']))
      .min(1)
      .default(['authorization_code']),
    response_types: z.array(z.literal('code')).optional(),
    scope: scope.optional(),
    id_token_signed_response_alg: z.enum(['ES256', 'RS256']).default('ES256'),
    subject_type: z.enum(['public', 'pairwise']).default('public'),
    /** What every sign-in of this application takes: a second factor, by one of its names. */
    default_acr_values: z.array(z.enum(MFA_ACR_NAMES)).min(1).max(1).optional(),
    default_max_age: z.number().int().min(0).optional(),
    require_auth_time: z.boolean().optional(),
    initiate_login_uri: plainUri.optional(),
    jwks: z.strictObject({ keys: z.array(publicJwk).min(1).max(20) }).optional(),
    jwks_uri: plainUri.optional(),
    backchannel_logout_uri: plainUri.optional(),
    backchannel_logout_session_required: z.boolean().default(true),
    dpop_bound_access_tokens: z.boolean().default(false),
    require_pushed_authorization_requests: z.boolean().default(false),
    /** PKCE can be waived for an application that cannot be taught it, if it has a secret of its own. */
    require_pkce: z.boolean().default(true),
    /** Whom access tokens are for (RFC 8707); also lets this application introspect tokens for that audience. */
    audience: z.url().max(512).optional(),
    access_token_format: z.enum(['opaque', 'jwt']).default('opaque'),
  })
  .superRefine((settings, context) => {
    const problem = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    for (const name of ['redirect_uris', 'post_logout_redirect_uris'] as const) {
      settings[name].forEach((uri, index) => {
        const found = uriProblem(uri, 'redirect', settings.application_type === 'native');
        if (found !== undefined) problem([name, index], found);
      });
    }
    const { token_endpoint_auth_method: method, grant_types: grants } = settings;
    if (grants.includes('authorization_code') && settings.redirect_uris.length === 0) {
      problem(['redirect_uris'], 'at least one is needed for authorization_code');
    }
    if (grants.includes('refresh_token') && !grants.includes('authorization_code')) {
      problem(['grant_types'], 'refresh_token needs authorization_code');
    }
    if (method === 'none') {
      if (grants.includes('client_credentials'))
        problem(['grant_types'], 'a public client has no credentials of its own');
      if (!settings.require_pkce) problem(['require_pkce'], 'PKCE can be waived only for a confidential application');
      if (settings.client_secret !== undefined) problem(['client_secret'], 'a public client has no secret');
    }
    if (method === 'private_key_jwt' && (settings.jwks === undefined) === (settings.jwks_uri === undefined)) {
      problem(['jwks'], 'private_key_jwt needs either jwks or jwks_uri');
    }
    if (settings.access_token_format === 'jwt' && settings.audience === undefined) {
      problem(['audience'], 'JWT access tokens must be meant for somebody');
    }
    if (settings.subject_type === 'pairwise') {
      const hosts = new Set(settings.redirect_uris.filter((uri) => URL.canParse(uri)).map((uri) => new URL(uri).host));
      if (hosts.size > 1) problem(['redirect_uris'], 'pairwise subjects need one host for all redirect URIs');
    }
  });
export type OidcSettings = z.infer<typeof oidcSettings>;

const usesSecret = (settings: Record<string, unknown>): boolean => {
  const method = settings['token_endpoint_auth_method'];
  return method === undefined || method === 'client_secret_basic' || method === 'client_secret_post';
};

export const oidcProtocolSettings: ProtocolSettings = {
  protocol: 'oidc',
  schema: oidcSettings,
  secrets: ['client_secret'],
  generate: (settings): Record<string, string> => {
    if (!usesSecret(settings) || settings['client_secret'] !== undefined) return {};
    return { client_secret: randomBytes(32).toString('base64url') };
  },
  warnings: (settings) => {
    const warnings: string[] = [];
    if (settings['require_pkce'] === false)
      warnings.push('PKCE is waived: a stolen code can be injected into another session');
    if (settings['id_token_signed_response_alg'] === 'RS256')
      warnings.push('RS256 signatures cost about ten times ES256');
    return warnings;
  },
};
