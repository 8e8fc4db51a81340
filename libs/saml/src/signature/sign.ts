import { createHash, sign, type KeyObject } from 'node:crypto';
import { ENVELOPED, EXCLUSIVE_C14N, NS } from '../names.js';
import { canonical } from '../xml/canonical.js';
import { attribute, elementsOf, is, type XmlElement } from '../xml/element.js';
import { readXml, type XmlLimits } from '../xml/read-xml.js';
import { markup, type Markup } from '../xml/write.js';
import { keyOptions, SHA256_DIGEST, signatureAlgorithm, signingAlgorithmFor } from './algorithms.js';

/** Signs without showing the key, so that it may lie in a KMS. */
export interface Signer {
  /** URI of an XML signature algorithm. */
  algorithm: string;
  /** Base64 of the certificate, sent along for the convenience of whoever knows it already. */
  certificate?: string;
  sign(data: Buffer): Promise<Buffer>;
}

/** A signer over a key at hand: RSA with SHA-256, or ECDSA with SHA-256. */
export function signerFrom(key: KeyObject, certificate?: string): Signer {
  const uri = signingAlgorithmFor(key);
  const algorithm = signatureAlgorithm(uri);
  if (!algorithm) throw new Error(`no algorithm for a key of type ${key.asymmetricKeyType}`);
  return {
    algorithm: uri,
    ...(certificate !== undefined && {
      certificate: certificate.replace(/-----[A-Z ]+-----|\s+/g, ''),
    }),
    sign: async (data) => sign(algorithm.hash, data, keyOptions(algorithm, key)),
  };
}

const LIMITS: XmlLimits = { bytes: 1_048_576, depth: 64, elements: 20_000 };

/**
 * Signs a message that we wrote, whole, and puts the signature where SAML wants it: behind the Issuer, or first.
 *
 * @param xml one element with an `ID`, as `markup` writes it
 */
export async function signEnveloped(xml: string, signer: Signer): Promise<string> {
  const element = readXml(Buffer.from(xml), LIMITS);
  const digest = createHash('sha256').update(canonical(element)).digest('base64');
  const info = signedInfo(attribute(element, 'ID') ?? '', digest, signer.algorithm);
  const value = await signer.sign(Buffer.from(canonical(readXml(Buffer.from(info.toString())))));
  const keyInfo = signer.certificate === undefined ? '' : keyInfoOf(signer.certificate);
  const signature = markup`<ds:Signature xmlns:ds="${NS.dsig}">${info}<ds:SignatureValue>${value.toString('base64')}</ds:SignatureValue>${keyInfo}</ds:Signature>`;
  return insert(element, readXml(Buffer.from(signature.toString())));
}

export const keyInfoOf = (certificate: string): Markup =>
  markup`<ds:KeyInfo xmlns:ds="${NS.dsig}"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;

const signedInfo = (id: string, digest: string, algorithm: string): Markup =>
  markup`<ds:SignedInfo xmlns:ds="${NS.dsig}"><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_C14N}"/><ds:SignatureMethod Algorithm="${algorithm}"/><ds:Reference URI="#${id}"><ds:Transforms><ds:Transform Algorithm="${ENVELOPED}"/><ds:Transform Algorithm="${EXCLUSIVE_C14N}"/></ds:Transforms><ds:DigestMethod Algorithm="${SHA256_DIGEST}"/><ds:DigestValue>${digest}</ds:DigestValue></ds:Reference></ds:SignedInfo>`;

/** As XML Schema wants it: behind the Issuer of a message, first in metadata. */
function insert(element: XmlElement, signature: XmlElement): string {
  const [first, ...rest] = elementsOf(element);
  const issued = first !== undefined && is(first, NS.assertion, 'Issuer');
  const children = issued ? [first, signature, ...rest] : [signature, ...elementsOf(element)];
  return canonical({ ...element, children });
}
