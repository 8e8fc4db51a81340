import { SamlIdp } from '../../../testing/src/peers/saml-idp.js';
import { makePair } from '../../../saml/test/certificate.js';
import { NOW } from '../../../saml/test/messages.js';
import { ASK, ours, SIGNING, world, posted, got, askOf, walk } from '../../test/saml-world.js';
import type { Carried } from '../usersource.js';

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
