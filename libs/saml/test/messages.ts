import { SignedXml } from 'xml-crypto';
import type { Pair } from './certificate.js';

/** Messages as identity providers write them, by templates and xml-crypto: nothing of libs/saml is used to make them. */
export const NOW = new Date('2030-01-01T12:00:00Z');
export const IDP = 'https://idp.acme.test/metadata';
export const SP = 'https://login.acme.test/sso/okta/metadata';
export const ACS = 'https://login.acme.test/sso/okta/acs';
export const REQUEST = '_request';

/** Who speaks with whom, about which request, and when. */
export interface Stage {
  now: Date;
  idp: string;
  sp: string;
  acs: string;
  request: string;
}

const STAGE: Stage = { now: NOW, idp: IDP, sp: SP, acs: ACS, request: REQUEST };

const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol';
const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion';

/** Every part that a test may want otherwise. XML as it stands: a part may be absent ('') or wrong. */
export interface AssertionParts {
  id: string;
  issuer: string;
  nameId: string;
  recipient: string;
  inResponseTo: string;
  confirmationEnds: string;
  confirmations: string;
  audience: string;
  restrictions: string;
  notBefore: string;
  notOnOrAfter: string;
  conditions: string;
  authnStatement: string;
  attributes: string;
  issueInstant: string;
  advice: string;
}

export interface ResponseParts {
  id: string;
  destination: string;
  inResponseTo: string;
  issuer: string;
  status: string;
  extensions: string;
  content: string;
  issueInstant: string;
}

export const STATUS_SUCCESS = `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>`;
export const nameId = (value: string): string =>
  `<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">${value}</saml:NameID>`;
export const attributeOf = (name: string, ...values: string[]): string =>
  `<saml:Attribute Name="${name}">${values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')}</saml:Attribute>`;
const instants =
  (now: Date) =>
  (seconds: number): string =>
    new Date(now.getTime() + seconds * 1000).toISOString();
const optional = (name: string, value: string): string => (value === '' ? '' : ` ${name}="${value}"`);

function writeAssertion({ now, idp, sp, acs, request }: Stage, parts: Partial<AssertionParts>): string {
  const at = instants(now);
  const recipient = parts.recipient ?? acs;
  const answers = optional('InResponseTo', parts.inResponseTo ?? request);
  const ends = optional('NotOnOrAfter', parts.confirmationEnds ?? at(300));
  const confirmations =
    parts.confirmations ??
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData${ends}${optional('Recipient', recipient)}${answers}/></saml:SubjectConfirmation>`;
  const restrictions =
    parts.restrictions ??
    `<saml:AudienceRestriction><saml:Audience>${parts.audience ?? sp}</saml:Audience></saml:AudienceRestriction>`;
  const conditions =
    parts.conditions ??
    `<saml:Conditions NotBefore="${parts.notBefore ?? at(-30)}" NotOnOrAfter="${parts.notOnOrAfter ?? at(300)}">${restrictions}</saml:Conditions>`;
  const statement =
    parts.authnStatement ??
    `<saml:AuthnStatement AuthnInstant="${at(-5)}" SessionIndex="_session"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
  const attributes = parts.attributes ?? attributeOf('email', 'alice@acme.test') + attributeOf('role', 'user', 'staff');
  const statements = attributes === '' ? '' : `<saml:AttributeStatement>${attributes}</saml:AttributeStatement>`;
  return `<saml:Assertion xmlns:saml="${ASSERTION}" ID="${parts.id ?? '_assertion'}" Version="2.0" IssueInstant="${parts.issueInstant ?? at(-5)}"><saml:Issuer>${parts.issuer ?? idp}</saml:Issuer><saml:Subject>${parts.nameId ?? nameId('alice')}${confirmations}</saml:Subject>${conditions}${parts.advice ?? ''}${statement}${statements}</saml:Assertion>`;
}

function writeResponse(stage: Stage, parts: Partial<ResponseParts>): string {
  const { acs, request, idp } = stage;
  const at = instants(stage.now);
  const outer = `${optional('Destination', parts.destination ?? acs)}${optional('InResponseTo', parts.inResponseTo ?? request)}`;
  const issuer =
    parts.issuer === '' ? '' : `<saml:Issuer xmlns:saml="${ASSERTION}">${parts.issuer ?? idp}</saml:Issuer>`;
  return `<samlp:Response xmlns:samlp="${PROTOCOL}" ID="${parts.id ?? '_response'}" Version="2.0" IssueInstant="${parts.issueInstant ?? at(-5)}"${outer}>${issuer}${parts.extensions ?? ''}${parts.status ?? STATUS_SUCCESS}${parts.content ?? writeAssertion(stage, {})}</samlp:Response>`;
}

export interface SigningOptions {
  signatureAlgorithm?: string;
  digestAlgorithm?: string;
  canonicalization?: string;
  transforms?: string[];
  inclusive?: string[];
  keyInfo?: boolean;
}

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

/** Signs the element with this ID and puts the signature behind its Issuer. */
export function signed(xml: string, id: string, pair: Pair, options: SigningOptions = {}): string {
  const element = `//*[@ID='${id}']`;
  const signer = new SignedXml({
    privateKey: pair.key,
    publicCert: options.keyInfo === false ? undefined : pair.certificate,
    signatureAlgorithm: options.signatureAlgorithm ?? 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: options.canonicalization ?? EXCLUSIVE,
  });
  signer.addReference({
    xpath: element,
    transforms: options.transforms ?? [ENVELOPED, options.canonicalization ?? EXCLUSIVE],
    digestAlgorithm: options.digestAlgorithm ?? 'http://www.w3.org/2001/04/xmlenc#sha256',
    ...(options.inclusive && { inclusiveNamespacesPrefixList: options.inclusive }),
  });
  const issued = new RegExp(`ID="${id}"[^>]*><(saml:)?Issuer`).test(xml);
  const location = issued
    ? { reference: `${element}/*[local-name(.)='Issuer']`, action: 'after' as const }
    : { reference: element, action: 'prepend' as const };
  signer.computeSignature(xml, { prefix: 'ds', location });
  return signer.getSignedXml();
}

/** Messages on one stage. `assertionSigned` and `responseSigned` are the two that must be accepted. */
export interface Messages {
  stage: Stage;
  at(seconds: number): string;
  assertion(parts?: Partial<AssertionParts>): string;
  response(parts?: Partial<ResponseParts>): string;
  assertionSigned(pair: Pair, parts?: Partial<AssertionParts>, outer?: Partial<ResponseParts>): string;
  responseSigned(pair: Pair, parts?: Partial<AssertionParts>, outer?: Partial<ResponseParts>): string;
}

export function messagesOn(stage: Stage): Messages {
  const assertion = (parts: Partial<AssertionParts> = {}): string => writeAssertion(stage, parts);
  const response = (parts: Partial<ResponseParts> = {}): string => writeResponse(stage, parts);
  return {
    stage,
    at: instants(stage.now),
    assertion,
    response,
    assertionSigned: (pair, parts = {}, outer = {}) =>
      signed(response({ ...outer, content: assertion(parts) }), parts.id ?? '_assertion', pair),
    responseSigned: (pair, parts = {}, outer = {}) =>
      signed(response({ ...outer, content: assertion(parts) }), outer.id ?? '_response', pair),
  };
}

/** On the stage of the tests of this library. */
export const MESSAGES = messagesOn(STAGE);
export const { at, assertion, response, assertionSigned, responseSigned } = MESSAGES;
