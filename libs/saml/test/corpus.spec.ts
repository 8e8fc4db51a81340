import { bentSignatures, differentials, spellings, wrappings, wrongProfiles } from './forgeries/index.js';
import { idp, read, stranger, verdict } from './expected.js';
import { assertionSigned, responseSigned } from './messages.js';

/** Every forgery is made from these two, so that what is refused is refused for the forgery. */
describe('what must be accepted', () => {
  it.each([
    ['the assertion signed', assertionSigned(idp)],
    ['the response signed', responseSigned(idp)],
  ])('a response with %s', (_, xml) => {
    expect(verdict(xml)).toBe('accepted');
  });

  it.each(spellings(idp).map(({ name, xml }) => [name, xml]))('the same in another spelling: %s', (_, xml) => {
    const { assertion: _id, usableUntil: _until, signedBy: _by, ...identity } = read(xml);
    const { assertion: _a, usableUntil: _u, signedBy: _s, ...original } = read(assertionSigned(idp));
    expect(identity).toEqual(original);
  });
});

const REFUSED = /^upstream\.(untrusted|malformed): /;

/**
 * The 47 messages that six service providers were measured with: they took 9 to 25 of the 45 that are wrong.
 */
describe('the measured corpus', () => {
  const wrapped = wrappings(idp, 'response').concat(wrappings(idp, 'assertion'));
  const all = [...bentSignatures(idp, stranger), ...wrongProfiles(idp), ...differentials(idp)];
  const named = (names: string[]) =>
    names.map(
      (name) => all.find((each) => each.name === name) ?? { name: `missing: ${name}`, xml: assertionSigned(idp) },
    );
  const wrong = [
    ...wrapped.filter(({ name }) => /^XSW([1-9]|3b)$/.test(name)).slice(0, 10),
    ...named(['two signed assertions', 'rsa-sha1 with a SHA-1 digest', 'canonical XML with comments']),
    ...named(['a NameID with a comment, signed so', 'a comment put into NameID', 'CDATA put into NameID']),
    ...named(['a DOCTYPE with an entity', 'a billion laughs', 'two roots', 'an ID twice']),
    ...named(['another Destination', 'another Recipient', 'another audience', 'no audience restriction']),
    ...named(['no conditions', 'conditions that have ended', 'conditions that have not begun']),
    ...named(['no subject confirmation', 'a bearer confirmation that has ended', 'an answer to an unknown request']),
    ...named(['unsolicited', 'two InResponseTo that differ', 'another Issuer by the right key']),
    ...named(['no success, and an assertion', 'no signature at all', 'an empty SignatureValue', 'two SignedInfo']),
    ...named(['a comment in DigestValue', 'signed by a stranger who brings his certificate', 'a changed name']),
    ...named(['a changed attribute', 'HMAC keyed with the public certificate', 'a reference to the whole document']),
    ...named(['a reference to another element', 'an XSLT transform']),
  ];

  it('has 45 that are wrong, of which none is accepted', () => {
    expect(wrong).toHaveLength(45);
    expect(wrong.filter(({ xml }) => verdict(xml) === 'accepted').map(({ name }) => name)).toEqual([]);
  });

  it('has 2 that are right, and both are accepted', () => {
    expect([assertionSigned(idp), responseSigned(idp)].map((xml) => verdict(xml))).toEqual(['accepted', 'accepted']);
  });
});

describe.each(['response', 'assertion'] as const)('wrapping around a signed %s', (which) => {
  it.each(wrappings(idp, which).map(({ name, xml }) => [name, xml]))('refuses %s', (_, xml) => {
    expect(verdict(xml)).toMatch(REFUSED);
  });
});

describe('a bent signature', () => {
  it.each(bentSignatures(idp, stranger).map(({ name, xml }) => [name, xml]))('refuses %s', (_, xml) => {
    expect(verdict(xml)).toMatch(REFUSED);
  });
});

describe('the wrong message by the right key', () => {
  it.each(wrongProfiles(idp).map(({ name, xml }) => [name, xml]))('refuses %s', (_, xml) => {
    expect(verdict(xml)).toMatch(REFUSED);
  });
});

describe('a text that parsers read differently', () => {
  it.each(differentials(idp).map(({ name, xml }) => [name, xml]))('refuses %s', (_, xml) => {
    expect(verdict(xml)).toMatch(REFUSED);
  });
});
