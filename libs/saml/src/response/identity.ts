import { Refusal } from '@passbroker/model';
import { instantOf, isFuture, isPast, requiredInstantOf } from '../instant.js';
import { NS } from '../names.js';
import {
  attribute,
  childOf,
  childrenOf,
  elementsOf,
  is,
  isElement,
  oneChildOf,
  textOf,
  type XmlElement,
} from '../xml/element.js';
import type { Expected } from './expected.js';
import { confirmedUntil } from './profile.js';

export interface NameId {
  value: string;
  format?: string;
  nameQualifier?: string;
  spNameQualifier?: string;
}

export interface SamlAttribute {
  name: string;
  friendlyName?: string;
  values: string[];
}

/** Who a response is about. Every word of it was signed. */
export interface SamlIdentity {
  /** ID of the assertion: used once, until `usableUntil`. */
  assertion: string;
  usableUntil: Date;
  nameId?: NameId;
  attributes: SamlAttribute[];
  authenticatedAt: Date;
  context?: string;
  sessionIndex?: string;
  /** The session here must not outlive this. */
  sessionUntil?: Date;
  signedBy: { fingerprint: string; sha1: boolean };
}

const LONGEST_NAME = 1024;
const MOST_ATTRIBUTES = 200;
const untrusted = (detail: string): Refusal => new Refusal('upstream.untrusted', detail);
const malformed = (detail: string): Refusal => new Refusal('upstream.malformed', detail);

export function readIdentity(
  assertion: XmlElement,
  expected: Expected,
  signedBy: SamlIdentity['signedBy'],
): SamlIdentity {
  const nameId = readSubject(oneChildOf(assertion, NS.assertion, 'Subject'));
  return {
    assertion: attribute(assertion, 'ID') ?? '',
    usableUntil: confirmedUntil(assertion, expected),
    ...(nameId && { nameId }),
    attributes: readAttributes(assertion),
    ...readAuthentication(assertion, expected),
    signedBy,
  };
}

function readSubject(subject: XmlElement): NameId | undefined {
  if (childOf(subject, NS.assertion, 'EncryptedID'))
    throw malformed('an encrypted NameID is not read: encrypt the assertion');
  const element = childOf(subject, NS.assertion, 'NameID');
  return element && readNameId(element);
}

/** Whole, as it stands: cut off, trimmed or folded, two people's names could become one. */
export function readNameId(element: XmlElement): NameId {
  const value = textOf(element);
  if (value === '' || value.length > LONGEST_NAME) throw malformed('a NameID is empty or too long');
  if (value !== value.trim() || /\p{Cc}/u.test(value))
    throw malformed('a NameID has white space around it, or line ends');
  const format = attribute(element, 'Format');
  const nameQualifier = attribute(element, 'NameQualifier');
  const spNameQualifier = attribute(element, 'SPNameQualifier');
  return {
    value,
    ...(format !== undefined && { format }),
    ...(nameQualifier !== undefined && { nameQualifier }),
    ...(spNameQualifier !== undefined && { spNameQualifier }),
  };
}

/** Statements may repeat a name; its values add up. */
function readAttributes(assertion: XmlElement): SamlAttribute[] {
  const read = new Map<string, SamlAttribute>();
  for (const statement of childrenOf(assertion, NS.assertion, 'AttributeStatement')) {
    if (childOf(statement, NS.assertion, 'EncryptedAttribute')) throw malformed('an encrypted attribute is not read');
    for (const element of childrenOf(statement, NS.assertion, 'Attribute')) {
      const name = attribute(element, 'Name');
      if (!name) throw malformed('an attribute has no name');
      const friendlyName = attribute(element, 'FriendlyName');
      const values = childrenOf(element, NS.assertion, 'AttributeValue').map(readValue);
      const known = read.get(name);
      if (known) known.values.push(...values);
      else read.set(name, { name, ...(friendlyName !== undefined && { friendlyName }), values });
    }
  }
  if (read.size > MOST_ATTRIBUTES) throw malformed(`an assertion has more than ${MOST_ATTRIBUTES} attributes`);
  return [...read.values()];
}

/** Text; or a NameID, as Shibboleth writes eduPersonTargetedID. */
function readValue(value: XmlElement): string {
  const [only, more] = elementsOf(value);
  const alone = value.children.every((child) => isElement(child) || child.trim() === '');
  return only && !more && alone && is(only, NS.assertion, 'NameID') ? readNameId(only).value : textOf(value);
}

function readAuthentication(assertion: XmlElement, expected: Expected) {
  const statements = childrenOf(assertion, NS.assertion, 'AuthnStatement');
  const [statement] = statements;
  if (!statement) throw untrusted('an assertion does not say how somebody signed in');
  const authenticatedAt = requiredInstantOf(statement, 'AuthnInstant');
  if (isFuture(authenticatedAt, expected)) throw untrusted('somebody signed in in the future');
  const since = expected.request?.freshSince;
  if (since && authenticatedAt.getTime() + expected.skewSec * 1000 < since.getTime()) {
    throw untrusted('a fresh sign-in was asked for, and an old one was given');
  }
  const context = contextOf(statement);
  if (expected.contexts.length > 0 && !(context !== undefined && expected.contexts.includes(context))) {
    throw untrusted('somebody signed in in another way than was asked for');
  }
  const sessionIndex = attribute(statement, 'SessionIndex');
  const sessionUntil = earliest(statements.map((each) => instantOf(each, 'SessionNotOnOrAfter')));
  if (sessionUntil && isPast(sessionUntil, expected)) throw untrusted('the session upstream has ended already');
  return {
    authenticatedAt,
    ...(context !== undefined && { context }),
    ...(sessionIndex !== undefined && { sessionIndex }),
    ...(sessionUntil && { sessionUntil }),
  };
}

function contextOf(statement: XmlElement): string | undefined {
  const context = childOf(statement, NS.assertion, 'AuthnContext');
  const reference = context && childOf(context, NS.assertion, 'AuthnContextClassRef');
  return reference && textOf(reference);
}

const earliest = (instants: readonly (Date | undefined)[]): Date | undefined =>
  instants.reduce((first, each) => (!first || (each && each < first) ? each : first), undefined);
