import { SamlIdp, type SamlWish } from '../../../testing/src/peers/saml-idp.js';
import { makePair } from '../../../saml/test/certificate.js';
import { NOW } from '../../../saml/test/messages.js';
import { memoryOf, toolsFor } from '../../test/tools.js';
import { openUsersource } from '../registry.js';
import type { Carried, NextStep, Reply, Usersource, UsersourceTools } from '../usersource.js';
import { samlSettings } from './saml.settings.js';

const ASK = { forceFresh: false, silent: false };
const ours = makePair({ name: 'sp' });
const SIGNING = { spKey: ours.key, spCertificate: ours.certificate };
const SLO = 'https://login.acme.test/sso/okta/slo';

/** One identity provider and one copy of the usersource, on a clock that is moved by hand. */
function world(more: Record<string, unknown> = {}, tools: Partial<UsersourceTools> = {}) {
  const clock = { now: NOW };
  const idp = new SamlIdp('https://idp.acme.test', () => clock.now);
  idp.person = {
    nameId: 'alice',
    attributes: { email: ['alice@acme.test'], displayName: ['Alice'], groups: ['a', 'b'] },
  };
  const byUrl = 'metadataUrl' in more;
  const settings = { ...(byUrl ? {} : { metadata: idp.metadata() }), ...more };
  const all = { ...toolsFor('okta', () => clock.now), ...tools };
  const fetched = fetchOf(idp);
  const open = (): Usersource => openUsersource('saml', settings, { ...all, ...(byUrl && { fetch: fetched }) });
  return { idp, clock, open, usersource: open(), settings };
}

const fetchOf =
  (idp: SamlIdp): typeof fetch =>
  async () => {
    idp.metadataFetches++;
    return new Response(idp.metadata(), { status: idp.metadataStatus });
  };

const posted = (fields: Record<string, string>): Reply => ({
  method: 'POST',
  rawQuery: '',
  fields,
  remoteAddress: '192.0.2.1',
});
const got = (url: URL): Reply => ({
  method: 'GET',
  rawQuery: url.search.slice(1),
  fields: {},
  remoteAddress: '192.0.2.1',
});
const askOf = (idp: SamlIdp, step: NextStep) => {
  if (step.go === 'redirect') return idp.read(step.to.searchParams, false);
  if (step.go === 'post') return idp.read(new URLSearchParams(step.fields), true);
  throw new Error('a form');
};

async function walk({ idp, usersource }: { idp: SamlIdp; usersource: Usersource }, wish: SamlWish = {}, ask = ASK) {
  const step = await usersource.begin('t', ask);
  return usersource.finish(posted(idp.respond(askOf(idp, step), wish)), step.carry);
}

describe('saml', () => {
  it('asks by redirect, in few words, with a request of its own for every browser', async () => {
    const { idp, usersource } = world();
    const step = await usersource.begin('t', ASK);
    const ask = askOf(idp, step);
    expect(step).toMatchObject({ go: 'redirect', carry: { request: ask.id, relayState: ask.relayState } });
    expect(ask).toMatchObject({ acs: 'https://login.acme.test/sso/okta/acs', forceAuthn: false, isPassive: false });
    expect((await usersource.begin('t', ASK)).carry['request']).not.toBe(ask.id);
  });

  it('says who somebody is, once, for as long as the message could be used', async () => {
    const assertion = await walk(world(SIGNING));
    expect(assertion).toMatchObject({
      usersource: 'okta',
      subject: 'alice',
      claims: { email: 'alice@acme.test', emailVerified: true, name: 'Alice', groups: ['a', 'b'] },
      said: { nameId: 'alice', attributes: { groups: ['a', 'b'] } },
      session: { index: '_s-alice', kept: { nameId: 'alice' } },
      methods: ['pwd'],
      once: { until: new Date(NOW.getTime() + 360_000) },
    });
  });

  it.each(['assertion', 'response', 'both'] as const)('takes what is signed as is asked for: %s', async (signed) => {
    await expect(walk(world({ signed }), { sign: signed })).resolves.toMatchObject({ subject: 'alice' });
    const other = signed === 'assertion' ? 'response' : 'assertion';
    await expect(walk(world({ signed }), { sign: other })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(walk(world({ signed }), { sign: 'none' })).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('signs what it asks, by redirect and by post', async () => {
    const { usersource } = world(SIGNING);
    const step = await usersource.begin('t', ASK);
    expect(step.go === 'redirect' && [...step.to.searchParams.keys()]).toEqual([
      ...['SAMLRequest', 'RelayState', 'SigAlg', 'Signature'],
    ]);
    const post = await world({ ...SIGNING, requestBinding: 'post' }).usersource.begin('t', ASK);
    const xml = post.go === 'post' ? Buffer.from(post.fields['SAMLRequest'] ?? '', 'base64').toString() : '';
    expect(xml).toMatch(/<saml:Issuer [^>]*>[^<]*<\/saml:Issuer><ds:Signature /);
  });

  it('asks without a page, and hears that nobody is signed in there', async () => {
    const { idp, usersource } = world();
    const step = await usersource.begin('t', { ...ASK, silent: true });
    const ask = askOf(idp, step);
    expect(ask.isPassive).toBe(true);
    await expect(usersource.finish(posted(idp.refuse(ask)), step.carry)).rejects.toMatchObject({
      code: 'upstream.login_required',
    });
    const loud = await usersource.begin('t', ASK);
    const refused = idp.refuse(askOf(idp, loud), 'AuthnFailed');
    await expect(usersource.finish(posted(refused), loud.carry)).rejects.toMatchObject({ code: 'upstream.refused' });
  });

  it('asks for a fresh sign-in, and refuses an old one', async () => {
    const fresh = world();
    fresh.idp.person = { nameId: 'alice', signedInAgo: 0 };
    await expect(walk(fresh, {}, { ...ASK, forceFresh: true })).resolves.toMatchObject({ authenticatedAt: NOW });
    fresh.idp.person = { nameId: 'alice', signedInAgo: 3600 };
    await expect(walk(fresh, {}, { ...ASK, forceFresh: true })).rejects.toMatchObject({
      detail: expect.stringContaining('fresh'),
    });
    await expect(walk(fresh)).resolves.toMatchObject({ subject: 'alice' });
  });

  it('asks anew where an age is given, and refuses who signed in longer ago', async () => {
    const aged = world();
    const ask = { ...ASK, maxAge: 600 };
    expect(askOf(aged.idp, await aged.usersource.begin('t', ask)).forceAuthn).toBe(true);
    aged.idp.person = { nameId: 'alice', signedInAgo: 600 };
    await expect(walk(aged, {}, ask)).resolves.toMatchObject({ subject: 'alice' });
    aged.idp.person = { nameId: 'alice', signedInAgo: 700 };
    await expect(walk(aged, {}, ask)).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('asks for a way of signing in, and refuses another', async () => {
    const pwd = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport';
    const { usersource, idp } = world({ authnContexts: [pwd] });
    expect(askOf(idp, await usersource.begin('t', ASK)).xml).toContain(
      `Comparison="exact"><saml:AuthnContextClassRef>${pwd}`,
    );
    await expect(walk({ usersource, idp })).resolves.toMatchObject({ acr: pwd });
    await expect(walk(world({ authnContexts: ['urn:other'] }))).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('reads what is encrypted to it, and nothing else where that is asked for', async () => {
    const wish = { encryptTo: ours.certificate };
    await expect(walk(world(SIGNING), wish)).resolves.toMatchObject({ subject: 'alice' });
    const strict = { ...SIGNING, requireEncryption: true };
    await expect(walk(world(strict), wish)).resolves.toMatchObject({ subject: 'alice' });
    await expect(walk(world(strict))).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(walk(world(SIGNING), { ...wish, sign: 'none' })).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it("refuses another browser's answer, another RelayState, and a response by redirect", async () => {
    const { idp, usersource } = world();
    const mine = await usersource.begin('t', ASK);
    const theirs = await usersource.begin('t', ASK);
    const fields = idp.respond(askOf(idp, theirs));
    const refused = { code: 'upstream.untrusted' };
    await expect(usersource.finish(posted(fields), mine.carry)).rejects.toMatchObject(refused);
    const crossed = { ...fields, RelayState: mine.carry['relayState'] ?? '' };
    await expect(usersource.finish(posted(crossed), mine.carry)).rejects.toMatchObject(refused);
    await expect(usersource.finish(posted(fields), {})).rejects.toMatchObject(refused);
    const byRedirect = got(new URL(`https://x.test/?${new URLSearchParams(fields).toString()}`));
    await expect(usersource.finish(byRedirect, theirs.carry)).rejects.toMatchObject({ code: 'upstream.malformed' });
    await expect(usersource.finish(posted(fields), theirs.carry)).resolves.toMatchObject({ subject: 'alice' });
  });

  it('refuses a response of another identity provider to a request of ours (mix-up)', async () => {
    const a = world();
    const b = new SamlIdp('https://evil.test', () => NOW);
    b.pair = makePair();
    const step = await a.usersource.begin('t', ASK);
    const fields = b.respond(askOf(a.idp, step));
    await expect(a.usersource.finish(posted(fields), step.carry)).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });
});

describe('saml that upstream begins', () => {
  const unasked = {
    id: '',
    acs: 'https://login.acme.test/sso/okta/acs',
    issuer: 'https://login.acme.test/sso/okta/metadata',
  };
  const wish = { assertion: { inResponseTo: '' }, response: { inResponseTo: '' } };
  const send = ({ idp, usersource }: ReturnType<typeof world>, relayState?: string, carried: Carried = {}) =>
    usersource.finish(posted(idp.respond({ ...unasked, relayState }, wish)), carried);

  it('is refused unless it is switched on', async () => {
    await expect(send(world())).rejects.toMatchObject({ code: 'upstream.untrusted' });
    await expect(send(world({ idpInitiated: true }))).resolves.toMatchObject({
      subject: 'alice',
      once: { key: expect.any(String) },
    });
  });

  it('leads to listed places only', async () => {
    const listed = world({ idpInitiated: true, relayStates: ['https://help.acme.test/*'] });
    expect((await send(listed, 'https://help.acme.test/a')).to).toBe('https://help.acme.test/a');
    for (const evil of ['https://evil.test/', '//evil.test', '\\\\evil.test', 'javascript:alert(1)', '/a']) {
      expect((await send(listed, evil)).to).toBeUndefined();
    }
    expect((await send(world({ idpInitiated: true }), 'https://help.acme.test/a')).to).toBeUndefined();
  });

  it('may not answer a request all the same', async () => {
    const on = world({ idpInitiated: true });
    const answers = on.idp.respond({ ...unasked, id: '_somebody', relayState: undefined });
    await expect(on.usersource.finish(posted(answers), {})).rejects.toMatchObject({ code: 'upstream.untrusted' });
    const step = await on.usersource.begin('t', ASK);
    await expect(send(on, undefined, step.carry)).resolves.toMatchObject({ subject: 'alice' });
  });
});

describe('the subject of saml', () => {
  const of = async (person: Partial<SamlIdp['person']>, more: Record<string, unknown> = {}) => {
    const there = world(more);
    there.idp.person = { nameId: 'alice', ...person };
    return walk(there);
  };
  const transient = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';

  it('is an attribute where one was chosen, and never a transient NameID', async () => {
    const attributes = { employee: ['e-7'], two: ['a', 'b'] };
    await expect(of({ attributes, format: transient }, { subjectAttribute: 'employee' })).resolves.toMatchObject({
      subject: 'e-7',
    });
    await expect(of({ attributes, format: transient })).rejects.toMatchObject({ code: 'upstream.malformed' });
    await expect(of({ attributes }, { subjectAttribute: 'two' })).rejects.toMatchObject({ code: 'upstream.malformed' });
    await expect(of({ attributes }, { subjectAttribute: 'none' })).rejects.toMatchObject({
      code: 'upstream.malformed',
    });
  });

  it("is Entra ID's object identifier by preset", async () => {
    const attributes = { 'http://schemas.microsoft.com/identity/claims/objectidentifier': ['guid-1'] };
    await expect(of({ attributes }, { preset: 'entra-id' })).resolves.toMatchObject({ subject: 'guid-1' });
  });

  it('is of the format that was asked for', async () => {
    const email = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
    await expect(of({ format: email }, { nameIdFormat: email })).resolves.toMatchObject({ claims: { email: 'alice' } });
    await expect(of({}, { nameIdFormat: email })).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });
});

describe('the metadata of upstream, by address', () => {
  const URL_OF = { metadataUrl: 'https://idp.acme.test/metadata' };
  const minutes = (count: number): Date => new Date(NOW.getTime() + count * 60_000);

  it('is fetched once, and kept while upstream does not answer', async () => {
    const there = world(URL_OF);
    await walk(there);
    there.idp.metadataStatus = 503;
    there.clock.now = minutes(240);
    await expect(walk(there)).resolves.toMatchObject({ subject: 'alice' });
    await expect(walk({ idp: there.idp, usersource: there.open() })).resolves.toMatchObject({ subject: 'alice' });
    expect(there.idp.metadataFetches).toBe(2);
  });

  it('says that upstream cannot be reached when there never was any', async () => {
    const there = world(URL_OF);
    there.idp.metadataStatus = 503;
    await expect(there.usersource.begin('t', ASK)).rejects.toMatchObject({ code: 'usersource.unreachable' });
    expect(await there.usersource.probe()).toMatchObject({ state: 'down' });
  });

  it('heals a key that was changed and not announced, by one fetch a minute', async () => {
    const there = world(URL_OF);
    await walk(there);
    there.idp.rollOver(true);
    await expect(walk(there)).resolves.toMatchObject({ subject: 'alice' });
    expect(there.idp.metadataFetches).toBe(2);
  });

  it('asks at most once a minute, however many forged messages come, on all replicas', async () => {
    const there = world(URL_OF);
    await walk(there);
    const stranger = makePair();
    const other = { idp: there.idp, usersource: there.open() };
    for (let i = 0; i < 5; i++) {
      await expect(walk(there, { pair: stranger })).rejects.toMatchObject({ code: 'upstream.untrusted' });
      await expect(walk(other, { pair: stranger })).rejects.toMatchObject({ code: 'upstream.untrusted' });
    }
    expect(there.idp.metadataFetches).toBe(2);
  });

  it('takes either certificate while both are announced, and the old one no more afterwards', async () => {
    const there = world(URL_OF, { memory: { ...memoryOf(new Map()), oncePer: async () => true } });
    const old = there.idp.pair;
    there.idp.rollOver(true);
    there.idp.announced = [there.idp.pair, old];
    await expect(walk(there, { pair: old })).resolves.toMatchObject({ subject: 'alice' });
    await expect(walk(there)).resolves.toMatchObject({ subject: 'alice' });
    there.idp.announced = [there.idp.pair];
    there.clock.now = minutes(90);
    await walk(there);
    await expect(walk(there, { pair: old })).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('refuses what has expired and keeps the last good one', async () => {
    const there = world(URL_OF);
    await walk(there);
    const { metadata } = there.idp;
    there.idp.metadata = () => metadata.call(there.idp, ` validUntil="${minutes(1).toISOString()}"`);
    there.clock.now = minutes(120);
    await expect(walk(there)).resolves.toMatchObject({ subject: 'alice' });
    expect(await there.usersource.probe()).toMatchObject({
      state: 'down',
      steps: [{ detail: expect.stringContaining('ended') }],
    });
  });

  it('holds a new key for the admin where certificates are pinned', async () => {
    const there = world();
    const pinned = world({ ...URL_OF, idpCertificates: [there.idp.pair.certificate] });
    pinned.idp.pair = there.idp.pair;
    pinned.idp.announced = [there.idp.pair, makePair()];
    await expect(walk(pinned)).resolves.toMatchObject({ subject: 'alice' });
    const second = pinned.idp.announced[1];
    await expect(walk(pinned, { ...(second && { pair: second }) })).rejects.toMatchObject({
      code: 'upstream.untrusted',
    });
    expect(await pinned.usersource.probe()).toMatchObject({
      steps: expect.arrayContaining([expect.objectContaining({ step: 'signing keys', ok: false })]),
    });
  });
});

describe('signing out of saml', () => {
  const session = { subject: 'alice', index: '_s-alice', kept: { nameId: 'alice' } };

  it('asks upstream to end the session, and hears that it has', async () => {
    const { idp, usersource } = world(SIGNING);
    const step = await usersource.end?.(session, 'state-1');
    if (step?.go !== 'redirect') throw new Error('no redirect');
    expect(idp.read(step.to.searchParams, false).xml).toContain('<samlp:SessionIndex>_s-alice<');
    const back = await idp.endedSession(step.to.searchParams, SLO);
    await expect(usersource.ended?.(got(back))).resolves.toBeUndefined();
    const crossed = new URL(back.href.replace('RelayState=state-1', 'RelayState=state-2'));
    await expect(usersource.ended?.(got(crossed))).rejects.toMatchObject({ code: 'upstream.untrusted' });
  });

  it('has nothing to ask where there is no key or no address for it', async () => {
    expect(await world().usersource.end?.(session, 'x')).toBeUndefined();
  });

  it('ends the session that upstream names, once, and answers', async () => {
    const { idp, usersource } = world(SIGNING);
    const asked = await idp.endSession(SLO, 'alice', '_s-alice', 'their state');
    const ended = await usersource.ended?.(got(asked));
    expect(ended).toMatchObject({ subject: 'alice', index: '_s-alice', once: { key: expect.any(String) } });
    const to = ended?.answer?.go === 'redirect' ? ended.answer.to : undefined;
    expect(to?.searchParams.get('RelayState')).toBe('their state');
    expect(to?.searchParams.has('SAMLResponse') && to.searchParams.has('Signature')).toBe(true);
  });

  it('refuses a LogoutRequest that is unsigned, forged, old, or about somebody else than was signed', async () => {
    const { idp, usersource, clock } = world(SIGNING);
    const asked = await idp.endSession(SLO, 'alice', '_s-alice');
    const untrusted = { code: 'upstream.untrusted' };
    const bare = new URL(asked.href.replace(/&SigAlg=.*/, ''));
    await expect(usersource.ended?.(got(bare))).rejects.toMatchObject(untrusted);
    const other = await idp.endSession(SLO, 'bob', undefined);
    const swapped = new URL(
      asked.href.replace(
        /SAMLRequest=[^&]*/,
        `SAMLRequest=${encodeURIComponent(other.searchParams.get('SAMLRequest') ?? '')}`,
      ),
    );
    await expect(usersource.ended?.(got(swapped))).rejects.toMatchObject(untrusted);
    const stranger = new SamlIdp('https://idp.acme.test', () => clock.now);
    stranger.pair = makePair();
    await expect(usersource.ended?.(got(await stranger.endSession(SLO, 'alice', undefined)))).rejects.toMatchObject(
      untrusted,
    );
    const evil = new SamlIdp('https://evil.test', () => clock.now);
    await expect(usersource.ended?.(got(await evil.endSession(SLO, 'alice', undefined)))).rejects.toMatchObject(
      untrusted,
    );
    const elsewhere = await idp.endSession('https://other.test/slo', 'alice', undefined);
    await expect(usersource.ended?.(got(elsewhere))).rejects.toMatchObject(untrusted);
    clock.now = new Date(NOW.getTime() + 3_600_000);
    await expect(usersource.ended?.(got(asked))).rejects.toMatchObject(untrusted);
    clock.now = NOW;
    await expect(usersource.ended?.(got(asked))).resolves.toMatchObject({ subject: 'alice' });
  });
});

describe('our own metadata', () => {
  it('names our doors and our key, signed where there is one', async () => {
    const plain = (await world().usersource.metadata?.())?.body ?? '';
    expect(plain).toContain('Location="https://login.acme.test/sso/okta/acs"');
    expect(plain).not.toContain('Signature');
    const signed = await world(SIGNING).usersource.metadata?.();
    expect(signed?.type).toBe('application/samlmetadata+xml');
    expect(signed?.body).toContain(`<ds:X509Certificate>${ours.bare}<`);
    expect(signed?.body).toContain('AuthnRequestsSigned="true"');
    expect(signed?.body).toMatch(/^<md:EntityDescriptor [^>]*><ds:Signature /);
    expect(signed?.body).not.toContain('PRIVATE');
  });
});

describe('saml settings', () => {
  const idp = new SamlIdp('https://idp.acme.test', () => NOW);
  const byHand = { idpEntityId: idp.entityId, idpSsoUrl: `${idp.origin}/sso`, idpCertificates: [idp.pair.certificate] };
  const errors = (settings: Record<string, unknown>) =>
    samlSettings.schema.safeParse(settings).error?.issues.map((issue) => issue.path[0]) ?? [];
  const weak = makePair({ bits: 1024 });

  it('take the provider by address, by XML or by hand', () => {
    expect(errors({ metadataUrl: 'https://idp.acme.test/m' })).toEqual([]);
    expect(errors({ metadata: idp.metadata() })).toEqual([]);
    expect(errors(byHand)).toEqual([]);
    expect(errors({ ...byHand, idpCertificates: [idp.pair.bare], ...SIGNING })).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, (string | undefined)[]]>([
    ['no provider', {}, ['idpEntityId', 'idpSsoUrl', 'idpCertificates']],
    ['no certificate: nothing would be checked', { ...byHand, idpCertificates: [] }, ['idpCertificates']],
    ['two sources', { metadataUrl: 'https://idp.acme.test/m', metadata: idp.metadata() }, ['metadata']],
    ['plain http', { metadataUrl: 'http://idp.acme.test/m' }, ['metadataUrl']],
    ['metadata that is none', { metadata: '<x/>' }, ['metadata']],
    ['metadata with a DOCTYPE', { metadata: `<!DOCTYPE x>${idp.metadata()}` }, ['metadata']],
    ['a certificate of 1024 bits', { ...byHand, idpCertificates: [weak.certificate] }, ['idpCertificates']],
    ['metadata with a key of 1024 bits', { metadata: idp.metadata().replace(idp.pair.bare, weak.bare) }, ['metadata']],
    ['a key without its certificate', { ...byHand, spKey: ours.key }, ['spCertificate']],
    [
      'a certificate of another key',
      { ...byHand, spKey: ours.key, spCertificate: idp.pair.certificate },
      ['spCertificate'],
    ],
    ['a weak key of ours', { ...byHand, spKey: weak.key, spCertificate: ours.certificate }, ['spKey']],
    ['encryption without a key', { ...byHand, requireEncryption: true }, ['requireEncryption']],
    ['an hour of skew', { ...byHand, clockSkewSec: 3600 }, ['clockSkewSec']],
    ['a setting it does not know', { ...byHand, trustAll: true }, [undefined]],
  ])('refuse %s', (_, settings, names) => {
    expect(errors(settings)).toEqual(names);
  });

  it('warn as long as SHA-1 or unasked responses are accepted', () => {
    expect(samlSettings.warnings?.({ ...byHand })).toEqual([]);
    expect(samlSettings.warnings?.({ ...byHand, allowSha1: true, idpInitiated: true })).toHaveLength(2);
  });
});
