import { X509Certificate, type KeyObject } from 'node:crypto';
import { Refusal } from '@passbroker/model';

/**
 * A key that messages may be signed with. It comes from the configuration or from metadata, never from a message:
 * whatever certificate a message carries, an attacker can have made it.
 */
export interface TrustedKey {
  key: KeyObject;
  /** SHA-256 of the certificate, upper case with colons, as other programs print it. */
  fingerprint: string;
  /**
   * When the certificate ends. Nothing is refused for it: SAML trusts the key because metadata names it, and
   * providers sign on with expired ones for years. It is forecast to the admin instead.
   */
  validTo: Date;
}

const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
const RSA_BITS = 2048;

/**
 * @param certificate PEM, or its Base64 alone as metadata holds it
 * @throws Refusal usersource.misconfigured when it is none, or its key is too weak to be trusted
 */
export function trustedKey(certificate: string): TrustedKey {
  const read = parse(certificate);
  const weakness = weaknessOf(read.publicKey);
  if (weakness !== undefined) {
    throw new Refusal('usersource.misconfigured', `the certificate ${read.fingerprint256} ${weakness}`);
  }
  return { key: read.publicKey, fingerprint: read.fingerprint256, validTo: new Date(read.validTo) };
}

function parse(certificate: string): X509Certificate {
  const bare = certificate.replace(/-----(BEGIN|END) CERTIFICATE-----/g, '').replace(/\s+/g, '');
  try {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) throw new Error('not Base64');
    return new X509Certificate(Buffer.from(bare, 'base64'));
  } catch (cause) {
    throw new Refusal('usersource.misconfigured', 'a certificate cannot be read', { cause });
  }
}

/** NIST SP 800-131A: what can be forged by whoever has money is no key. */
function weaknessOf(key: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return modulusLength < RSA_BITS ? `has an RSA key of ${modulusLength} bits: ${RSA_BITS} at least` : undefined;
    case 'ec':
      return CURVES.has(namedCurve) ? undefined : `has a key on ${namedCurve}, which XML signatures do not know`;
    default:
      return 'has a key that is neither RSA nor EC';
  }
}
