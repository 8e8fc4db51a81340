import { constants, type KeyObject } from 'node:crypto';

export interface SignatureAlgorithm {
  uri: string;
  hash: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  key: 'rsa' | 'ec';
  padding?: number;
  /** Readable only where an old upstream was allowed it by name. */
  legacy?: true;
}

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#';
const MORE_2007 = 'http://www.w3.org/2007/05/xmldsig-more#';
const PSS = constants.RSA_PKCS1_PSS_PADDING;

/** Not in here is not read: no HMAC (a public key would be its secret), no MD5, no DSA. */
const SIGNATURES: readonly SignatureAlgorithm[] = [
  { uri: `${MORE}rsa-sha256`, hash: 'sha256', key: 'rsa' },
  { uri: `${MORE}rsa-sha384`, hash: 'sha384', key: 'rsa' },
  { uri: `${MORE}rsa-sha512`, hash: 'sha512', key: 'rsa' },
  { uri: `${MORE}ecdsa-sha256`, hash: 'sha256', key: 'ec' },
  { uri: `${MORE}ecdsa-sha384`, hash: 'sha384', key: 'ec' },
  { uri: `${MORE}ecdsa-sha512`, hash: 'sha512', key: 'ec' },
  { uri: `${MORE_2007}sha256-rsa-MGF1`, hash: 'sha256', key: 'rsa', padding: PSS },
  { uri: `${MORE_2007}sha512-rsa-MGF1`, hash: 'sha512', key: 'rsa', padding: PSS },
  { uri: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1', hash: 'sha1', key: 'rsa', legacy: true },
];

const DIGESTS: ReadonlyMap<string, { hash: string; legacy?: true }> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#sha256', { hash: 'sha256' }],
  [`${MORE}sha384`, { hash: 'sha384' }],
  ['http://www.w3.org/2001/04/xmlenc#sha512', { hash: 'sha512' }],
  ['http://www.w3.org/2000/09/xmldsig#sha1', { hash: 'sha1', legacy: true }],
]);

const SIGNATURE_BY_URI = new Map(SIGNATURES.map((algorithm) => [algorithm.uri, algorithm]));

export const signatureAlgorithm = (uri: string): SignatureAlgorithm | undefined => SIGNATURE_BY_URI.get(uri);
export const digestAlgorithm = (uri: string) => DIGESTS.get(uri);

export const SHA256_DIGEST = 'http://www.w3.org/2001/04/xmlenc#sha256';

/** What we sign with, by the kind of key we were given. */
export const signingAlgorithmFor = (key: KeyObject): string =>
  key.asymmetricKeyType === 'ec' ? `${MORE}ecdsa-sha256` : `${MORE}rsa-sha256`;

/** How `node:crypto` is told. XML signatures carry the two bare numbers of ECDSA, not DER (RFC 4051, 2.3.6). */
export const keyOptions = (algorithm: SignatureAlgorithm, key: KeyObject) => ({
  key,
  dsaEncoding: 'ieee-p1363' as const,
  ...(algorithm.padding !== undefined && { padding: algorithm.padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }),
});
