import { constants } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { makePair } from '../../../libs/saml/test/certificate.js';
import { encrypted, type Encryption } from '../../../libs/saml/test/encrypted.js';
import { part, swap } from '../../../libs/saml/test/forgeries/forgery.js';
import { signed, type Messages } from '../../../libs/saml/test/messages.js';
import { SamlIdp } from '../../../libs/testing/src/peers/saml-idp.js';
import { startBroker, type Broker } from './world/broker.js';
import { SamlDoor } from './world/saml-door.js';
import { heard, Upstreams, type Arrival } from './world/upstreams.js';

const ENC = 'http://www.w3.org/2001/04/xmlenc#';
const EITHER = ['upstream.untrusted', 'upstream.malformed'];
const ours = makePair({ name: 'service provider' });
const stranger = makePair({ name: 'stranger' });

/** What is encrypted to us is trusted no more than what is not: anybody can encrypt. Over two gateways. */
describe('encrypted SAML assertions', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let idp: SamlIdp;
  let door: SamlDoor;
  let lure: Server;
  let lured = 0;
  let lureUrl = '';
  let number = 0;

  beforeAll(async () => {
    broker = await startBroker();
    upstreams = await Upstreams.of(broker);
    idp = new SamlIdp('');
    await idp.listen();
    const sp = { spKey: ours.key, spCertificate: ours.certificate };
    await upstreams.add('saml', 'idp', { metadata: idp.metadata(), ...sp });
    lure = createServer((_, reply) => {
      lured += 1;
      reply.end();
    });
    await new Promise<void>((resolve) => lure.listen(0, '127.0.0.1', resolve));
    const address = lure.address();
    lureUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/cipher`;
    await heard();
    door = new SamlDoor(upstreams, idp);
  }, 90_000);
  afterAll(async () => {
    lure?.close();
    await upstreams?.close();
    await idp?.close();
    await broker?.close();
  });

  /** Another assertion each time: one counts once. */
  const clear = ({ assertion, response }: Messages, pair = idp.pair): string => {
    number += 1;
    const whole = response({ content: assertion({ id: `_n${number}` }) });
    return part(signed(whole, `_n${number}`, pair), /<saml:Assertion .*<\/saml:Assertion>/);
  };
  const sealed = (content: string, wish?: Encryption): string => encrypted(content, ours.certificate, wish);
  const come = async (write: (messages: Messages) => string): Promise<Arrival> => {
    const held = await door.held('idp');
    return door.send(held, write(held.messages));
  };
  const posted = (content: (messages: Messages) => string) => () =>
    come((messages) => messages.response({ content: content(messages) }));
  const honest = async (): Promise<void> => {
    const arrival = await posted((messages) => sealed(clear(messages)))();
    expect(await upstreams.claims(arrival)).toMatchObject({ email: 'alice@acme.test' });
  };
  const refuses = (attacks: Record<string, () => Promise<Arrival>>) =>
    upstreams.refusesEach(
      Object.entries(attacks).map(([name, attack]) => ({ name, come: attack })),
      EITHER,
      honest,
    );

  it(
    'SAML-SP-038: has one assertion, sealed or clear',
    () =>
      refuses({
        'a sealed one beside a clear one, in a signed response': () =>
          come((messages) => {
            const content = sealed(messages.assertion({ id: '_evil' })) + messages.assertion();
            return signed(messages.response({ content }), '_response', idp.pair);
          }),
        'a sealed one put into a signed response afterwards': () =>
          come((messages) =>
            swap(messages.responseSigned(idp.pair), '</samlp:Response>', `${sealed(clear(messages))}</samlp:Response>`),
          ),
        'a sealed one put in the place of the clear one': () =>
          come((messages) =>
            swap(
              messages.responseSigned(idp.pair),
              /<saml:Assertion .*<\/saml:Assertion>/,
              sealed(messages.assertion({ id: '_evil' })),
            ),
          ),
        'two sealed ones': posted((messages) => sealed(clear(messages)) + sealed(clear(messages))),
        // CVE-2026-2092: whoever knows our public key can seal what nobody signed.
        'a sealed one that nobody signed': posted((messages) => sealed(messages.assertion())),
        'a sealed one that a stranger signed': posted((messages) => sealed(clear(messages, stranger))),
      }),
    60_000,
  );

  it('SAML-SP-112: says the same of every changed byte, and reads no CBC', async () => {
    const flipped = (which: number, at: number) =>
      posted((messages) => {
        const xml = sealed(clear(messages));
        const value = [...xml.matchAll(/(?<=<xenc:CipherValue>)[^<]*/g)][which]?.[0] ?? '';
        const bytes = Buffer.from(value, 'base64');
        const place = at < 0 ? bytes.length + at : at;
        bytes[place] = (bytes[place] ?? 0) ^ 1;
        return swap(xml, value, bytes.toString('base64'));
      });
    const pages = new Set<string>();
    const watched = (attack: () => Promise<Arrival>) => async (): Promise<Arrival> => {
      const arrival = await attack();
      // All that may differ is which refusal it was.
      pages.add(`${arrival.last.status} ${arrival.last.text.replace(/[0-9A-Z]{4}-?[0-9A-Z]{4}/g, '…')}`);
      return arrival;
    };
    await refuses({
      'the first byte of the key': watched(flipped(0, 0)),
      'the last byte of the key': watched(flipped(0, -1)),
      'the first byte of the nonce': watched(flipped(1, 0)),
      'the first byte of the text': watched(flipped(1, 12)),
      'the last byte of the text': watched(flipped(1, -17)),
      'the last byte of the tag': watched(flipped(1, -1)),
      'a tag of four bytes': watched(posted((messages) => sealed(clear(messages), { tagBytes: 4 }))),
      CBC: watched(posted((messages) => sealed(clear(messages), { cipher: `${ENC}aes256-cbc` }))),
      'triple DES': watched(posted((messages) => sealed(clear(messages), { cipher: `${ENC}tripledes-cbc` }))),
    });
    expect([...pages]).toHaveLength(1);
  }, 60_000);

  it(
    'SAML-SP-113: unwraps no key by RSA1_5',
    () =>
      refuses({
        'said and done': posted((messages) =>
          sealed(clear(messages), { transport: `${ENC}rsa-1_5`, padding: constants.RSA_PKCS1_PADDING }),
        ),
        'done, while it says OAEP': posted((messages) =>
          sealed(clear(messages), { padding: constants.RSA_PKCS1_PADDING }),
        ),
        'said, while it is OAEP': posted((messages) => sealed(clear(messages), { transport: `${ENC}rsa-1_5` })),
      }),
    60_000,
  );

  it(
    'SAML-SP-115: reads nothing but an assertion out of it',
    () =>
      refuses({
        'a whole response': posted((messages) => sealed(messages.responseSigned(idp.pair))),
        'another element': posted(() => sealed('<x xmlns="urn:x"/>')),
        'no XML': posted(() => sealed('alice')),
        'two assertions': posted((messages) => sealed(clear(messages) + clear(messages))),
        'a sealed assertion': posted((messages) => sealed(sealed(clear(messages)))),
        'a DOCTYPE before it': posted((messages) => sealed(`<!DOCTYPE x>${clear(messages)}`)),
      }),
    60_000,
  );

  it('SAML-SP-116: fetches nothing that is said to lie elsewhere', async () => {
    await refuses({
      'the text': posted((messages) => sealed(clear(messages), { data: `<xenc:CipherReference URI="${lureUrl}"/>` })),
      'the key': posted((messages) =>
        swap(sealed(clear(messages)), /<xenc:EncryptedKey>.*<\/xenc:EncryptedKey>/, retrieval()),
      ),
    });
    expect(lured).toBe(0);
  }, 60_000);
  const retrieval = (): string => `<ds:RetrievalMethod URI="${lureUrl}" Type="${ENC}EncryptedKey"/>`;

  it('SAML-SP-117: tries no more than four keys', async () => {
    await refuses({
      '100 keys': posted((messages) => sealed(clear(messages), { keys: 100 })),
      'five keys': posted((messages) => sealed(clear(messages), { keys: 5 })),
      'no key': posted((messages) => sealed(clear(messages), { keys: 0 })),
    });
    const four = await posted((messages) => sealed(clear(messages), { keys: 4 }))();
    expect(await upstreams.claims(four)).toMatchObject({ email: 'alice@acme.test' });
  }, 60_000);
});
