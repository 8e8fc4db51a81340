import { Refusal } from '@passbroker/model';
import { decryptAssertion } from '../encryption/decrypt.js';
import { NS, STATUS } from '../names.js';
import { verifySignature, type Signed } from '../signature/verify.js';
import { childOf, everyElement, is, oneChildOf, type XmlElement } from '../xml/element.js';
import { readXml } from '../xml/read-xml.js';
import { requireMessage, requireSignaturesInPlace, requireUniqueIds, requireVersion, signatureOf } from './envelope.js';
import type { Expected } from './expected.js';
import { readIdentity, type SamlIdentity } from './identity.js';
import { checkAssertion, checkOuter } from './profile.js';
import { requireSuccess, statusOf } from './status.js';

/**
 * A posted Response → who it is about, or a Refusal.
 *
 *   bytes ─ one strict parse ─ one root, unique IDs, one assertion, signatures in place
 *         ─ status ─ signature of the response ─ decryption ─ signature of the assertion
 *         ─ read again, from the signed bytes only ─ every check of the profile ─ identity
 *
 * From the signature on, nothing of the document that was posted is looked at any more: what wrapping attacks
 * put beside the signed element is not there. The outer element, when it is not signed, can only refuse.
 *
 * @see saml-profiles-2.0, 4.1.4.2 and 4.1.4.3
 * @throws Refusal upstream.malformed, upstream.untrusted, upstream.refused, upstream.login_required
 */
export function readResponse(bytes: Uint8Array, expected: Expected): SamlIdentity {
  const posted = readXml(bytes);
  requireEnvelope(posted);
  checkOuter(posted, expected, false);
  requireNoIdentityWithoutSuccess(posted, expected);
  const outer = verifyOuter(posted, expected);
  const { assertion, wasEncrypted } = openAssertion(outer?.message ?? posted, expected);
  const inner = verifyInner(assertion, expected);
  requireSignatures(outer?.signed, inner?.signed, expected);
  if (expected.encrypted && !wasEncrypted) throw untrusted('an assertion is not encrypted, which is asked for here');
  const read = inner?.assertion ?? assertion;
  checkAssertion(read, expected);
  const signed = inner?.signed ?? outer?.signed;
  return readIdentity(read, expected, { fingerprint: signed?.fingerprint ?? '', sha1: signed?.sha1 ?? false });
}

const untrusted = (detail: string): Refusal => new Refusal('upstream.untrusted', detail);

const isAssertion = (element: XmlElement): boolean => is(element, NS.assertion, 'Assertion');
const isEncrypted = (element: XmlElement): boolean => is(element, NS.assertion, 'EncryptedAssertion');

/** At most one assertion in the whole document, wherever it stands: in Extensions, Advice, an Object, a StatusDetail. */
function requireEnvelope(root: XmlElement): void {
  requireMessage(root, 'Response');
  requireUniqueIds(root);
  const held = everyElement(root).filter((element) => isAssertion(element) || isEncrypted(element));
  if (held.length > 1) throw new Refusal('upstream.malformed', 'a response holds more than one assertion');
  requireSignaturesInPlace(root, [root, ...held.filter(isAssertion)]);
}

/** "No" is believed without a signature: it only refuses. "No, but here is somebody" is a forgery. */
function requireNoIdentityWithoutSuccess(root: XmlElement, expected: Expected): void {
  const status = statusOf(root);
  const held = everyElement(root).some((element) => isAssertion(element) || isEncrypted(element));
  if (status.code !== STATUS.success && held) throw untrusted('a response without success holds an assertion');
  requireSuccess(status, expected.request?.silent === true);
}

function verifyOuter(root: XmlElement, expected: Expected): { message: XmlElement; signed: Signed } | undefined {
  const signature = signatureOf(root);
  if (!signature) return undefined;
  const signed = verifySignature(root, signature, expected.trust);
  const message = readXml(signed.bytes);
  checkOuter(message, expected, true);
  return { message, signed };
}

/** The one assertion: a child of the response, in the clear or encrypted. */
function openAssertion(message: XmlElement, expected: Expected): { assertion: XmlElement; wasEncrypted: boolean } {
  const encrypted = childOf(message, NS.assertion, 'EncryptedAssertion');
  if (!encrypted) return { assertion: oneChildOf(message, NS.assertion, 'Assertion'), wasEncrypted: false };
  const assertion = readXml(decryptAssertion(encrypted, expected.decryptionKeys));
  if (!isAssertion(assertion)) throw new Refusal('upstream.malformed', 'what was encrypted is not an assertion');
  requireUniqueIds(assertion);
  if (everyElement(assertion).filter((each) => isAssertion(each) || isEncrypted(each)).length > 1) {
    throw new Refusal('upstream.malformed', 'an assertion holds another one');
  }
  requireSignaturesInPlace(assertion, [assertion]);
  return { assertion, wasEncrypted: true };
}

function verifyInner(assertion: XmlElement, expected: Expected): { assertion: XmlElement; signed: Signed } | undefined {
  requireVersion(assertion);
  const signature = signatureOf(assertion);
  if (!signature) return undefined;
  const signed = verifySignature(assertion, signature, expected.trust);
  return { assertion: readXml(signed.bytes), signed };
}

function requireSignatures(outer: Signed | undefined, inner: Signed | undefined, { signed }: Expected): void {
  if (!outer && !inner) throw untrusted('neither response nor assertion is signed');
  if (!outer && (signed === 'response' || signed === 'both')) throw untrusted('the response is not signed');
  if (!inner && (signed === 'assertion' || signed === 'both')) throw untrusted('the assertion is not signed');
}
