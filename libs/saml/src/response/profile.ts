import { Refusal } from '@passbroker/model';
import { instantOf, isFuture, isPast, requiredInstantOf } from '../instant.js';
import { BEARER, NAME_ID_FORMAT, NS } from '../names.js';
import { attribute, childOf, childrenOf, elementsOf, oneChildOf, textOf, type XmlElement } from '../xml/element.js';
import type { Expected } from './expected.js';

const untrusted = (detail: string): Refusal => new Refusal('upstream.untrusted', detail);
const CONDITIONS = new Set(['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction']);

/**
 * The message around the assertion. Unsigned, it gives no trust: every attribute that is there must fit all the
 * same, because an honest provider writes both. Signed, it must say where it was sent (saml-bindings, 3.5.5.2).
 */
export function checkOuter(response: XmlElement, expected: Expected, signed: boolean): void {
  const destination = attribute(response, 'Destination');
  if (signed && destination === undefined) throw untrusted('a signed response does not say its Destination');
  if (destination !== undefined && destination !== expected.destination) {
    throw untrusted('a response was sent to another Destination');
  }
  const issuer = childOf(response, NS.assertion, 'Issuer');
  if (issuer) checkIssuer(issuer, expected);
  checkInResponseTo(attribute(response, 'InResponseTo'), expected, 'a response');
  if (isFuture(requiredInstantOf(response, 'IssueInstant'), expected)) throw untrusted('a response is from the future');
}

export function checkAssertion(assertion: XmlElement, expected: Expected): void {
  checkIssuer(oneChildOf(assertion, NS.assertion, 'Issuer'), expected);
  if (isFuture(requiredInstantOf(assertion, 'IssueInstant'), expected))
    throw untrusted('an assertion is from the future');
  checkConditions(oneChildOf(assertion, NS.assertion, 'Conditions'), expected);
  checkSubject(oneChildOf(assertion, NS.assertion, 'Subject'), expected);
}

export function checkIssuer(issuer: XmlElement, expected: Pick<Expected, 'issuer'>): void {
  const format = attribute(issuer, 'Format');
  if (format !== undefined && format !== NAME_ID_FORMAT.entity) throw untrusted('an Issuer is not an entity');
  if (textOf(issuer) !== expected.issuer) throw untrusted('the Issuer is another identity provider');
}

function checkConditions(conditions: XmlElement, expected: Expected): void {
  const notBefore = instantOf(conditions, 'NotBefore');
  if (notBefore && isFuture(notBefore, expected)) throw untrusted('an assertion is not valid yet');
  const end = instantOf(conditions, 'NotOnOrAfter');
  if (end && isPast(end, expected)) throw untrusted('an assertion is not valid any more');
  // A condition that nobody understands is not fulfilled (saml-core, 2.5.1).
  if (elementsOf(conditions).some((each) => each.namespace !== NS.assertion || !CONDITIONS.has(each.local))) {
    throw untrusted('an assertion has a condition that is not understood');
  }
  const restrictions = childrenOf(conditions, NS.assertion, 'AudienceRestriction');
  if (restrictions.length === 0) throw untrusted('an assertion is not restricted to an audience');
  // All restrictions hold, each for any of its audiences; compared letter by letter (saml-core, 2.5.1.4).
  for (const restriction of restrictions) {
    const audiences = childrenOf(restriction, NS.assertion, 'Audience').map(textOf);
    if (!audiences.includes(expected.audience)) throw untrusted('an assertion is for another audience');
  }
}

function checkSubject(subject: XmlElement, expected: Expected): void {
  const confirmations = childrenOf(subject, NS.assertion, 'SubjectConfirmation');
  const bearers = confirmations.filter((each) => attribute(each, 'Method') === BEARER);
  if (bearers.length === 0) throw untrusted('an assertion has no bearer confirmation');
  const troubles = bearers.map((each) => bearerTrouble(each, expected));
  const [trouble] = troubles;
  if (trouble !== undefined && troubles.every((each) => each !== undefined)) throw untrusted(trouble);
}

/** saml-profiles, 4.1.4.2: one confirmation that fits is enough, and all of its four words must. */
function bearerTrouble(confirmation: XmlElement, expected: Expected): string | undefined {
  const data = childOf(confirmation, NS.assertion, 'SubjectConfirmationData');
  if (!data) return 'a bearer confirmation has no data';
  if (attribute(data, 'Recipient') !== expected.destination) return 'an assertion has another Recipient';
  if (attribute(data, 'NotBefore') !== undefined) return 'a bearer confirmation has a NotBefore, which is not allowed';
  const end = instantOf(data, 'NotOnOrAfter');
  if (!end) return 'a bearer confirmation has no NotOnOrAfter';
  if (isPast(end, expected)) return 'a bearer confirmation is not valid any more';
  return inResponseToTrouble(attribute(data, 'InResponseTo'), expected, 'a bearer confirmation');
}

/** Ends with the last bearer confirmation that fits: until then the same message would be accepted again. */
export function confirmedUntil(assertion: XmlElement, expected: Expected): Date {
  const subject = oneChildOf(assertion, NS.assertion, 'Subject');
  const ends = childrenOf(subject, NS.assertion, 'SubjectConfirmation')
    .filter((each) => attribute(each, 'Method') === BEARER && bearerTrouble(each, expected) === undefined)
    .map((each) => requiredInstantOf(oneChildOf(each, NS.assertion, 'SubjectConfirmationData'), 'NotOnOrAfter'));
  return new Date(Math.max(...ends.map((end) => end.getTime())) + expected.skewSec * 1000);
}

function checkInResponseTo(value: string | undefined, expected: Expected, what: string): void {
  const trouble = inResponseToTrouble(value, expected, what);
  if (trouble !== undefined) throw untrusted(trouble);
}

function inResponseToTrouble(value: string | undefined, { request }: Expected, what: string): string | undefined {
  if (request) return value === request.id ? undefined : `${what} does not answer the request of this browser`;
  return value === undefined ? undefined : `${what} answers a request that nobody here made`;
}
