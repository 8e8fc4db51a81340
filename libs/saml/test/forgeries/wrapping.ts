import type { Pair } from '../certificate.js';
import { assertionSigned, responseSigned } from '../messages.js';
import { assertionIn, signatureIn, swap, withoutSignature, type Forgery } from './forgery.js';

/** The same element about somebody else, under an ID of its own. */
const evil = (xml: string): string =>
  swap(xml, 'alice', 'admin')
    .replace('alice@acme.test', 'admin@acme.test')
    .replace('ID="_assertion"', 'ID="_evil"')
    .replace('ID="_response"', 'ID="_evilresponse"');

const behindIssuer = (xml: string, what: string): string => swap(xml, /<\/saml:Issuer>/, `</saml:Issuer>${what}`);
const intoSignature = (signature: string, what: string): string =>
  swap(signature, '</ds:Signature>', `${what}</ds:Signature>`);
const intoObject = (signature: string, what: string): string =>
  intoSignature(signature, `<ds:Object>${what}</ds:Object>`);
const afterStatus = (xml: string, what: string): string => swap(xml, '</samlp:Status>', `</samlp:Status>${what}`);
const atEnd = (xml: string, what: string): string => swap(xml, '</samlp:Response>', `${what}</samlp:Response>`);
const behindOuterIssuer = (xml: string, what: string): string => behindIssuer(xml, what);

/** Wrapping (Somorovsky and others, "On Breaking SAML", 2012; numbers after SAML Raider). */
export function wrappings(pair: Pair, which: 'response' | 'assertion'): Forgery[] {
  return which === 'response' ? wrapSignedResponse(responseSigned(pair)) : wrapSignedAssertion(assertionSigned(pair));
}

/** Around a whole valid message, with the IDs `_response` and `_assertion`, about alice. */
export function wrapSignedResponse(whole: string): Forgery[] {
  const signature = signatureIn(whole);
  const bare = withoutSignature(whole);
  const forged = evil(bare);
  const forgedAssertion = evil(assertionIn(bare));
  const kept = assertionIn(bare);
  return [
    { name: 'XSW1', xml: behindOuterIssuer(forged, intoSignature(signature, bare)) },
    { name: 'XSW2', xml: behindOuterIssuer(forged, bare + signature) },
    { name: 'XSW3', xml: afterStatus(whole, forgedAssertion) },
    { name: 'XSW3b', xml: atEnd(whole, forgedAssertion) },
    { name: 'XSW4', xml: swap(whole, kept, swap(forgedAssertion, '</saml:Assertion>', `${kept}</saml:Assertion>`)) },
    { name: 'XSW5', xml: atEnd(behindOuterIssuer(forged, signature), bare) },
    { name: 'XSW6', xml: behindOuterIssuer(forged, swap(signature, '</ds:KeyInfo>', `</ds:KeyInfo>${bare}`)) },
    { name: 'XSW7', xml: behindOuterIssuer(whole, `<samlp:Extensions>${forgedAssertion}</samlp:Extensions>`) },
    { name: 'XSW8', xml: behindOuterIssuer(forged, intoObject(signature, bare)) },
    {
      name: 'XSW9',
      xml: behindOuterIssuer(
        swap(forged, '</samlp:Status>', `<samlp:StatusDetail>${bare}</samlp:StatusDetail></samlp:Status>`),
        signature,
      ),
    },
    {
      name: 'XSW of the original in Extensions',
      xml: behindOuterIssuer(forged, `${signature}<samlp:Extensions>${bare}</samlp:Extensions>`),
    },
    { name: 'XSW of the original behind the end', xml: behindOuterIssuer(forged, signature) + bare },
    {
      name: 'XSW under the same ID',
      xml: behindOuterIssuer(swap(bare, 'alice', 'admin'), intoObject(signature, bare)),
    },
  ];
}

export function wrapSignedAssertion(whole: string): Forgery[] {
  const original = assertionIn(whole);
  const signature = signatureIn(original);
  const bare = withoutSignature(original);
  const forged = evil(bare);
  const around = (content: string): string => swap(whole, original, content);
  return [
    { name: 'XSW1', xml: around(behindIssuer(forged, intoSignature(signature, original))) },
    { name: 'XSW2', xml: around(behindIssuer(forged, bare + signature)) },
    { name: 'XSW3', xml: around(forged + original) },
    { name: 'XSW3b', xml: around(original + forged) },
    { name: 'XSW4', xml: around(swap(forged, '</saml:Assertion>', `${original}</saml:Assertion>`)) },
    { name: 'XSW5', xml: around(behindIssuer(forged, signature) + bare) },
    { name: 'XSW6', xml: around(behindIssuer(forged, intoSignature(signature, bare))) },
    { name: 'XSW7', xml: behindOuterIssuer(whole, `<samlp:Extensions>${forged}</samlp:Extensions>`) },
    { name: 'XSW8', xml: around(behindIssuer(forged, intoObject(signature, bare))) },
    {
      name: 'XSW9',
      xml: swap(
        around(forged),
        '</samlp:Status>',
        `<samlp:StatusDetail>${original}</samlp:StatusDetail></samlp:Status>`,
      ),
    },
    {
      name: 'XSW into StatusDetail',
      xml: swap(whole, '</samlp:Status>', `<samlp:StatusDetail>${forged}</samlp:StatusDetail></samlp:Status>`),
    },
    {
      name: 'XSW into Advice',
      xml: around(swap(original, '<saml:AuthnStatement', `<saml:Advice>${forged}</saml:Advice><saml:AuthnStatement`)),
    },
    {
      name: 'XSW of the original in Advice',
      xml: around(
        behindIssuer(
          swap(forged, '<saml:AuthnStatement', `<saml:Advice>${bare}</saml:Advice><saml:AuthnStatement`),
          signature,
        ),
      ),
    },
    { name: 'XSW under the same ID', xml: around(swap(bare, 'alice', 'admin') + original) },
    { name: 'XSW under the same ID, behind', xml: around(original + swap(bare, 'alice', 'admin')) },
    {
      name: 'XSW by a copy with the signature',
      xml: around(original + swap(swap(original, 'alice', 'admin'), 'ID="_assertion"', 'ID="_evil"')),
    },
    {
      name: 'XSW with an EncryptedAssertion beside',
      xml: around(`${original}<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"/>`),
    },
    { name: 'XSW with the forged one in a foreign element', xml: around(`<x xmlns="urn:x">${forged}</x>${original}`) },
    {
      name: 'XSW of the response inside the assertion',
      xml: around(behindIssuer(forged, intoObject(signature, whole))),
    },
  ];
}
