import { z } from 'zod';
import { isLoopback, webAddress } from '../addresses/web-address.js';
import type { UsersourceSettings } from '../usersource.js';
import { isPublicIssuer } from './public-issuers.js';

export const OIDC_PRESETS = ['generic', 'google', 'entra-id', 'okta', 'auth0', 'keycloak', 'gitlab', 'apple'] as const;
export type OidcPreset = (typeof OIDC_PRESETS)[number];

const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA'],
  ...['HS256', 'HS384', 'HS512'],
] as const;

/** Ours to say: an admin's extra parameter must not undo a check. */
const RESERVED = new Set([
  ...['client_id', 'client_secret', 'response_type', 'response_mode', 'redirect_uri', 'scope', 'state', 'nonce'],
  ...['code_challenge', 'code_challenge_method', 'request', 'request_uri', 'prompt', 'max_age', 'login_hint'],
  ...['acr_values', 'ui_locales', 'id_token_hint', 'claims', 'registration'],
]);

const text = z.string().min(1).max(512);
const claimName = z.string().min(1).max(128);
const hostName = z
  .string()
  .max(255)
  .regex(/^[a-z0-9.-]+(:\d{1,5})?$/, 'must be a host name in lower case, with a port if need be');
const guid = z
  .string()
  .regex(
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    'must be a tenant id, like 72f988bf-86f1-41af-91ab-2d7cd011db47',
  );
/** Compared byte for byte with what upstream calls itself. */
const issuer = webAddress.refine((address) => !/[?#]/.test(address), 'must have no query and no fragment');

const shape = z.strictObject({
  preset: z.enum(OIDC_PRESETS).default('generic'),
  issuer: issuer.optional(),
  /** Entra ID: whose people may come. */
  tenants: z.array(guid).min(1).max(50).optional(),
  /** Entra ID of a national cloud. */
  authority: issuer.optional(),
  clientId: text,
  clientSecret: z.string().min(1).max(1_024).optional(),
  privateKey: z
    .string()
    .max(16_384)
    .regex(/^\s*-----BEGIN (EC |RSA )?PRIVATE KEY-----/, 'must be a private key in PEM')
    .optional(),
  privateKeyId: text.optional(),
  /** Apple: the developer team. */
  teamId: text.optional(),
  clientAuthentication: z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt']).optional(),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/))
    .max(50)
    .optional(),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).optional(),
  endpointHosts: z.array(hostName).max(20).default([]),
  acrValues: z.array(text).min(1).max(20).optional(),
  /** Google: the Workspace domain whose people may come. */
  hostedDomain: text.optional(),
  parameters: z
    .record(z.string().regex(/^[\w.-]{1,64}$/), z.string().max(512))
    .refine((all) => !Object.keys(all).some((name) => RESERVED.has(name)), 'names a parameter that is ours')
    .default({}),
  par: z.boolean().default(true),
  userinfo: z.boolean().optional(),
  freshness: z.enum(['proven', 'asked']).optional(),
  frontChannelLogout: z.boolean().optional(),
  trustEmails: z.boolean().default(false),
  claims: z
    .strictObject({ email: claimName, name: claimName, username: claimName, groups: claimName })
    .partial()
    .default({}),
});

type Shape = z.infer<typeof shape>;
type Rule = [path: keyof Shape, holds: (settings: Shape) => boolean, message: string];

const ISSUED: ReadonlySet<OidcPreset> = new Set(['generic', 'okta', 'auth0', 'keycloak']);
const isSymmetric = (algorithm: string): boolean => algorithm.startsWith('HS');

const RULES: Rule[] = [
  ['issuer', (its) => !ISSUED.has(its.preset) || its.issuer !== undefined, 'is needed: the provider’s own name'],
  [
    'issuer',
    // What Google, Apple and Entra ID are called is known; another name is for a stand-in on this machine.
    (its) => its.issuer === undefined || ISSUED.has(its.preset) || its.preset === 'gitlab' || isLoopback(its.issuer),
    'is set by the preset',
  ],
  [
    'tenants',
    (its) => (its.preset === 'entra-id') === (its.tenants !== undefined),
    'goes with entra-id, which needs it',
  ],
  ['authority', (its) => its.authority === undefined || its.preset === 'entra-id', 'goes with entra-id'],
  ['hostedDomain', (its) => its.hostedDomain === undefined || its.preset === 'google', 'goes with google'],
  ['teamId', (its) => (its.preset === 'apple') === (its.teamId !== undefined), 'goes with apple, which needs it'],
  [
    'privateKey',
    (its) => its.preset !== 'apple' || (its.privateKey !== undefined && its.privateKeyId !== undefined),
    'is needed for apple, with privateKeyId',
  ],
  [
    'clientSecret',
    (its) => (its.clientSecret === undefined) !== (its.privateKey === undefined),
    'or privateKey: one of the two',
  ],
  [
    'clientAuthentication',
    (its) =>
      its.clientAuthentication === undefined ||
      (its.clientAuthentication === 'private_key_jwt') === (its.privateKey !== undefined),
    'does not fit the credentials',
  ],
  ['scopes', (its) => its.scopes === undefined || its.scopes.includes('openid'), 'must have openid'],
  [
    'algorithms',
    // With both kinds, a public key could be taken for the secret (RFC 8725 section 2.1).
    (its) => !its.algorithms?.some(isSymmetric) || its.algorithms.every(isSymmetric),
    'must not have HS… beside others',
  ],
  [
    'algorithms',
    (its) => !its.algorithms?.some(isSymmetric) || !isShort(its.clientSecret),
    'with HS… need a clientSecret of 32 bytes or more',
  ],
];

const isShort = (secret: string | undefined): boolean => secret === undefined || Buffer.byteLength(secret) < 32;

const schema = shape.superRefine((settings, context) => {
  for (const [path, holds, message] of RULES) {
    if (!holds(settings)) context.addIssue({ code: 'custom', path: [path], message });
  }
});
export type OidcSettings = z.infer<typeof schema>;

export const oidcSettings: UsersourceSettings<OidcSettings> = {
  type: 'oidc',
  schema,
  secrets: ['clientSecret', 'privateKey'],
  sendsSecretsTo: ['preset', 'issuer', 'authority', 'endpointHosts'],
  isPublic: isPublicIssuer,
  warnings: (settings) => [
    ...(settings['trustEmails'] === true
      ? ['Every address this provider names counts as verified: whoever can write one there can claim it here.']
      : []),
    ...(Array.isArray(settings['algorithms']) && settings['algorithms'].some((one) => String(one).startsWith('HS'))
      ? ['ID tokens are signed with the client secret: whoever reads it can sign in as anybody.']
      : []),
  ],
};
