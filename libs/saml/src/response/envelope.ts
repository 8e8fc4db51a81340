import { Refusal } from '@passbroker/model';
import { NS } from '../names.js';
import { attribute, elementsOf, everyElement, is, type XmlElement } from '../xml/element.js';

const NCNAME = /^[A-Za-z_][\w.-]*$/;
const malformed = (detail: string): Refusal => new Refusal('upstream.malformed', detail);

/**
 * IDs are how a signature says what it covers, so each is there once, whatever it is called: a second one
 * under `Id`, `xml:id` or `AssertionID` would let two programs find two elements (SOMO 2012).
 */
export function requireUniqueIds(root: XmlElement): void {
  const seen = new Set<string>();
  for (const element of everyElement(root)) {
    const saml =
      element.namespace === NS.assertion || element.namespace === NS.protocol || element.namespace === NS.metadata;
    for (const { prefix, local, value } of element.attributes) {
      if (!/^(assertion)?id$/i.test(local)) continue;
      if (saml && (local !== 'ID' || prefix !== '')) throw malformed(`${element.local} has an ID of another name`);
      if (seen.has(value)) throw malformed('an ID is there twice');
      if (saml && !NCNAME.test(value)) throw malformed(`the ID of ${element.local} is not a name`);
      seen.add(value);
    }
  }
}

/** Exactly one root of the kind that was asked for, of version 2.0, with an ID. */
export function requireMessage(root: XmlElement, local: string): void {
  if (!is(root, NS.protocol, local)) throw malformed(`the message is not a ${local}`);
  requireVersion(root);
}

export function requireVersion(element: XmlElement): void {
  if (attribute(element, 'Version') !== '2.0') throw malformed(`${element.local} is not of version 2.0`);
  if (!attribute(element, 'ID')) throw malformed(`${element.local} has no ID`);
}

/**
 * Signatures may stand in two places: right behind the Issuer of the message, and of the assertion. Whatever
 * else looks like one is how wrapping begins, and is refused before any is verified.
 */
export function requireSignaturesInPlace(root: XmlElement, holders: readonly XmlElement[]): void {
  const inPlace = new Set(holders.map(signatureOf));
  for (const element of everyElement(root)) {
    if (is(element, NS.dsig, 'Signature') && !inPlace.has(element))
      throw malformed('a signature stands where none belongs');
    if (is(element, NS.dsig, 'Object') || is(element, NS.dsig, 'Manifest'))
      throw malformed('a signature has an Object');
  }
}

/** The signature of an element: its child, directly behind the Issuer, and the only one. */
export function signatureOf(element: XmlElement): XmlElement | undefined {
  const children = elementsOf(element);
  const signatures = children.filter((child) => is(child, NS.dsig, 'Signature'));
  if (signatures.length > 1) throw malformed(`${element.local} has more than one signature`);
  const [signature] = signatures;
  const first = children[0];
  const place = first !== undefined && is(first, NS.assertion, 'Issuer') ? 1 : 0;
  if (signature && children[place] !== signature)
    throw malformed(`the signature of ${element.local} is not behind its Issuer`);
  return signature;
}
