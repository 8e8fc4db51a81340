import { createHash, timingSafeEqual, verify } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import { fromXmlBase64 } from '../base64.js';
import { ENVELOPED, EXCLUSIVE_C14N, NS } from '../names.js';
import { canonical } from '../xml/canonical.js';
import { attribute, childOf, elementsOf, is, textOf, type XmlElement } from '../xml/element.js';
import { digestAlgorithm, keyOptions, signatureAlgorithm, type SignatureAlgorithm } from './algorithms.js';
import type { TrustedKey } from './trusted-key.js';

export interface Trust {
  keys: readonly TrustedKey[];
  /** SHA-1 can be forged by whoever pays for it: only for a named old upstream, and with a standing warning. */
  allowSha1: boolean;
}

export interface Signed {
  /** The very bytes that were signed: read nothing else. */
  bytes: Buffer;
  fingerprint: string;
  sha1: boolean;
}

const UNKNOWN_KEY = Symbol('signed by a key that is not known');
const PREFIXES = 16;

/** Tells a message that none of our keys fits from a broken one: after a roll-over, metadata has the new key. */
export const isUnknownKey = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'cause' in error && error.cause === UNKNOWN_KEY;

const untrusted = (detail: string): Refusal => new Refusal('upstream.untrusted', detail);

/**
 * The signature of an element, by exactly one of our keys, over exactly that element. Everything that XML
 * signatures can do besides is refused before anything is computed: other references, other transforms
 * (XSLT, XPath), objects, keys that the message brings along.
 *
 * @throws Refusal upstream.untrusted
 * @see https://www.w3.org/TR/xmldsig-bestpractices/
 */
export function verifySignature(element: XmlElement, signature: XmlElement, trust: Trust): Signed {
  const [signedInfo, value, keyInfo, more] = elementsOf(signature);
  if (!signedInfo || !is(signedInfo, NS.dsig, 'SignedInfo') || !value || !is(value, NS.dsig, 'SignatureValue')) {
    throw untrusted('a signature is not SignedInfo and SignatureValue');
  }
  if (more || (keyInfo && !is(keyInfo, NS.dsig, 'KeyInfo'))) {
    throw untrusted('a signature holds more than SignedInfo, SignatureValue and KeyInfo');
  }
  const [c14n, method, reference, second] = elementsOf(signedInfo);
  if (second || !reference || !is(reference, NS.dsig, 'Reference')) {
    throw untrusted('a signature does not have one reference');
  }
  const prefixes = exclusive(c14n, 'CanonicalizationMethod');
  const algorithm = methodOf(method, trust);
  const { bytes, sha1 } = verifyReference(element, signature, reference, trust);
  const signed = Buffer.from(canonical(signedInfo, { inclusive: prefixes }));
  const fingerprint = verifyBytes(signed, fromXmlBase64(textOf(value), 'a SignatureValue'), algorithm, trust);
  return { bytes, fingerprint, sha1: sha1 || algorithm.legacy === true };
}

/**
 * @returns the fingerprint of the key that fits
 * @throws Refusal upstream.untrusted, for which `isUnknownKey` holds
 */
export function verifyBytes(signed: Buffer, value: Buffer, algorithm: SignatureAlgorithm, trust: Trust): string {
  const fits = trust.keys.find(
    ({ key }) =>
      key.asymmetricKeyType === algorithm.key && verify(algorithm.hash, signed, keyOptions(algorithm, key), value),
  );
  if (fits) return fits.fingerprint;
  throw new Refusal('upstream.untrusted', 'a signature fits none of the keys that are known', { cause: UNKNOWN_KEY });
}

/** @throws Refusal upstream.untrusted unless it is on the list */
export function allowedAlgorithm(uri: string | undefined, trust: Trust): SignatureAlgorithm {
  const algorithm = signatureAlgorithm(uri ?? '');
  if (!algorithm) throw untrusted('a signature is made by an algorithm that is not on the list');
  if (algorithm.legacy && !trust.allowSha1)
    throw untrusted('a signature is made with SHA-1, which is not allowed here');
  return algorithm;
}

function methodOf(method: XmlElement | undefined, trust: Trust): SignatureAlgorithm {
  if (!method || !is(method, NS.dsig, 'SignatureMethod') || elementsOf(method).length > 0) {
    throw untrusted('a signature has no plain SignatureMethod');
  }
  return allowedAlgorithm(attribute(method, 'Algorithm'), trust);
}

function verifyReference(element: XmlElement, signature: XmlElement, reference: XmlElement, trust: Trust) {
  const id = attribute(element, 'ID');
  // The empty URI and XPointers mean "the document", which is not what will be read.
  if (!id || attribute(reference, 'URI') !== `#${id}`) throw untrusted('a signature refers to something else');
  const [transforms, method, value, more] = elementsOf(reference);
  if (more || !transforms || !is(transforms, NS.dsig, 'Transforms'))
    throw untrusted('a reference is not transforms and a digest');
  const [first, second, third] = elementsOf(transforms);
  if (third || !first || !is(first, NS.dsig, 'Transform') || attribute(first, 'Algorithm') !== ENVELOPED) {
    throw untrusted('a reference is not transformed by the enveloped signature and exclusive canonicalization alone');
  }
  // Without meaning there, but xml-crypto writes its list of prefixes into every transform.
  if (elementsOf(first).some((each) => each.local !== 'InclusiveNamespaces')) {
    throw untrusted('the enveloped signature has parameters');
  }
  const inclusive = exclusive(second, 'Transform');
  if (!method || !is(method, NS.dsig, 'DigestMethod') || !value || !is(value, NS.dsig, 'DigestValue')) {
    throw untrusted('a reference has no digest');
  }
  const digest = digestAlgorithm(attribute(method, 'Algorithm') ?? '');
  if (!digest) throw untrusted('a digest is made by an algorithm that is not on the list');
  if (digest.legacy && !trust.allowSha1) throw untrusted('a digest is made with SHA-1, which is not allowed here');
  const bytes = Buffer.from(canonical(element, { without: signature, inclusive }));
  const expected = fromXmlBase64(textOf(value), 'a DigestValue');
  const actual = createHash(digest.hash).update(bytes).digest();
  if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) {
    throw untrusted('what was signed has been changed since');
  }
  return { bytes, sha1: digest.legacy === true };
}

/** The one canonicalization allowed, without comments; its only parameter is a list of prefixes. */
function exclusive(element: XmlElement | undefined, name: string): string[] {
  if (!element || !is(element, NS.dsig, name) || attribute(element, 'Algorithm') !== EXCLUSIVE_C14N) {
    throw untrusted('a signature is not made over exclusive canonical XML');
  }
  const list = childOf(element, EXCLUSIVE_C14N, 'InclusiveNamespaces');
  if (elementsOf(element).length > (list ? 1 : 0)) throw untrusted('the canonicalization has unknown parameters');
  if (!list) return [];
  const prefixes = (attribute(list, 'PrefixList') ?? '').split(/\s+/).filter((prefix) => prefix !== '');
  if (prefixes.length > PREFIXES) throw untrusted('the canonicalization names too many prefixes');
  return prefixes.map((prefix) => (prefix === '#default' ? '' : prefix));
}
