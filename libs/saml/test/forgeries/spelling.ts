import type { Pair } from '../certificate.js';
import { assertion, assertionSigned, IDP, response, signed } from '../messages.js';
import { swap, type Forgery } from './forgery.js';

/** Other spellings of the same tree, which honest software may write: read, and read alike. */
export function spellings(pair: Pair): Forgery[] {
  const good = assertionSigned(pair);
  return [
    { name: 'a declaration', xml: `<?xml version="1.0" encoding="UTF-8"?>\n${good}\n` },
    { name: 'a byte order mark', xml: `\ufeff${good}` },
    { name: 'another quote', xml: swap(good, 'ID="_assertion"', "ID='_assertion'") },
    {
      name: 'attributes in another order',
      xml: swap(good, 'ID="_assertion" Version="2.0"', 'Version="2.0"  ID="_assertion"'),
    },
    { name: 'a character reference', xml: swap(good, '>alice<', '>&#97;l&#x69;ce<') },
    {
      name: 'line ends of Windows in a signature value',
      xml: swap(good, /<\/ds:SignatureValue>/, '\r\n</ds:SignatureValue>'),
    },
    {
      name: 'an empty element written in full',
      xml: swap(
        good,
        /(<samlp:StatusCode [^>]*)\/>/,
        `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"></samlp:StatusCode>`,
      ),
    },
    {
      name: 'another prefix outside of the assertion',
      xml: good.replaceAll('samlp:', 'p:').replaceAll(':samlp', ':p'),
    },
    {
      name: 'inclusive prefixes',
      xml: signed(
        response({
          content: swap(
            assertion(),
            '<saml:Assertion ',
            '<saml:Assertion xmlns:xs="http://www.w3.org/2001/XMLSchema" ',
          ),
        }),
        '_assertion',
        pair,
        { inclusive: ['xs'] },
      ),
    },
    { name: 'response and assertion signed', xml: signed(assertionSigned(pair), '_response', pair) },
    { name: 'no certificate in the signature', xml: signed(response(), '_assertion', pair, { keyInfo: false }) },
    { name: 'no Issuer on the response', xml: assertionSigned(pair, {}, { issuer: '' }) },
    { name: 'Issuer', xml: assertionSigned(pair, { issuer: IDP }) },
  ];
}
