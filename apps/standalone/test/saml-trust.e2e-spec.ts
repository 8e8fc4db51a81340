import { createServer, type Server } from 'node:http';
import { createSafeFetch } from '@passbroker/platform';
import { makePair } from '../../../libs/saml/test/certificate.js';
import { part, signatureIn, swap } from '../../../libs/saml/test/forgeries/forgery.js';
import { attributeOf, nameId, signed, type AssertionParts } from '../../../libs/saml/test/messages.js';
import { signEnveloped, signerFrom } from '../../../libs/saml/src/signature/sign.js';
import { SamlIdp, type SamlWish } from '../../../libs/testing/src/peers/saml-idp.js';
import { startBroker, type Broker } from './world/broker.js';
import { fieldsOf, SamlDoor, type Held } from './world/saml-door.js';
import { heard, Upstreams, type Arrival } from './world/upstreams.js';

const UNTRUSTED = ['upstream.untrusted'];
const EITHER = ['upstream.untrusted', 'upstream.malformed'];
/** The order of P-256. */
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Whom a SAML service provider believes: which keys, which signatures, which spelling; over two gateways. */
describe('whose word a SAML response is', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let idp: SamlIdp;
  let ecIdp: SamlIdp;
  let door: SamlDoor;
  let ecDoor: SamlDoor;
  /** An address that nobody may be made to ask. */
  let lure: Server;
  let lured = 0;
  let lureUrl = '';
  const encryption = makePair({ name: 'encryption' });

  beforeAll(async () => {
    broker = await startBroker({ fetch: createSafeFetch({ allowPrivate: true, timeoutMs: 1_500 }) });
    upstreams = await Upstreams.of(broker);
    [idp, ecIdp] = [new SamlIdp(''), new SamlIdp('')];
    ecIdp.pair = makePair({ type: 'ec', name: 'elliptic' });
    ecIdp.announced = [ecIdp.pair];
    await Promise.all([idp.listen(), ecIdp.listen()]);
    lureUrl = await openLure();
    const metadata = idp.metadata();
    await add('idp', { metadata });
    await add('want-assertion', { metadata, signed: 'assertion' });
    await add('want-response', { metadata, signed: 'response' });
    await add('old', { metadata, allowSha1: true });
    await add('elliptic', { metadata: ecIdp.metadata() });
    const [key] = /<md:KeyDescriptor[\s\S]*?<\/md:KeyDescriptor>/.exec(metadata) ?? [''];
    const second = swap(swap(key, 'use="signing"', 'use="encryption"'), idp.pair.bare, encryption.bare);
    await add('two-keys', { metadata: swap(metadata, key, key + second) });
    for (const slug of ['huge', 'slow']) await add(slug, { metadataUrl: `${lureUrl}/${slug}` });
    await heard();
    [door, ecDoor] = [new SamlDoor(upstreams, idp), new SamlDoor(upstreams, ecIdp)];
  }, 90_000);
  afterAll(async () => {
    lure?.closeAllConnections();
    lure?.close();
    await upstreams?.close();
    await Promise.all([idp?.close(), ecIdp?.close()]);
    await broker?.close();
  });
  beforeEach(() => {
    for (const one of [idp, ecIdp]) one.person = { nameId: 'alice', attributes: { email: ['alice@acme.test'] } };
    lured = 0;
  });

  /** Several copies of one company's provider are its people's several ways in. */
  const add = (slug: string, settings: Record<string, unknown>) =>
    upstreams.add('saml', slug, settings, {
      linking: { mode: 'auto_verified', authoritativeDomains: ['acme.test'] },
    });

  async function openLure(): Promise<string> {
    lure = createServer((request, reply) => {
      lured += 1;
      if (request.url === '/huge') return void reply.end(`<x>${' '.repeat(12_000_000)}</x>`);
      if (request.url !== '/slow') return void reply.end();
      const drip = setInterval(() => reply.write(' '), 100).unref();
      reply.on('close', () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => lure.listen(0, '127.0.0.1', resolve));
    const address = lure.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  }

  const honest = async (slug = 'idp', wish: SamlWish = {}): Promise<void> => {
    expect(await upstreams.claims(await door.comes(slug, wish))).toMatchObject({ email: 'alice@acme.test' });
  };
  const refuses = (come: () => Promise<Arrival>, codes = UNTRUSTED, control = () => honest()) =>
    upstreams.refuses(come, codes, control);
  /** A whole message of the provider's, its assertion signed, and bent. */
  const bent = async (slug: string, bend: (xml: string, held: Held) => string, pair = idp.pair): Promise<Arrival> => {
    const held = await door.held(slug);
    return door.send(held, bend(held.messages.assertionSigned(pair), held));
  };

  it(
    'SAML-SP-034: wants the assertion signed where that is set',
    () =>
      refuses(
        () => door.comes('want-assertion', { sign: 'response' }),
        UNTRUSTED,
        async () => {
          await honest('want-assertion', { sign: 'assertion' });
          await honest('idp', { sign: 'response' });
        },
      ),
    30_000,
  );

  it(
    'SAML-SP-035: wants the response signed where that is set',
    () =>
      refuses(
        () => door.comes('want-response', { sign: 'assertion' }),
        UNTRUSTED,
        async () => {
          await honest('want-response', { sign: 'response' });
          await honest('want-response', { sign: 'both' });
        },
      ),
    30_000,
  );

  it('SAML-SP-040: fetches no key that a message names', async () => {
    const stranger = makePair({ name: 'stranger' });
    const infos = [
      `<ds:KeyInfo><ds:RetrievalMethod URI="${lureUrl}/key"/></ds:KeyInfo>`,
      `<ds:KeyInfo><ds:KeyName>${lureUrl}/key</ds:KeyName></ds:KeyInfo>`,
      `<ds:KeyInfo><ds:X509Data><ds:X509SubjectName>${lureUrl}/key</ds:X509SubjectName></ds:X509Data></ds:KeyInfo>`,
    ];
    const attacks = infos.map((info) => ({
      name: info,
      come: () => bent('idp', (xml) => swap(xml, part(xml, /<ds:KeyInfo>.*<\/ds:KeyInfo>/), info), stranger),
    }));
    await upstreams.refusesEach(attacks, EITHER, () => honest());
    expect(lured).toBe(0);
  }, 30_000);

  it('SAML-SP-041: goes by the key, not by the names in a certificate', async () => {
    const clone = makePair({ name: 'scripted identity provider' });
    await refuses(() => door.comes('idp', { pair: clone }));
  }, 30_000);

  it(
    'SAML-SP-042: takes no signature by the key that is for encryption',
    () =>
      refuses(
        () => door.comes('two-keys', { pair: encryption }),
        UNTRUSTED,
        () => honest('two-keys'),
      ),
    30_000,
  );

  it('SAML-SP-046: takes SHA-1 where that is allowed by name, and nowhere else', async () => {
    const sha1 = {
      signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
      digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1',
    };
    const come = async (slug: string): Promise<Arrival> => {
      const held = await door.held(slug);
      const { assertion, response } = held.messages;
      return door.send(held, signed(response({ content: assertion({ id: '_sha1' }) }), '_sha1', idp.pair, sha1));
    };
    await refuses(
      () => come('idp'),
      UNTRUSTED,
      async () => expect(await upstreams.claims(await come('old'))).toMatchObject({ email: 'alice@acme.test' }),
    );
    const { warnings } = await broker.api('GET', '/v1/usersources/old');
    expect(JSON.stringify(warnings)).toContain('SHA-1');
  }, 30_000);

  it('SAML-SP-049: takes no metadata with a key below 2048 bits', async () => {
    const weak = new SamlIdp('https://idp.acme.test');
    weak.announced = [makePair({ bits: 1_024 })];
    await expect(add('weak', { metadata: weak.metadata() })).rejects.toThrow(/4\d\d .*1024 bits/);
    weak.announced = [makePair({ bits: 2_048 })];
    await add('strong', { metadata: weak.metadata() });
  }, 30_000);

  describe('SAML-SP-051: an elliptic signature', () => {
    let next = 0;
    async function message(held: Held): Promise<string> {
      next += 1;
      const { assertion, response } = held.messages;
      const one = await signEnveloped(assertion({ id: `_ec${next}` }), signerFrom(ecIdp.pair.privateKey));
      return response({ content: one });
    }
    const numbers = (xml: string): Buffer => Buffer.from(part(xml, /(?<=<ds:SignatureValue>)[^<]*/), 'base64');
    const withValue = (xml: string, value: Buffer): string =>
      swap(xml, /<ds:SignatureValue>[^<]*/, `<ds:SignatureValue>${value.toString('base64')}`);
    const word = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
    const come = async (bend: (xml: string) => string): Promise<Arrival> => {
      const held = await ecDoor.held('elliptic');
      return ecDoor.send(held, bend(await message(held)));
    };
    /** As TLS and certificates write the two numbers. */
    const der = (value: Buffer): Buffer => {
      const integers = [value.subarray(0, 32), value.subarray(32)].map((one) =>
        Buffer.concat([Buffer.from([0x02, 33, 0]), one]),
      );
      return Buffer.concat([Buffer.from([0x30, 70]), ...integers]);
    };

    it('of zeros, or written another way, is none', async () => {
      const values: [string, (value: Buffer) => Buffer][] = [
        ['r = s = 0', () => Buffer.alloc(64)],
        ['r = 0', (value) => Buffer.concat([Buffer.alloc(32), value.subarray(32)])],
        ['s = 0', (value) => Buffer.concat([value.subarray(0, 32), Buffer.alloc(32)])],
        ['r = s = n', () => Buffer.concat([word(N), word(N)])],
        ['DER', der],
        ['one byte more', (value) => Buffer.concat([value, Buffer.alloc(1)])],
        ['half', (value) => value.subarray(0, 32)],
      ];
      const attacks = values.map(([name, bend]) => ({
        name,
        come: () => come((xml) => withValue(xml, bend(numbers(xml)))),
      }));
      await upstreams.refusesEach(attacks, UNTRUSTED, async () => {
        expect(await upstreams.claims(await come((xml) => xml))).toMatchObject({ email: 'alice@acme.test' });
      });
    }, 30_000);
  });

  it('SAML-SP-057: decodes a character reference once', async () => {
    const name = (written: string, parts: Partial<AssertionParts> = {}) =>
      bent('idp', (_, { messages }) =>
        swap(messages.assertionSigned(idp.pair, { id: `_${written.length}`, ...parts }), '>alice<', `>${written}<`),
      );
    const plain = await upstreams.claims(await door.comes('idp'));
    expect(await upstreams.claims(await name('&#97;l&#x69;ce'))).toMatchObject({ sub: plain['sub'] });
    const attributes = attributeOf('email', 'bob&#64;acme.test') + attributeOf('displayName', 'B&amp;#111;b');
    const bob = await bent('idp', (_, { messages }) =>
      messages.assertionSigned(idp.pair, { id: '_bob', nameId: nameId('b&#111;b'), attributes }),
    );
    expect(await upstreams.claims(bob)).toMatchObject({ email: 'bob@acme.test', name: 'B&#111;b' });
  }, 30_000);

  it('SAML-SP-061: cuts off at the door what is longer than any real message', async () => {
    const held = await door.held('idp');
    const before = await upstreams.sessions();
    const { messages, browser } = held;
    const many = Array.from({ length: 10_000 }, (_, at) => attributeOf(`a${at}`, 'x')).join('');
    for (const [parts, statuses] of [
      [{ nameId: nameId('x'.repeat(120_000)) }, [413]],
      // An edge that is still pushing when the gateway has said no may call that a bad gateway.
      [{ nameId: nameId('x'.repeat(1_048_576)) }, [413, 502]],
      [{ attributes: many }, [413, 502]],
    ] as const) {
      const whole = messages.assertionSigned(idp.pair, parts);
      const page = await browser.post(`${broker.origin}/sso/idp/acs`, fieldsOf(held.ask, whole));
      expect(statuses).toContain(page.status);
    }
    expect(await upstreams.sessions()).toBe(before);
    await honest();
  }, 30_000);

  describe('SAML-SP-073: Base64', () => {
    const spelt = async (spell: (base64: string) => string): Promise<Arrival> => {
      const held = await door.held('idp');
      const { SAMLResponse = '', ...rest } = idp.respond(held.ask, { bend: withPadding });
      return door.post(held, { ...rest, SAMLResponse: spell(SAMLResponse) });
    };
    /** White space behind the root means nothing. */
    const withPadding = (xml: string): string => xml + ' '.repeat((4 - (Buffer.byteLength(xml) % 3)) % 3);

    it('has one spelling', async () => {
      const spellings: [string, (base64: string) => string][] = [
        ['the alphabet of addresses', (base64) => base64.replaceAll('+', '-').replaceAll('/', '_')],
        ['no padding', (base64) => base64.replace(/=+$/, '')],
        ['more behind the padding', (base64) => `${base64}AAAA`],
        ['spaces within', (base64) => `${base64.slice(0, 8)} ${base64.slice(8)}`],
        ['stray bits', (base64) => base64.replace(/A==$|g==$/, 'B==').replace(/.=$/, '_=')],
        ['percent signs', (base64) => encodeURIComponent(base64)],
      ];
      const attacks = spellings.map(([name, spell]) => ({ name, come: () => spelt(spell) }));
      await upstreams.refusesEach(attacks, ['upstream.malformed'], async () => {
        const inLines = await spelt((base64) => base64.replace(/.{76}/g, '$&\r\n'));
        expect(await upstreams.claims(inLines)).toMatchObject({ email: 'alice@acme.test' });
      });
    }, 30_000);

    it('comes in one parameter, of one name', async () => {
      const held = await door.held('idp');
      const body = new URLSearchParams(idp.respond(held.ask)).toString();
      const before = await upstreams.sessions();
      for (const twice of [`${body}&${body}`, `${body}&SAMLResponse=x`, `SAMLResponse=x&${body}`]) {
        expect((await door.post(held, twice)).last.status).toBe(400);
      }
      expect(await upstreams.sessions()).toBe(before);
      await honest();
    }, 30_000);
  });

  it(
    'SAML-SP-124: takes no request and response at once',
    () =>
      refuses(async () => {
        const held = await door.held('idp');
        const fields = idp.respond(held.ask);
        return door.post(held, { ...fields, SAMLRequest: fields['SAMLResponse'] ?? '' });
      }, EITHER),
    30_000,
  );

  it.each(['huge', 'slow'])(
    'SAML-SP-131: waits for no metadata that is %s',
    async (slug) => {
      const began = performance.now();
      const codes = ['usersource.unreachable', 'upstream.malformed'];
      await refuses(() => upstreams.setOut(slug), codes);
      expect(performance.now() - began).toBeLessThan(8_000);
      expect(lured).toBeGreaterThan(0);
    },
    30_000,
  );

  it('takes what is behind an altered signature for somebody else’s, whichever half is', async () => {
    const value = (xml: string): string => part(signatureIn(xml), /(?<=<ds:SignatureValue>)[^<]*/);
    await refuses(async () => {
      const [mine, other] = [await door.held('idp'), await door.held('idp')];
      const xml = mine.messages.assertionSigned(idp.pair);
      return door.send(mine, swap(xml, value(xml), value(other.messages.assertionSigned(idp.pair))));
    });
  }, 30_000);
});
