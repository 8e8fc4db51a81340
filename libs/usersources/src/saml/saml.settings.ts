import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import { METADATA_LIMITS, readIdpMetadata, trustedKey } from '@passbroker/saml';
import { isPattern } from '../addresses/return-url.js';
import { webAddress } from '../addresses/web-address.js';
import type { UsersourceSettings } from '../usersource.js';
import { endsOf } from './ends.js';
import { SAML_PRESETS } from './presets.js';

const text = z.string().min(1).max(1024);
const pem = z.string().min(1).max(16_384);

/** A certificate whose key is strong enough to be trusted, PEM or its Base64 alone. */
const certificate = pem.superRefine((value, context) => {
  const trouble = troubleOf(() => trustedKey(value));
  if (trouble !== undefined) context.addIssue({ code: 'custom', message: trouble });
});

const metadata = z
  .string()
  .max(METADATA_LIMITS.bytes)
  .superRefine((value, context) => {
    const trouble = troubleOf(() => readIdpMetadata(Buffer.from(value)));
    // A federation's list is read with the entity ID that is wanted; only then is it known to hold it.
    if (trouble !== undefined && !trouble.includes('more than one'))
      context.addIssue({ code: 'custom', message: trouble });
  });

const attributeNames = z.array(text).min(1).max(10);

const shape = z.strictObject({
  preset: z.enum(SAML_PRESETS).default('generic'),
  /** Who upstream is: one of an address, its XML, or the three by hand. */
  metadataUrl: webAddress.optional(),
  metadata: metadata.optional(),
  metadataCertificate: certificate.optional(),
  idpEntityId: text.optional(),
  idpSsoUrl: webAddress.optional(),
  idpSloUrl: webAddress.optional(),
  idpCertificates: z.array(certificate).min(1).max(8).optional(),
  /** Who we are. */
  entityId: text.optional(),
  spKey: pem.regex(/^\s*-----BEGIN (RSA )?PRIVATE KEY-----/, 'must be a private key in PEM').optional(),
  spCertificate: certificate.optional(),
  /** How we ask. */
  requestBinding: z.enum(['redirect', 'post']).default('redirect'),
  signRequests: z.boolean().default(true),
  nameIdFormat: text.optional(),
  authnContexts: z.array(text).max(10).default([]),
  authnContextComparison: z.enum(['exact', 'minimum']).default('exact'),
  /** What we take. */
  signed: z.enum(['either', 'assertion', 'response', 'both']).default('either'),
  requireEncryption: z.boolean().default(false),
  allowSha1: z.boolean().default(false),
  clockSkewSec: z.int().min(0).max(300).default(60),
  idpInitiated: z.boolean().default(false),
  relayStates: z
    .array(z.string().max(2048).refine(isPattern, 'must be like https://help.example.com/* (no * in the host)'))
    .max(50)
    .default([]),
  /** What we read of it. */
  subjectAttribute: text.optional(),
  attributes: z
    .strictObject({
      email: attributeNames.optional(),
      name: attributeNames.optional(),
      username: attributeNames.optional(),
      groups: attributeNames.optional(),
    })
    .default({}),
});

type Shape = z.infer<typeof shape>;

const issue = (path: string, message: string) => ({ code: 'custom' as const, path: [path], message });

const schema = shape.superRefine((settings, context) => {
  const { metadataUrl, metadata: xml, idpEntityId, idpSsoUrl, idpCertificates } = settings;
  const byHand = metadataUrl === undefined && xml === undefined;
  if (metadataUrl !== undefined && xml !== undefined) {
    context.addIssue(issue('metadata', 'must be left out where there is a metadataUrl'));
  }
  if (byHand) {
    const missing = Object.entries({ idpEntityId, idpSsoUrl, idpCertificates }).filter(
      ([, value]) => value === undefined,
    );
    for (const [name] of missing)
      context.addIssue(issue(name, 'is needed where there is neither metadataUrl nor metadata'));
  } else if (idpSsoUrl !== undefined) context.addIssue(issue('idpSsoUrl', 'is in the metadata'));
  if ((settings.spKey === undefined) !== (settings.spCertificate === undefined)) {
    context.addIssue(issue('spCertificate', 'and spKey belong together'));
  } else if (settings.spKey?.includes('-----BEGIN') === true && !isRsaKey(settings.spKey)) {
    context.addIssue(issue('spKey', 'must be a private RSA key of 2048 bits or more'));
  } else if (!areOfOnePair(settings)) context.addIssue(issue('spCertificate', 'is not the certificate of spKey'));
  if (settings.requireEncryption && settings.spKey === undefined) {
    context.addIssue(issue('requireEncryption', 'needs an spKey: nothing could be decrypted'));
  }
});

export type SamlSettings = Shape;

export const samlSettings: UsersourceSettings<SamlSettings> = {
  type: 'saml',
  schema,
  secrets: ['spKey'],
  warnings: (settings, now) => [
    ...(now ? endsOf(settings, now) : []),
    ...(settings['allowSha1'] === true
      ? [
          'Signatures made with SHA-1 are accepted: they can be forged by whoever pays for it. Have upstream use SHA-256.',
        ]
      : []),
    ...(settings['idpInitiated'] === true
      ? ['Responses that nobody asked for are accepted: a link can sign somebody in as its sender (login CSRF).']
      : []),
    ...(typeof settings['metadataUrl'] === 'string' && settings['metadataUrl'].startsWith('http:')
      ? ['The metadata comes over plain http: whoever is on the way can name a key of his own.']
      : []),
  ],
};

function isRsaKey(value: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(value);
    return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048;
  } catch {
    return false;
  }
}

export function areOfOnePair({ spKey, spCertificate }: Pick<Shape, 'spKey' | 'spCertificate'>): boolean {
  if (spKey === undefined || spCertificate === undefined) return true;
  try {
    const named = new X509Certificate(asPem(spCertificate)).publicKey;
    return createPublicKey(createPrivateKey(spKey)).equals(named);
  } catch {
    // Each of them has been told what is wrong with it.
    return true;
  }
}

export const asPem = (text: string): string =>
  text.includes('-----BEGIN') ? text : `-----BEGIN CERTIFICATE-----\n${text.trim()}\n-----END CERTIFICATE-----\n`;

function troubleOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    return error instanceof Refusal ? error.detail : 'cannot be read';
  }
}
