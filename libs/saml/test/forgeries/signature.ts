import { createHmac } from 'node:crypto';
import type { Pair } from '../certificate.js';
import { MESSAGES, signed, type Messages } from '../messages.js';
import { part, signatureIn, swap, withoutSignature, type Forgery } from './forgery.js';

/** The signature itself bent: what it refers to, how, by what. Each from a message that is valid without the bend. */
export function bentSignatures(pair: Pair, stranger: Pair, messages: Messages = MESSAGES): Forgery[] {
  const { assertion, assertionSigned, response } = messages;
  const good = assertionSigned(pair);
  const info = part(good, /<ds:SignedInfo>.*<\/ds:SignedInfo>/s);
  const digest = part(good, /<ds:DigestValue>.*<\/ds:DigestValue>/s);
  const value = part(good, /<ds:SignatureValue>.*<\/ds:SignatureValue>/s);
  const reference = part(good, /<ds:Reference .*<\/ds:Reference>/s);
  const hmac = 'http://www.w3.org/2000/09/xmldsig#hmac-sha1';
  const tampered = swap(good, '>alice<', '>admin<');
  const byStranger = assertionSigned(stranger);
  const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#';
  const content = response({ content: assertion() });
  return [
    { name: 'no signature at all', xml: withoutSignature(good) },
    { name: 'an empty SignatureValue', xml: swap(good, value, '<ds:SignatureValue></ds:SignatureValue>') },
    {
      name: 'a SignatureValue of zeros',
      xml: swap(good, value, `<ds:SignatureValue>${Buffer.alloc(256).toString('base64')}</ds:SignatureValue>`),
    },
    { name: 'two SignedInfo', xml: swap(good, info, info + swap(info, '_assertion', '_other')) },
    { name: 'two SignedInfo, the forged one first', xml: swap(good, info, swap(info, '_assertion', '_other') + info) },
    { name: 'SignedInfo inside of another element', xml: swap(good, info, `<ds:x>${info}</ds:x>`) },
    { name: 'a comment in DigestValue', xml: swap(tampered, digest, swap(digest, '>', '><!--forged-->')) },
    { name: 'a second DigestValue', xml: swap(good, digest, digest + digest) },
    { name: 'two references', xml: swap(good, reference, reference + reference) },
    { name: 'a second signature, by a stranger', xml: behindSecondIssuer(good, signatureIn(byStranger)) },
    { name: 'signed by a stranger who brings his certificate', xml: byStranger },
    { name: 'a changed name', xml: tampered },
    { name: 'a changed attribute', xml: swap(good, '>user<', '>admin<') },
    { name: 'HMAC keyed with the public certificate', xml: hmacForgery(good, info, value, hmac, pair) },
    {
      name: 'rsa-sha1 with a SHA-1 digest',
      xml: signed(content, '_assertion', pair, {
        signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
        digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1',
      }),
    },
    {
      name: 'rsa-sha256 with a SHA-1 digest',
      xml: signed(content, '_assertion', pair, { digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1' }),
    },
    { name: 'rsa-md5', xml: swap(good, 'xmldsig-more#rsa-sha256', 'xmldsig-more#rsa-md5') },
    { name: 'an md5 digest', xml: swap(good, '2001/04/xmlenc#sha256', '2001/04/xmldsig-more#md5') },
    {
      name: 'canonical XML with comments',
      xml: signed(content, '_assertion', pair, { canonicalization: `${exclusive}WithComments` }),
    },
    {
      name: 'inclusive canonical XML',
      xml: signed(content, '_assertion', pair, { canonicalization: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }),
    },
    {
      name: 'canonicalization alone, without the enveloped signature',
      xml: swap(good, /<ds:Transform Algorithm="[^"]*enveloped-signature"\/>/, ''),
    },
    { name: 'the enveloped signature alone', xml: swap(good, `<ds:Transform Algorithm="${exclusive}"/>`, '') },
    {
      name: 'an XSLT transform',
      xml: swap(
        good,
        '<ds:Transforms>',
        '<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><x xmlns="http://www.w3.org/1999/XSL/Transform"/></ds:Transform>',
      ),
    },
    {
      name: 'an XPath transform',
      xml: swap(
        good,
        '<ds:Transforms>',
        '<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"><ds:XPath>not(self::x)</ds:XPath></ds:Transform>',
      ),
    },
    {
      name: 'a Base64 transform',
      xml: swap(
        good,
        '</ds:Transforms>',
        '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#base64"/></ds:Transforms>',
      ),
    },
    { name: 'a reference to the whole document', xml: swap(good, 'URI="#_assertion"', 'URI=""') },
    { name: 'a reference without URI', xml: swap(good, ' URI="#_assertion"', '') },
    { name: 'a reference by XPointer', xml: swap(good, 'URI="#_assertion"', `URI="#xpointer(id('_assertion'))"`) },
    { name: 'a reference by XPointer to the root', xml: swap(good, 'URI="#_assertion"', 'URI="#xpointer(/)"') },
    { name: 'a reference to another element', xml: swap(good, 'URI="#_assertion"', 'URI="#_response"') },
    { name: 'a reference to an address', xml: swap(good, 'URI="#_assertion"', 'URI="https://evil.test/x"') },
    {
      name: 'a RetrievalMethod instead of the signature value',
      xml: swap(good, value, '<ds:RetrievalMethod URI="http://127.0.0.1:1/key"/>'),
    },
    { name: 'a signature moved to the end of the assertion', xml: moved(good) },
    { name: 'an assertion without ID', xml: swap(good, ' ID="_assertion"', '') },
  ];
}

const behindSecondIssuer = (xml: string, what: string): string => swap(xml, signatureIn(xml), signatureIn(xml) + what);

function moved(xml: string): string {
  const signature = signatureIn(xml);
  return swap(swap(xml, signature, ''), '</saml:Assertion>', `${signature}</saml:Assertion>`);
}

function hmacForgery(good: string, info: string, value: string, algorithm: string, pair: Pair): string {
  const forged = swap(info, 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', algorithm);
  const mac = createHmac('sha1', pair.certificate).update(forged).digest('base64');
  return swap(swap(good, info, forged), value, `<ds:SignatureValue>${mac}</ds:SignatureValue>`);
}
