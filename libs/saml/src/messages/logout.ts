import { Refusal } from '@passbroker/model';
import { instantOf, isFuture, isPast, requiredInstantOf, type Clock } from '../instant.js';
import { NS, STATUS } from '../names.js';
import { requireMessage, requireSignaturesInPlace, requireUniqueIds, signatureOf } from '../response/envelope.js';
import { readNameId, type NameId } from '../response/identity.js';
import { checkIssuer } from '../response/profile.js';
import { statusOf } from '../response/status.js';
import { verifySignature, type Trust } from '../signature/verify.js';
import { attribute, childrenOf, oneChildOf, textOf, type XmlElement } from '../xml/element.js';
import { readXml } from '../xml/read-xml.js';
import { markup, optional } from '../xml/write.js';
import { verifyBeside, type Received } from './redirect.js';

/** What a message about signing out is held against. */
export interface ExpectedLogout extends Clock {
  issuer: string;
  trust: Trust;
  destination: string;
}

export interface LogoutRequest {
  id: string;
  nameId: NameId;
  /** Empty: all sessions of this person. */
  sessionIndexes: string[];
  /** Until when this message could be used again. */
  usableUntil: Date;
}

export interface LogoutResponse {
  inResponseTo: string;
  /** False when upstream, or somebody behind it, could not end everything. */
  complete: boolean;
}

interface Written {
  id: string;
  issuedAt: Date;
  issuer: string;
  destination: string;
}

/** A logout message without an end of its own is old after this. */
const LIFETIME_SEC = 300;
const untrusted = (detail: string): Refusal => new Refusal('upstream.untrusted', detail);

/**
 * Signed in any case: whoever could end sessions without being known would do so to everybody.
 *
 * @see saml-profiles-2.0, 4.4.4.1
 * @throws Refusal upstream.untrusted, upstream.malformed
 */
export function readLogoutRequest(received: Received, expected: ExpectedLogout): LogoutRequest {
  const request = open(received, 'LogoutRequest', expected);
  const notOnOrAfter = instantOf(request, 'NotOnOrAfter');
  if (notOnOrAfter && isPast(notOnOrAfter, expected)) throw untrusted('a LogoutRequest is not valid any more');
  const usableUntil =
    notOnOrAfter ?? new Date(requiredInstantOf(request, 'IssueInstant').getTime() + LIFETIME_SEC * 1000);
  return {
    id: attribute(request, 'ID') ?? '',
    nameId: readNameId(oneChildOf(request, NS.assertion, 'NameID')),
    sessionIndexes: childrenOf(request, NS.protocol, 'SessionIndex').map(textOf),
    usableUntil: new Date(usableUntil.getTime() + expected.skewSec * 1000),
  };
}

/** @throws Refusal upstream.untrusted, upstream.malformed; upstream.refused when nothing at all was ended there */
export function readLogoutResponse(received: Received, expected: ExpectedLogout): LogoutResponse {
  const response = open(received, 'LogoutResponse', expected);
  const status = statusOf(response);
  const partial = status.reason === STATUS.partialLogout || status.code === STATUS.partialLogout;
  if (status.code !== STATUS.success && !partial) {
    throw new Refusal(
      'upstream.refused',
      `the identity provider did not sign out: ${status.reason ?? status.code}`.slice(0, 300),
    );
  }
  return { inResponseTo: attribute(response, 'InResponseTo') ?? '', complete: !partial };
}

export function writeLogoutRequest(about: Written & { nameId: NameId; sessionIndex?: string }): string {
  const { value, format, nameQualifier, spNameQualifier } = about.nameId;
  const qualifiers = markup`${optional('NameQualifier', nameQualifier)}${optional('SPNameQualifier', spNameQualifier)}`;
  const nameId = markup`<saml:NameID${optional('Format', format)}${qualifiers}>${value}</saml:NameID>`;
  const index =
    about.sessionIndex !== undefined && markup`<samlp:SessionIndex>${about.sessionIndex}</samlp:SessionIndex>`;
  const end = new Date(about.issuedAt.getTime() + LIFETIME_SEC * 1000).toISOString();
  return markup`<samlp:LogoutRequest xmlns:samlp="${NS.protocol}" xmlns:saml="${NS.assertion}" ID="${about.id}" Version="2.0" IssueInstant="${about.issuedAt.toISOString()}" Destination="${about.destination}" NotOnOrAfter="${end}"><saml:Issuer>${about.issuer}</saml:Issuer>${nameId}${index}</samlp:LogoutRequest>`.toString();
}

export function writeLogoutResponse(about: Written & { inResponseTo: string; status?: string }): string {
  const status = about.status ?? STATUS.success;
  return markup`<samlp:LogoutResponse xmlns:samlp="${NS.protocol}" xmlns:saml="${NS.assertion}" ID="${about.id}" Version="2.0" IssueInstant="${about.issuedAt.toISOString()}" Destination="${about.destination}" InResponseTo="${about.inResponseTo}"><saml:Issuer>${about.issuer}</saml:Issuer><samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status></samlp:LogoutResponse>`.toString();
}

/** As strict as a response: one root, unique IDs, signed whole, and read from what was signed. */
function open(received: Received, local: string, expected: ExpectedLogout): XmlElement {
  const posted = readXml(received.bytes);
  requireMessage(posted, local);
  requireUniqueIds(posted);
  const message = verified(received, posted, expected.trust);
  checkIssuer(oneChildOf(message, NS.assertion, 'Issuer'), expected);
  if (attribute(message, 'Destination') !== expected.destination)
    throw untrusted(`a ${local} was sent to another Destination`);
  const issued = requiredInstantOf(message, 'IssueInstant');
  if (isFuture(issued, expected)) throw untrusted(`a ${local} is from the future`);
  if (isPast(new Date(issued.getTime() + LIFETIME_SEC * 1000), expected)) throw untrusted(`a ${local} is too old`);
  return message;
}

function verified(received: Received, posted: XmlElement, trust: Trust): XmlElement {
  const signature = signatureOf(posted);
  if (received.beside) {
    requireSignaturesInPlace(posted, signature ? [posted] : []);
    verifyBeside(received.beside, trust);
    return posted;
  }
  requireSignaturesInPlace(posted, [posted]);
  if (!signature) throw untrusted(`a ${posted.local} is not signed`);
  return readXml(verifySignature(posted, signature, trust).bytes);
}
