import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto';

/** What an encrypting provider may want otherwise; the defaults are what SimpleSAMLphp and Keycloak can be set to. */
export interface Encryption {
  cipher?: string;
  transport?: string;
  oaepHash?: string;
  digest?: string;
  /** Beside the data, as OpenSAML's "peer" placement has it. */
  beside?: boolean;
  keys?: number;
  padding?: number;
  tagBytes?: number;
  data?: string;
}

const ENC = 'http://www.w3.org/2001/04/xmlenc#';
const ENC11 = 'http://www.w3.org/2009/xmlenc11#';

/** An EncryptedAssertion as XML Encryption has it, by node:crypto alone. */
export function encrypted(content: string, certificate: string, wish: Encryption = {}): string {
  const key = randomBytes(32);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const text = Buffer.concat([cipher.update(content), cipher.final()]);
  const value = Buffer.concat([iv, text, cipher.getAuthTag().subarray(0, wish.tagBytes ?? 16)]).toString('base64');
  const { publicKey } = new X509Certificate(certificate);
  const padding = wish.padding ?? constants.RSA_PKCS1_OAEP_PADDING;
  const wrapped = publicEncrypt({ key: publicKey, padding, oaepHash: wish.oaepHash ?? 'sha1' }, key).toString('base64');
  const digest = `<ds:DigestMethod Algorithm="${wish.digest ?? 'http://www.w3.org/2000/09/xmldsig#sha1'}"/>`;
  const one = `<xenc:EncryptedKey><xenc:EncryptionMethod Algorithm="${wish.transport ?? `${ENC}rsa-oaep-mgf1p`}">${digest}</xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>${wrapped}</xenc:CipherValue></xenc:CipherData></xenc:EncryptedKey>`;
  const keys = one.repeat(wish.keys ?? 1);
  const data = wish.data ?? `<xenc:CipherValue>${value}</xenc:CipherValue>`;
  const info = wish.beside === true ? '' : `<ds:KeyInfo>${keys}</ds:KeyInfo>`;
  return `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" xmlns:xenc="${ENC}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><xenc:EncryptedData Type="${ENC}Element"><xenc:EncryptionMethod Algorithm="${wish.cipher ?? `${ENC11}aes256-gcm`}"/>${info}<xenc:CipherData>${data}</xenc:CipherData></xenc:EncryptedData>${wish.beside === true ? keys : ''}</saml:EncryptedAssertion>`;
}
