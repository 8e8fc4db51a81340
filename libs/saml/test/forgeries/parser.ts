import type { Pair } from '../certificate.js';
import { assertionSigned } from '../messages.js';
import { swap, type Forgery } from './forgery.js';

/** One text, several parsers, several trees. Refused, whoever signed it. */
export const differentials = (pair: Pair): Forgery[] => parserTricks(assertionSigned(pair));

/** On a whole valid message about alice, a user. */
export function parserTricks(good: string): Forgery[] {
  const into = (text: string): string => swap(good, '>alice<', `>${text}<`);
  const script = '<script xmlns="http://www.w3.org/1999/xhtml"><x></script>';
  const entity = (declared: string, used: string): string =>
    `<!DOCTYPE x [${declared}]>${good.replace('>alice<', `>${used}<`)}`;
  const laughs = Array.from({ length: 10 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
  return [
    { name: 'a comment put into NameID', xml: into('ali<!-- -->ce') },
    { name: 'a comment before the end of NameID', xml: into('alice<!---->') },
    { name: 'a comment in an attribute value', xml: swap(good, '>user<', '>us<!---->er<') },
    { name: 'a comment before the root', xml: `<!-- x -->${good}` },
    { name: 'a comment behind the root', xml: `${good}<!-- x -->` },
    { name: 'CDATA put into NameID', xml: into('<![CDATA[alice]]>') },
    { name: 'CDATA in part of NameID', xml: into('ali<![CDATA[ce]]>') },
    { name: 'a processing instruction in NameID', xml: into('ali<?x y?>ce') },
    { name: 'a style sheet', xml: `<?xml-stylesheet href="http://127.0.0.1:1/"?>${good}` },
    { name: 'a DOCTYPE', xml: `<!DOCTYPE Response>${good}` },
    { name: 'a DOCTYPE in small letters', xml: `<!doctype Response>${good}` },
    { name: 'a DOCTYPE with an entity', xml: entity('<!ENTITY e "alice">', '&e;') },
    { name: 'an external entity', xml: entity('<!ENTITY e SYSTEM "file:///etc/passwd">', '&e;') },
    { name: 'a parameter entity', xml: entity('<!ENTITY % e SYSTEM "http://127.0.0.1:1/x">%e;', 'alice') },
    { name: 'a billion laughs', xml: entity(`<!ENTITY l0 "lol">${laughs}`, '&l10;') },
    {
      name: 'a notation that changes the tree',
      xml: entity('<!NOTATION n PUBLIC "x"><!ATTLIST x y CDATA "z">', 'alice'),
    },
    { name: 'an undeclared entity', xml: into('ali&nbsp;ce') },
    { name: 'an ampersand alone', xml: into('ali&ce') },
    { name: 'a reference to no character', xml: into('alice&#0;') },
    { name: 'a reference to a surrogate', xml: into('alice&#xD800;') },
    { name: 'a reference beyond Unicode', xml: into('alice&#x110000;') },
    { name: 'a NUL', xml: into('alice\0') },
    { name: 'a control character', xml: into('alice\x08') },
    { name: 'the end of CDATA in text', xml: into('alice]]>') },
    { name: 'text before the root', xml: `x${good}` },
    { name: 'text behind the root', xml: `${good}x` },
    { name: 'two roots', xml: good + good },
    { name: 'a second root of another kind', xml: `${good}<x/>` },
    { name: 'a root around it', xml: `<x>${good}</x>` },
    { name: 'two declarations', xml: `<?xml version="1.0"?><?xml version="1.0"?>${good}` },
    { name: 'a declaration behind white space', xml: ` <?xml version="1.0"?>${good}` },
    { name: 'another encoding', xml: `<?xml version="1.0" encoding="ISO-8859-1"?>${good}` },
    { name: 'XML 1.1', xml: `<?xml version="1.1"?>${good}` },
    { name: 'an attribute twice', xml: swap(good, 'ID="_response"', 'ID="_response" ID="_other"') },
    {
      name: 'an attribute twice by two prefixes',
      xml: swap(good, 'ID="_response"', 'ID="_response" xmlns:p="urn:p" xmlns:q="urn:p" p:x="1" q:x="2"'),
    },
    { name: 'an attribute without quotes', xml: swap(good, 'Version="2.0"', 'Version=2.0') },
    { name: 'an attribute without value', xml: swap(good, 'Version="2.0"', 'Version="2.0" x') },
    { name: 'attributes without space between', xml: swap(good, 'Version="2.0" ', 'Version="2.0"') },
    { name: 'a tag in an attribute', xml: swap(good, 'Version="2.0"', 'Version="2.0" x="<"') },
    { name: 'an end tag in other letters', xml: swap(good, '</samlp:Response>', '</samlp:response>') },
    { name: 'an end tag with more', xml: swap(good, '</samlp:Response>', '</samlp:Response x="1">') },
    { name: 'no end', xml: good.slice(0, -1) },
    {
      name: 'elements closed the wrong way round',
      xml: swap(good, '</saml:Assertion></samlp:Response>', '</samlp:Response></saml:Assertion>'),
    },
    { name: 'an undeclared prefix', xml: into('alice</saml:NameID><p:x/><saml:NameID>') },
    { name: 'a prefix taken back', xml: swap(good, '<samlp:Status>', '<samlp:Status xmlns:samlp="">') },
    {
      name: 'the prefix xml for another namespace',
      xml: swap(good, 'Version="2.0"', 'Version="2.0" xmlns:xml="urn:x"'),
    },
    { name: 'the prefix xmlns declared', xml: swap(good, 'Version="2.0"', 'Version="2.0" xmlns:xmlns="urn:x"') },
    {
      name: 'a relative namespace (void canonicalization)',
      xml: swap(good, 'Version="2.0"', 'Version="2.0" xmlns:v="1"'),
    },
    { name: 'a script of XHTML', xml: swap(good, '<samlp:Status>', `${script}<samlp:Status>`) },
    {
      name: 'a prefix of signatures bound to something else',
      xml: swap(good, 'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"', 'xmlns:ds="http://www.w3.org/2000/09/xmldsig"'),
    },
    { name: 'an ID twice', xml: swap(good, '<samlp:Status>', '<samlp:Status ID="_assertion">') },
    { name: 'an ID under the name Id', xml: swap(good, '<samlp:Status>', '<samlp:Status Id="_x">') },
    { name: 'an ID under the name id', xml: swap(good, '<samlp:Status>', '<samlp:Status id="_x">') },
    { name: 'an ID under the name xml:id', xml: swap(good, '<samlp:Status>', '<samlp:Status xml:id="_x">') },
    { name: 'an ID under the name AssertionID', xml: swap(good, '<samlp:Status>', '<samlp:Status AssertionID="_x">') },
    { name: 'an ID with a prefix', xml: swap(good, '<samlp:Status>', '<samlp:Status samlp:ID="_x">') },
    {
      name: 'the ID of the assertion under another name elsewhere',
      xml: swap(good, '<samlp:Status>', '<y xmlns="urn:y" Id="_assertion"/><samlp:Status>'),
    },
    { name: 'an element nested 100 deep', xml: into(`${'<b>'.repeat(100)}${'</b>'.repeat(100)}`) },
    { name: '10,000 elements', xml: swap(good, '<samlp:Status>', `${'<b/>'.repeat(10_000)}<samlp:Status>`) },
    { name: 'a megabyte', xml: into('x'.repeat(1_048_576)) },
    {
      name: '200 attributes',
      xml: swap(good, 'Version="2.0"', `Version="2.0"${Array.from({ length: 200 }, (_, i) => ` a${i}=""`).join('')}`),
    },
    { name: 'a name that SAML does not write', xml: swap(good, '<samlp:Status>', '<é/><samlp:Status>') },
  ];
}
