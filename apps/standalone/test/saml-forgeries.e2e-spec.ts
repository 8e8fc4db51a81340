import { makePair } from '../../../libs/saml/test/certificate.js';
import {
  bentSignatures,
  parserTricks,
  withoutSignature,
  wrapSignedAssertion,
  wrapSignedResponse,
  wrongProfiles,
  type Forgery,
} from '../../../libs/saml/test/forgeries/index.js';
import { messagesOn, type Messages } from '../../../libs/saml/test/messages.js';
import { SamlIdp } from '../../../libs/testing/src/peers/saml-idp.js';
import { startBroker, type Broker } from './world/broker.js';
import { SamlDoor } from './world/saml-door.js';
import { heard, Upstreams } from './world/upstreams.js';

const stranger = makePair({ name: 'stranger' });
const REFUSED = ['upstream.untrusted', 'upstream.malformed'];

/** Which forgeries each case is made of, by where they come from and what they are called. */
const CASES: [id: string, what: string, forgeries: RegExp][] = [
  ['SAML-SP-001', 'XSW1', /^(response|assertion): XSW1$/],
  ['SAML-SP-002', 'XSW2', /^(response|assertion): XSW2$/],
  ['SAML-SP-004', 'XSW3 and 3b, a second assertion before and behind', /: XSW(3b?|4| by a copy with the signature)$/],
  ['SAML-SP-006', 'XSW5', /^(response|assertion): XSW5$/],
  ['SAML-SP-007', 'XSW6', /^(response|assertion): XSW6$/],
  ['SAML-SP-008', 'XSW7, an assertion in Extensions', /: XSW(7| of the original in Extensions)$/],
  ['SAML-SP-009', 'XSW8, the original in an Object', /: XSW(8| of the response inside the assertion)$/],
  ['SAML-SP-010', 'XSW9', /^(response|assertion): XSW(9| of the original behind the end)$/],
  ['SAML-SP-011', 'an ID twice', /: (XSW under the same ID.*|an ID twice)$/],
  ['SAML-SP-012', 'an ID of another name', /: (an ID (under the name|with a prefix)|the ID of the assertion under)/],
  ['SAML-SP-013', 'an assertion in Advice', /: XSW .*\bAdvice$/],
  ['SAML-SP-014', 'an assertion in StatusDetail', /: (XSW into StatusDetail|XSW with the forged one in a foreign)/],
  ['SAML-SP-015', 'another namespace behind a prefix', /: .*\bprefix(es)?\b/],
  ['SAML-SP-016', 'a DOCTYPE', /: (a DOCTYPE( in small letters)?|a notation that changes the tree)$/],
  ['SAML-SP-018', 'void canonicalization', /: a relative namespace/],
  ['SAML-SP-019', 'two signatures', /: (a second signature, by a stranger|a signature moved to the end)/],
  ['SAML-SP-020', 'two SignedInfo', /: two SignedInfo/],
  ['SAML-SP-021', 'SignedInfo inside of another element', /: SignedInfo inside/],
  ['SAML-SP-022', 'a comment in DigestValue', /: (a comment in DigestValue|a second DigestValue)$/],
  ['SAML-SP-026', 'another reference', /: (a reference .*|two references|an assertion without ID)$/],
  ['SAML-SP-027', 'an XSLT transform', /: an XSLT transform$/],
  ['SAML-SP-028', 'an XPath transform', /: an XPath transform$/],
  ['SAML-SP-030', 'other transforms', /: (a Base64 transform|.*enveloped signature.*|.*canonical XML.*)$/],
  ['SAML-SP-031', 'no signature', /: no signature at all$/],
  ['SAML-SP-032', 'an empty signature', /: (an empty SignatureValue|a SignatureValue of zeros)$/],
  [
    'SAML-SP-036',
    'a signed assertion in a message of another’s',
    /: (another Destination, around|.*Issuer of the resp)/,
  ],
  ['SAML-SP-046', 'SHA-1', /: .*SHA-1/],
  ['SAML-SP-048', 'MD5, and HMAC by the public certificate', /: (.*\bmd5\b.*|HMAC .*)$/],
  ['SAML-SP-053', 'a comment in NameID', /: (a comment (put into|before the end of) NameID|a NameID with a comment)/],
  ['SAML-SP-055', 'CDATA in NameID', /: (CDATA .*|a NameID with CDATA.*|the end of CDATA in text)$/],
  ['SAML-SP-057', 'an entity in NameID', /: (an undeclared entity|an ampersand alone|a reference (to|beyond) .*)$/],
  ['SAML-SP-058', 'a comment in an attribute', /: a comment in an attribute value$/],
  ['SAML-SP-059', 'an element in a name or a value', /: (a NameID with an element|an attribute with an element .*)$/],
  ['SAML-SP-061', 'long names, many attributes', /: (a NameID of 2,000 .*|300 attributes|200 attributes|10,000 el.*)$/],
  ['SAML-SP-063', 'an external entity', /: an external entity$/],
  ['SAML-SP-065', 'a parameter entity', /: a parameter entity$/],
  ['SAML-SP-066', 'a billion laughs', /: (a billion laughs|an element nested 100 deep|a DOCTYPE with an entity)$/],
  ['SAML-SP-071', 'two roots', /: (two roots|a second root of another kind|a root around it|text behind the root)$/],
  ['SAML-SP-078', 'conditions that have ended', /: (conditions that have ended|a time w.*)$/],
  ['SAML-SP-079', 'a confirmation that has ended', /: a bearer confirmation (that has ended|without end)$/],
  ['SAML-SP-080', 'conditions that have not begun', /: (conditions that have not begun|.* in the future)$/],
  ['SAML-SP-081', 'a confirmation with NotBefore', /: a bearer confirmation with NotBefore$/],
  ['SAML-SP-082', 'a session that has ended', /: a session that has ended$/],
  ['SAML-SP-085', 'no conditions', /: (no conditions|no audience restriction|a condition that nobody knows)$/],
  ['SAML-SP-088', 'almost our audience', /: (an audience .*|another audience)$/],
  ['SAML-SP-089', 'two audiences, of which one fits', /: two audience restrictions/],
  ['SAML-SP-090', 'another Recipient', /: (another|no) Recipient$/],
  ['SAML-SP-091', 'another Destination', /: (another Destination|no Destination on a signed response)$/],
  [
    'SAML-SP-094',
    'no bearer',
    /: (a holder-of-key.*|a sender-vouches.*|no subject conf.*|a bearer confirmation without data)$/,
  ],
  ['SAML-SP-095', 'an unknown request', /: an answer to an unknown request$/],
  ['SAML-SP-097', 'two InResponseTo', /: (two InResponseTo.*|InResponseTo within .*|InResponseTo without .*)$/],
  [
    'SAML-SP-099',
    'another Issuer by the right key',
    /: (another Issuer by the right key|an Issuer that is not an entity)$/,
  ],
  ['SAML-SP-100', 'two Issuers', /: an Issuer of the (response|assertion) that differs$/],
  ['SAML-SP-104', 'what nobody asked for', /: unsolicited$/],
];

describe('forged SAML responses, over two gateways', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let idp: SamlIdp;
  let door: SamlDoor;
  let number = 0;

  beforeAll(async () => {
    broker = await startBroker();
    upstreams = await Upstreams.of(broker);
    idp = new SamlIdp('');
    await idp.listen();
    await upstreams.add('saml', 'idp', { metadataUrl: `${idp.origin}/metadata` });
    await heard();
    door = new SamlDoor(upstreams, idp);
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await idp?.close();
    await broker?.close();
  });

  /** All of them, for one sign-in. The edge cuts a megabyte off before anybody here sees it: see saml-trust. */
  function forgeries(messages: Messages, pair = idp.pair): Forgery[] {
    const [byResponse, byAssertion] = [messages.responseSigned(pair), messages.assertionSigned(pair)];
    const named = (from: string, all: Forgery[]): Forgery[] =>
      all.map((each) => ({
        name: `${from}: ${each.name}`,
        get xml() {
          return each.xml;
        },
      }));
    return [
      ...named('response', wrapSignedResponse(byResponse)),
      ...named('response', [{ name: 'no signature at all', xml: withoutSignature(byResponse) }]),
      ...named('assertion', wrapSignedAssertion(byAssertion)),
      ...named('parser', parserTricks(byAssertion)),
      ...named('signature', bentSignatures(pair, stranger, messages)),
      ...named('profile', wrongProfiles(pair, messages)),
    ].filter(({ name }) => name !== 'parser: a megabyte');
  }

  const attackOf = (name: string) => ({
    name,
    come: async () => {
      const held = await door.held('idp');
      const forgery = forgeries(held.messages).find((each) => each.name === name);
      if (!forgery) throw new Error(`no such forgery: ${name}`);
      const arrival = await door.send(held, forgery.xml);
      expect([name, /alice|admin|root:x/.exec(arrival.last.body)?.[0]]).toEqual([name, undefined]);
      return arrival;
    },
  });

  /** The same builder, unspoilt; an assertion counts once, so that each has an ID of its own. */
  async function honest(by: 'assertionSigned' | 'responseSigned'): Promise<void> {
    const held = await door.held('idp');
    number += 1;
    const arrival = await door.send(held, held.messages[by](idp.pair, { id: `_honest${number}` }));
    expect(await upstreams.claims(arrival)).toMatchObject({ email: 'alice@acme.test' });
  }

  const refuses = async (names: readonly string[]): Promise<void> => {
    expect(names).not.toEqual([]);
    const both = async (): Promise<void> => {
      await honest('assertionSigned');
      await honest('responseSigned');
    };
    await upstreams.refusesEach(names.map(attackOf), REFUSED, both);
  };

  const stage = {
    now: new Date(),
    idp: 'https://idp.test',
    sp: 'https://sp.test',
    acs: 'https://sp.test/acs',
    request: '_1',
  };

  it.each(CASES)(
    '%s: refuses %s',
    async (_id, _what, pattern) => {
      await refuses(namesOf().filter((name) => pattern.test(name)));
    },
    60_000,
  );

  it('refuses the rest, which has no number', async () => {
    const numbered = (name: string): boolean => CASES.some(([, , pattern]) => pattern.test(name));
    await refuses(namesOf().filter((name) => !numbered(name)));
  }, 60_000);

  const namesOf = (): string[] => forgeries(messagesOn(stage)).map(({ name }) => name);
});
