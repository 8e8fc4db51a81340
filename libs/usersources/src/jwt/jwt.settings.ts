import { z } from 'zod';
import { isPattern } from '../addresses/return-url.js';
import { webAddress } from '../addresses/web-address.js';
import type { UsersourceSettings } from '../usersource.js';

export const JWT_PRESETS = ['generic', 'zendesk', 'deskpro', 'desk-agent'] as const;
export type JwtPreset = (typeof JWT_PRESETS)[number];

const SYMMETRIC = ['HS256', 'HS384', 'HS512'] as const;
const ASYMMETRIC = ['RS256', 'PS256', 'ES256', 'Ed25519'] as const;
export const isSymmetric = (algorithm: string): boolean => algorithm.startsWith('HS');

/** RFC 7518 section 3.2: at least as long as the hash. Shorter ones are guessed offline from one token. */
const MIN_SECRET_CHARS = 32;

const text = z.string().min(1).max(512);
const claimName = z.string().min(1).max(128);

const shape = z.strictObject({
  preset: z.enum(JWT_PRESETS).default('generic'),
  remoteLoginUrl: webAddress,
  remoteLogoutUrl: webAddress.optional(),
  algorithm: z.enum([...SYMMETRIC, ...ASYMMETRIC]).default('HS256'),
  secret: z.string().min(MIN_SECRET_CHARS, 'must have at least 32 characters').max(1_024).optional(),
  publicKey: z
    .string()
    .max(16_384)
    .regex(/^\s*-----BEGIN PUBLIC KEY-----/, 'must be a public key in PEM')
    .optional(),
  jwksUrl: webAddress.optional(),
  issuer: text.optional(),
  audience: text.optional(),
  maxLifetimeSec: z.int().min(30).max(3_600).default(180),
  unsolicited: z.boolean().default(false),
  state: z.enum(['required', 'when_present']).default('required'),
  returnUrls: z
    .array(z.string().max(2048).refine(isPattern, 'must be like https://help.example.com/* (no * in the host)'))
    .max(50)
    .default([]),
  claims: z
    .strictObject({ subject: claimName, email: claimName, name: claimName, username: claimName, groups: claimName })
    .partial()
    .default({}),
});

type Shape = z.infer<typeof shape>;

const RULES: [path: keyof Shape, holds: (settings: Shape) => boolean, message: string][] = [
  ['secret', (its) => isSymmetric(its.algorithm) === (its.secret !== undefined), 'goes with HS…, which need it'],
  [
    'secret',
    // Whatever is public must not be what signs (RFC 8725 section 2.1).
    (its) => its.secret?.includes('-----BEGIN') !== true,
    'is not a key in PEM: choose RS256 or ES256 and set publicKey',
  ],
  [
    'publicKey',
    (its) => [its.publicKey, its.jwksUrl].filter(Boolean).length === (isSymmetric(its.algorithm) ? 0 : 1),
    'or jwksUrl: one of the two, and only without a secret',
  ],
  // A key set signs for many: without these two, a token for any of them would do here.
  ['issuer', (its) => its.jwksUrl === undefined || its.issuer !== undefined, 'is needed with jwksUrl'],
  ['audience', (its) => its.jwksUrl === undefined || its.audience !== undefined, 'is needed with jwksUrl'],
];

const schema = shape.superRefine((settings, context) => {
  for (const [path, holds, message] of RULES) {
    if (!holds(settings)) context.addIssue({ code: 'custom', path: [path], message });
  }
});
export type JwtSettings = z.infer<typeof schema>;

export const jwtSettings: UsersourceSettings<JwtSettings> = {
  type: 'jwt',
  schema,
  // Both sides hold it: it is never sent anywhere.
  secrets: ['secret'],
  warnings: (settings) => [
    ...(namedByAddress(settings)
      ? ['People are known by their address: whoever is given somebody’s old address is given their account.']
      : []),
    ...(settings['state'] === 'when_present'
      ? ['A token without our state is taken: somebody may be made to sign in as somebody else.']
      : []),
  ],
};

function namedByAddress({ preset, claims }: Record<string, unknown>): boolean {
  const subject = typeof claims === 'object' && claims !== null && 'subject' in claims ? claims.subject : undefined;
  return subject === undefined ? preset === 'desk-agent' : subject === 'email';
}
