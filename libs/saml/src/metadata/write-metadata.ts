import { BINDING, NS } from '../names.js';
import { markup, optional, type Markup } from '../xml/write.js';
import { keyInfoOf } from '../signature/sign.js';

export interface SpMetadata {
  /** For the signature. */
  id: string;
  entityId: string;
  acs: string;
  signOut: string;
  /** Base64 of certificates, the one in use first. */
  certificates: readonly string[];
  requestsSigned: boolean;
  assertionsSigned: boolean;
  nameIdFormat?: string;
}

/** What upstream's admin is given to read: ourselves as a service provider (saml-metadata, 2.4.4). */
export function writeSpMetadata(about: SpMetadata): string {
  const keys = about.certificates.flatMap((each) => [keyOf('signing', each), keyOf('encryption', each)]);
  const signOut = [BINDING.redirect, BINDING.post].map(
    (binding) => markup`<md:SingleLogoutService Binding="${binding}" Location="${about.signOut}"/>`,
  );
  const format = about.nameIdFormat !== undefined && markup`<md:NameIDFormat>${about.nameIdFormat}</md:NameIDFormat>`;
  return markup`<md:EntityDescriptor xmlns:md="${NS.metadata}" ID="${about.id}" entityID="${about.entityId}"><md:SPSSODescriptor AuthnRequestsSigned="${String(about.requestsSigned)}" WantAssertionsSigned="${String(about.assertionsSigned)}" protocolSupportEnumeration="${NS.protocol}">${keys}${signOut}${format}<md:AssertionConsumerService Binding="${BINDING.post}" Location="${about.acs}" index="0"${optional('isDefault', true)}/></md:SPSSODescriptor></md:EntityDescriptor>`.toString();
}

const GCM = ['aes256-gcm', 'aes128-gcm'].map((name) => markup`<md:EncryptionMethod Algorithm="${NS.xenc11}${name}"/>`);
const OAEP = markup`<md:EncryptionMethod Algorithm="${NS.xenc}rsa-oaep-mgf1p"/>`;

const keyOf = (use: 'signing' | 'encryption', certificate: string): Markup =>
  markup`<md:KeyDescriptor use="${use}">${keyInfoOf(certificate)}${use === 'encryption' && [...GCM, OAEP]}</md:KeyDescriptor>`;
