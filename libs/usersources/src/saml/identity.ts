import { createHash } from 'node:crypto';
import { Refusal, type IdentityAssertion } from '@passbroker/model';
import { NAME_ID_FORMAT, type NameId, type SamlAttribute, type SamlIdentity } from '@passbroker/saml';
import { PRESETS, type Preset } from './presets.js';
import type { SamlSettings } from './saml.settings.js';

/** Authentication method references (RFC 8176) for the contexts that say clearly what was done. */
const METHODS: ReadonlyMap<string, string[]> = new Map([
  ['urn:oasis:names:tc:SAML:2.0:ac:classes:Password', ['pwd']],
  ['urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport', ['pwd']],
  ['urn:oasis:names:tc:SAML:2.0:ac:classes:X509', ['swk']],
  ['urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI', ['sc']],
  ['urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken', ['otp']],
  ['https://refeds.org/profile/mfa', ['mfa']],
  ['http://schemas.microsoft.com/claims/multipleauthn', ['mfa']],
]);

/** What the rest of Passbroker knows of a SAML identity. Every word of it was signed. */
export function identityOf(read: SamlIdentity, settings: SamlSettings, slug: string): IdentityAssertion {
  const preset = presetOf(settings);
  const { nameId } = read;
  return {
    usersource: slug,
    subject: subjectOf(read, settings, preset),
    claims: claimsOf(read, preset),
    said: {
      ...(nameId && { nameId: nameId.value, nameIdFormat: nameId.format ?? NAME_ID_FORMAT.unspecified }),
      attributes: Object.fromEntries(read.attributes.map(({ name, values }) => [name, values])),
    },
    session: {
      ...(read.sessionIndex !== undefined && { index: read.sessionIndex }),
      ...(read.sessionUntil && { until: read.sessionUntil }),
      kept: { ...(nameId && keepNameId(nameId)) },
    },
    authenticatedAt: read.authenticatedAt,
    methods: METHODS.get(read.context ?? '') ?? [],
    ...(read.context !== undefined && { acr: read.context }),
    once: { key: onceKey('assertion', read.assertion), until: read.usableUntil },
  };
}

/** An ID is as long as upstream likes. */
export const onceKey = (kind: string, id: string): string =>
  `${kind}:${createHash('sha256').update(id).digest('base64url')}`;

/** The preset with what this copy says otherwise. */
export function presetOf({ preset, attributes, subjectAttribute, nameIdFormat }: SamlSettings): Preset {
  const named = PRESETS[preset];
  const subject = subjectAttribute ?? named.subject;
  const format = nameIdFormat ?? named.nameIdFormat;
  return {
    email: attributes.email ?? named.email,
    name: attributes.name ?? named.name,
    username: attributes.username ?? named.username,
    groups: attributes.groups ?? named.groups,
    ...(subject !== undefined && { subject }),
    ...(format !== undefined && { nameIdFormat: format }),
  };
}

/** Who it is, for ever: the NameID, unless an attribute was chosen for it. */
function subjectOf({ nameId, attributes }: SamlIdentity, settings: SamlSettings, preset: Preset): string {
  if (preset.subject !== undefined) {
    const values = find(attributes, [preset.subject]);
    const [only, more] = values;
    if (only === undefined || only === '' || more !== undefined) {
      throw new Refusal('upstream.malformed', `the attribute ${preset.subject} does not name one person`);
    }
    return only;
  }
  if (!nameId) throw new Refusal('upstream.malformed', 'there is no NameID: set subjectAttribute, or have one sent');
  if (nameId.format === NAME_ID_FORMAT.transient) {
    throw new Refusal('upstream.malformed', 'a transient NameID is another one every time: set subjectAttribute');
  }
  // Two formats are two name spaces: the same letters in the other may be somebody else.
  if (settings.nameIdFormat !== undefined && settings.nameIdFormat !== NAME_ID_FORMAT.unspecified) {
    if (nameId.format !== settings.nameIdFormat) {
      throw new Refusal('upstream.untrusted', `the NameID is not of the format ${settings.nameIdFormat}`);
    }
  }
  return nameId.value;
}

function claimsOf({ nameId, attributes }: SamlIdentity, preset: Preset): IdentityAssertion['claims'] {
  const [email = nameId?.format === NAME_ID_FORMAT.emailAddress ? nameId.value : undefined] = find(
    attributes,
    preset.email,
  );
  const [name] = find(attributes, preset.name);
  const [username] = find(attributes, preset.username);
  const groups = find(attributes, preset.groups);
  return {
    // The company's own word about its own people. Whose word counts for which domain is the linking rules'.
    ...(email !== undefined && email !== '' && { email, emailVerified: true }),
    ...(name !== undefined && name !== '' && { name }),
    ...(username !== undefined && username !== '' && { username }),
    ...(groups.length > 0 && { groups }),
  };
}

/** Names before friendly names: a friendly name is decoration, and another attribute may have the same. */
function find(attributes: readonly SamlAttribute[], names: readonly string[]): string[] {
  for (const wanted of names) {
    const found =
      attributes.find(({ name }) => name === wanted) ?? attributes.find(({ friendlyName }) => friendlyName === wanted);
    if (found && found.values.length > 0) return found.values;
  }
  return [];
}

function keepNameId({ value, format, nameQualifier, spNameQualifier }: NameId): Record<string, string> {
  return {
    nameId: value,
    ...(format !== undefined && { format }),
    ...(nameQualifier !== undefined && { nameQualifier }),
    ...(spNameQualifier !== undefined && { spNameQualifier }),
  };
}

/** The NameID as it came, for a LogoutRequest: upstream compares every qualifier. */
export function keptNameId(kept: Readonly<Record<string, string>>): NameId | undefined {
  const { nameId, format, nameQualifier, spNameQualifier } = kept;
  if (nameId === undefined) return undefined;
  return {
    value: nameId,
    ...(format !== undefined && { format }),
    ...(nameQualifier !== undefined && { nameQualifier }),
    ...(spNameQualifier !== undefined && { spNameQualifier }),
  };
}
