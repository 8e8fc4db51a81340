import type { Browser, Page } from '@passbroker/testing';
import { makePair } from '../../../libs/saml/test/certificate.js';
import { writeLogoutRequest } from '../../../libs/saml/src/messages/logout.js';
import { redirectTo } from '../../../libs/saml/src/messages/redirect.js';
import { signEnveloped, signerFrom } from '../../../libs/saml/src/signature/sign.js';
import { SamlIdp } from '../../../libs/testing/src/peers/saml-idp.js';
import { startBroker, type Broker } from './world/broker.js';
import { SamlDoor } from './world/saml-door.js';
import { heard, isCallback, Upstreams } from './world/upstreams.js';
import { question } from './world/people.js';

const ours = makePair({ name: 'service provider' });
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const REFUSED = [400, 403];

/** Nobody's session ends by the word of somebody else; over two gateways. */
describe('SAML sign-out under attack', () => {
  let broker: Broker;
  let upstreams: Upstreams;
  let idp: SamlIdp;
  let other: SamlIdp;
  let doors: Record<'idp' | 'other', SamlDoor>;
  let slo: string;
  let ann: Browser;
  let count = 0;

  beforeAll(async () => {
    broker = await startBroker();
    upstreams = await Upstreams.of(broker);
    [idp, other] = [new SamlIdp(''), new SamlIdp('')];
    other.pair = makePair({ name: 'the other provider' });
    other.announced = [other.pair];
    await Promise.all([idp.listen(), other.listen()]);
    slo = `${broker.origin}/sso/idp/slo`;
    for (const [slug, one] of Object.entries({ idp, other })) {
      one.slo = `${broker.origin}/sso/${slug}/slo`;
      const settings = { metadata: one.metadata(), spKey: ours.key, spCertificate: ours.certificate };
      await upstreams.add('saml', slug, settings, { slo: true });
    }
    await heard();
    doors = { idp: new SamlDoor(upstreams, idp), other: new SamlDoor(upstreams, other) };
  }, 90_000);
  afterAll(async () => {
    await upstreams?.close();
    await Promise.all([idp?.close(), other?.close()]);
    await broker?.close();
  });

  const signedIn = async (name: string, slug: 'idp' | 'other' = 'idp'): Promise<Browser> => {
    const one = slug === 'idp' ? idp : other;
    one.person = { nameId: name, attributes: { email: [`${name}@${slug}.test`] } };
    const arrival = await doors[slug].comes(slug);
    expect(await upstreams.claims(arrival)).toMatchObject({ email: `${name}@${slug}.test` });
    return arrival.browser;
  };
  const isIn = async (browser: Browser): Promise<boolean> =>
    (await browser.visit(question(broker, { prompt: 'none' }).url, { until: isCallback })).location?.searchParams.has(
      'code',
    ) === true;

  beforeEach(async () => {
    ann = await signedIn('ann');
  });

  interface Wish {
    name?: string;
    by?: SamlIdp;
    issuer?: string;
    destination?: string;
    issuedAt?: Date;
    sessionIndex?: string;
  }
  const request = ({
    name = 'ann',
    by = idp,
    issuer,
    destination = slo,
    issuedAt,
    sessionIndex,
  }: Wish = {}): string => {
    count += 1;
    return writeLogoutRequest({
      ...{ id: `_l${count}`, issuedAt: issuedAt ?? new Date(), issuer: issuer ?? by.entityId, destination },
      nameId: { value: name, format: PERSISTENT },
      ...(sessionIndex !== undefined && { sessionIndex }),
    });
  };
  const byRedirect = (wish: Wish = {}, relayState?: string): Promise<URL> =>
    redirectTo(new URL(slo), 'SAMLRequest', request(wish), {
      signer: signerFrom((wish.by ?? idp).pair.privateKey),
      ...(relayState !== undefined && { relayState }),
    });
  const byPost = async (wish: Wish = {}, sign = true): Promise<Record<string, string>> => {
    const { privateKey, certificate } = (wish.by ?? idp).pair;
    const xml = sign ? await signEnveloped(request(wish), signerFrom(privateKey, certificate)) : request(wish);
    return { SAMLRequest: Buffer.from(xml).toString('base64') };
  };
  const get = (url: URL | string): Promise<Page> => broker.browser().get(url);
  const post = (fields: Record<string, string>): Promise<Page> => broker.browser().post(slo, fields);
  const without = (url: URL, ...names: string[]): string => {
    const kept = url.search
      .slice(1)
      .split('&')
      .filter((each) => !names.includes(each.split('=')[0] ?? ''));
    return `${slo}?${kept.join('&')}`;
  };

  /** Refused, and nobody has left; the same unspoilt ends Ann’s session. */
  async function refuses(attacks: Record<string, () => Promise<Page>>, control = async () => get(await byRedirect())) {
    for (const [name, attack] of Object.entries(attacks)) {
      const { status, body } = await attack();
      expect([name, REFUSED.includes(status)]).toEqual([name, true]);
      expect([name, body.includes('evil.test')]).toEqual([name, false]);
    }
    expect(await isIn(ann)).toBe(true);
    const ended = await control();
    expect(ended.status).toBeLessThan(400);
    expect(await isIn(ann)).toBe(false);
  }

  it(
    'SAML-SP-118: ends no session by a request that nobody signed',
    () =>
      refuses({
        'by redirect': async () => get(without(await byRedirect(), 'SigAlg', 'Signature')),
        'by post': async () => post(await byPost({}, false)),
        'by post, with a query that is signed': async () => {
          const { search } = await byRedirect();
          return broker.browser().post(`${slo}${search}`, await byPost({}, false));
        },
      }),
    30_000,
  );

  it('ends a session by a signed post as well', () => refuses({}, async () => post(await byPost())), 30_000);

  it('SAML-SP-119: ends no session by the word of another provider', async () => {
    const namesake = await signedIn('ann', 'other');
    await refuses({
      'its own name and key': async () => get(await byRedirect({ by: other })),
      'the name of the first, its own key': async () => get(await byRedirect({ by: other, issuer: idp.entityId })),
      'its own name, by post': async () => post(await byPost({ by: other })),
      'at its own door, in the name of the first': async () => {
        const door = `${broker.origin}/sso/other/slo`;
        const url = await byRedirect({ by: other, issuer: idp.entityId, destination: door });
        return get(`${door}${url.search}`);
      },
    });
    // The same name there is another person here.
    expect(await isIn(namesake)).toBe(true);
  }, 30_000);

  it('SAML-SP-120: ends no session by an old request, or by one that was used', async () => {
    const used = await byRedirect();
    await refuses(
      {
        'an hour old': async () => get(await byRedirect({ issuedAt: new Date(Date.now() - 3_600_000) })),
        'of the next hour': async () => get(await byRedirect({ issuedAt: new Date(Date.now() + 3_600_000) })),
        'for another door': async () => get(await byRedirect({ destination: 'https://other.test/slo' })),
      },
      () => get(used),
    );
    ann = await signedIn('ann');
    await refuses({ 'a second time': () => get(used), 'a second time, elsewhere': () => get(used) });
  }, 30_000);

  it('SAML-SP-121: ends the session of whom the signature covers, and nobody else’s', async () => {
    const bob = await signedIn('bob');
    await refuses({
      'the message of another': async () => {
        const [mine, victims] = [await byRedirect({ name: 'bob' }), await byRedirect({ name: 'ann' })];
        const query = mine.search.slice(1).split('&').slice(1);
        return get(`${slo}${victims.search.split('&')[0] ?? ''}&${query.join('&')}`);
      },
      'by post, the name changed': async () => {
        const { SAMLRequest = '' } = await byPost({ name: 'bob' });
        const xml = Buffer.from(SAMLRequest, 'base64').toString().replace('>bob<', '>ann<');
        return post({ SAMLRequest: Buffer.from(xml).toString('base64') });
      },
      'by post, a comment in the name': async () => {
        const { SAMLRequest = '' } = await byPost({ name: 'ann.evil.test' });
        const xml = Buffer.from(SAMLRequest, 'base64').toString().replace('>ann.', '>ann<!---->.');
        return post({ SAMLRequest: Buffer.from(xml).toString('base64') });
      },
    });
    expect(await isIn(bob)).toBe(true);
    // Of several sessions of one person, the one that is named.
    ann = await signedIn('ann');
    await get(await byRedirect({ sessionIndex: '_s-somebody' }));
    expect(await isIn(ann)).toBe(true);
    await get(await byRedirect({ sessionIndex: '_s-ann' }));
    expect(await isIn(ann)).toBe(false);
  }, 30_000);

  it('SAML-SP-122: leads nobody anywhere by the RelayState of an answer', async () => {
    const page = await ann.visit('/');
    const form = page.forms.find(({ action }) => action.pathname === '/logout');
    if (!form) throw new Error(page.text);
    const asked = await ann.submit(form, {}, { until: ({ origin }) => origin === idp.origin });
    const query = asked.location?.searchParams ?? new URLSearchParams();
    const answer = await idp.endedSession(query, slo);
    for (const relayState of ['https://evil.test/', '//evil.test', '/\\evil.test', 'javascript:alert(1)']) {
      const bent = new URL(answer);
      const kept = bent.search
        .slice(1)
        .split('&')
        .filter((each) => !each.startsWith('RelayState='));
      bent.search = [...kept, `RelayState=${encodeURIComponent(relayState)}`].join('&');
      const led = await broker.browser().get(bent);
      expect([relayState, led.location?.href ?? '']).toEqual([relayState, '']);
      // Signed by the provider itself, it still is no address.
      const asIfAsked = new URLSearchParams(query);
      asIfAsked.set('RelayState', relayState);
      const signed = await idp.endedSession(asIfAsked, slo);
      expect((await broker.browser().get(signed)).location?.origin ?? broker.origin).toBe(broker.origin);
    }
    const back = await ann.visit(answer);
    expect([back.url.href, back.status]).toEqual([`${broker.origin}/signed-out`, 200]);
  }, 30_000);

  it(
    'SAML-SP-124, SAML-SP-125: takes no mixture, and no half of a signature',
    () =>
      refuses({
        'a request and a response': async () => {
          const asked = await byRedirect();
          const answered = await idp.endedSession(asked.searchParams, slo);
          return get(`${slo}${asked.search}&${answered.search.slice(1)}`);
        },
        'the request again as a response': async () => {
          const { search } = await byRedirect();
          return get(`${slo}${search}&SAMLResponse=${search.slice('?SAMLRequest='.length).split('&')[0] ?? ''}`);
        },
        'both by post': async () => {
          const fields = await byPost();
          return post({ ...fields, SAMLResponse: fields['SAMLRequest'] ?? '' });
        },
        'no SigAlg': async () => get(without(await byRedirect(), 'SigAlg')),
        'no Signature': async () => get(without(await byRedirect(), 'Signature')),
        'an empty Signature': async () => get(`${without(await byRedirect(), 'Signature')}&Signature=`),
        'two Signatures': async () => {
          const { search } = await byRedirect();
          return get(`${slo}${search}&Signature=AAAA`);
        },
        'a name in escapes': async () => get((await byRedirect()).href.replace('SAMLRequest=', '%53AMLRequest=')),
      }),
    30_000,
  );
});
