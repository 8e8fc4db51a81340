import type { Pair } from '../certificate.js';
import { attributeOf, MESSAGES, nameId, signed, STATUS_SUCCESS, type Messages } from '../messages.js';
import { lazily, swap, type Forgery } from './forgery.js';

/** Signed by the right key, yet not what this service provider may take (saml-profiles-2.0, 4.1.4). */
export function wrongProfiles(pair: Pair, messages: Messages = MESSAGES): Forgery[] {
  const { at, assertion, response, assertionSigned, responseSigned } = messages;
  const { acs, sp, request } = messages.stage;
  const a = (parts: Parameters<typeof assertion>[0], outer = {}) => assertionSigned(pair, parts, outer);
  const bearer = (data: string): string =>
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">${data}</saml:SubjectConfirmation>`;
  const data = (attributes: string): string => bearer(`<saml:SubjectConfirmationData ${attributes}/>`);
  const fit = `Recipient="${acs}" InResponseTo="${request}" NotOnOrAfter="${at(300)}"`;
  const restriction = (audience: string): string =>
    `<saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction>`;
  const failed = (code: string): string =>
    `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${code}"/></samlp:Status>`;
  const statement = (attributes: string): string =>
    `<saml:AuthnStatement ${attributes}><saml:AuthnContext><saml:AuthnContextClassRef>urn:x</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
  return lazily([
    { name: 'another Destination', xml: () => responseSigned(pair, {}, { destination: 'https://other.test/acs' }) },
    {
      name: 'another Destination, around a signed assertion',
      xml: () => a({}, { destination: 'https://other.test/acs' }),
    },
    { name: 'no Destination on a signed response', xml: () => responseSigned(pair, {}, { destination: '' }) },
    { name: 'another Recipient', xml: () => a({ recipient: 'https://other.test/acs' }) },
    { name: 'no Recipient', xml: () => a({ recipient: '' }) },
    { name: 'another audience', xml: () => a({ audience: 'https://other.test/sp' }) },
    { name: 'an audience with a slash behind', xml: () => a({ audience: `${sp}/` }) },
    { name: 'an audience in capitals', xml: () => a({ audience: sp.toUpperCase() }) },
    { name: 'an audience that begins alike', xml: () => a({ audience: sp.slice(0, -1) }) },
    { name: 'an audience with white space', xml: () => a({ audience: ` ${sp} ` }) },
    {
      name: 'two audience restrictions, of which one fits',
      xml: () => a({ restrictions: restriction(sp) + restriction('https://other.test/sp') }),
    },
    { name: 'no audience restriction', xml: () => a({ restrictions: '' }) },
    { name: 'no conditions', xml: () => a({ conditions: '' }) },
    {
      name: 'a condition that nobody knows',
      xml: () =>
        a({
          restrictions: `${restriction(sp)}<saml:Condition xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="x"/>`,
        }),
    },
    { name: 'conditions that have ended', xml: () => a({ notOnOrAfter: at(-600) }) },
    { name: 'conditions that have not begun', xml: () => a({ notBefore: at(600) }) },
    { name: 'no subject confirmation', xml: () => a({ confirmations: '' }) },
    {
      name: 'a holder-of-key confirmation',
      xml: () => a({ confirmations: swap(data(fit), 'cm:bearer', 'cm:holder-of-key') }),
    },
    {
      name: 'a sender-vouches confirmation',
      xml: () => a({ confirmations: swap(data(fit), 'cm:bearer', 'cm:sender-vouches') }),
    },
    { name: 'a bearer confirmation without data', xml: () => a({ confirmations: bearer('') }) },
    { name: 'a bearer confirmation that has ended', xml: () => a({ confirmationEnds: at(-600) }) },
    { name: 'a bearer confirmation without end', xml: () => a({ confirmationEnds: '' }) },
    {
      name: 'a bearer confirmation with NotBefore',
      xml: () => a({ confirmations: data(`${fit} NotBefore="${at(-60)}"`) }),
    },
    { name: 'an answer to an unknown request', xml: () => a({ inResponseTo: '_never' }, { inResponseTo: '_never' }) },
    { name: 'unsolicited', xml: () => a({ inResponseTo: '' }, { inResponseTo: '' }) },
    { name: 'InResponseTo within and not without', xml: () => a({}, { inResponseTo: '' }) },
    { name: 'InResponseTo without and not within', xml: () => a({ inResponseTo: '' }) },
    { name: 'two InResponseTo that differ', xml: () => a({ inResponseTo: '_other' }) },
    {
      name: 'two InResponseTo that differ, the response signed',
      xml: () => responseSigned(pair, {}, { inResponseTo: '_other' }),
    },
    {
      name: 'another Issuer by the right key',
      xml: () => a({ issuer: 'https://other.test/idp' }, { issuer: 'https://other.test/idp' }),
    },
    { name: 'an Issuer of the response that differs', xml: () => a({}, { issuer: 'https://other.test/idp' }) },
    {
      name: 'an Issuer of the assertion that differs',
      xml: () => responseSigned(pair, { issuer: 'https://other.test/idp' }),
    },
    {
      name: 'an Issuer that is not an entity',
      xml: () =>
        signed(
          response({
            content: swap(
              assertion(),
              '<saml:Issuer>',
              '<saml:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">',
            ),
          }),
          '_assertion',
          pair,
        ),
    },
    { name: 'no success, and an assertion', xml: () => a({}, { status: failed('Responder') }) },
    {
      name: 'no success, and an assertion, all signed',
      xml: () => responseSigned(pair, {}, { status: failed('AuthnFailed') }),
    },
    { name: 'no status', xml: () => a({}, { status: '' }) },
    { name: 'two statuses', xml: () => a({}, { status: failed('Responder') + STATUS_SUCCESS }) },
    { name: 'no authentication statement', xml: () => a({ authnStatement: '' }) },
    {
      name: 'an authentication in the future',
      xml: () => a({ authnStatement: statement(`AuthnInstant="${at(600)}"`) }),
    },
    {
      name: 'a session that has ended',
      xml: () => a({ authnStatement: statement(`AuthnInstant="${at(-5)}" SessionNotOnOrAfter="${at(-600)}"`) }),
    },
    { name: 'a time without zone', xml: () => a({ notOnOrAfter: at(300).replace('Z', '') }) },
    { name: 'a time with another zone', xml: () => a({ notOnOrAfter: at(300).replace('Z', '+00:00') }) },
    {
      name: 'two signed assertions',
      xml: () =>
        signed(
          signed(
            response({ content: assertion() + assertion({ id: '_second', nameId: nameId('bob') }) }),
            '_assertion',
            pair,
          ),
          '_second',
          pair,
        ),
    },
    {
      name: 'version 1.1',
      xml: () => signed(response({ content: swap(assertion(), 'Version="2.0"', 'Version="1.1"') }), '_assertion', pair),
    },
    {
      name: 'a NameID with a comment, signed so',
      xml: () => a({ nameId: nameId('admin@acme.test<!---->.evil.test') }),
    },
    { name: 'a NameID with an element', xml: () => a({ nameId: nameId('a<b/>dmin') }) },
    { name: 'a NameID with CDATA, signed so', xml: () => a({ nameId: nameId('admin<![CDATA[@acme.test]]>') }) },
    {
      name: 'an attribute with an element in its text',
      xml: () => a({ attributes: attributeOf('role', 'ad<b xmlns="urn:x"/>min') }),
    },
    { name: 'an empty NameID', xml: () => a({ nameId: nameId('') }) },
    { name: 'a NameID with white space around it', xml: () => a({ nameId: nameId(' alice ') }) },
    { name: 'two NameIDs', xml: () => a({ nameId: nameId('alice') + nameId('admin') }) },
    { name: 'a NameID of 2,000 characters', xml: () => a({ nameId: nameId('x'.repeat(2000)) }) },
    {
      name: '300 attributes',
      xml: () => a({ attributes: Array.from({ length: 300 }, (_, i) => attributeOf(`a${i}`, 'x')).join('') }),
    },
  ]);
}
