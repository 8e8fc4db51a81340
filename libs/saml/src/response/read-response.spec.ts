import { makePair } from '../../test/certificate.js';
import { expected, idp, NOW, read, trustOf, verdict } from '../../test/expected.js';
import { differentials, swap } from '../../test/forgeries/index.js';
import {
  assertion,
  assertionSigned,
  at,
  response,
  responseSigned,
  signed,
  STATUS_SUCCESS,
} from '../../test/messages.js';
import { stallOf } from '../../test/stopwatch.js';
import { trustedKey } from '../signature/trusted-key.js';
import { isUnknownKey } from '../signature/verify.js';
import { readResponse } from './read-response.js';

const SHA1 = {
  signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  digestAlgorithm: 'http://www.w3.org/2000/09/xmldsig#sha1',
};

describe('a response', () => {
  it('is read whole: who, when, how, what is said of them, and until when it could be used again', () => {
    expect(read(assertionSigned(idp))).toEqual({
      assertion: '_assertion',
      usableUntil: new Date(NOW.getTime() + 360_000),
      nameId: { value: 'alice', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' },
      attributes: [
        { name: 'email', values: ['alice@acme.test'] },
        { name: 'role', values: ['user', 'staff'] },
      ],
      authenticatedAt: new Date(at(-5)),
      context: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
      sessionIndex: '_session',
      signedBy: { fingerprint: trustedKey(idp.certificate).fingerprint, sha1: false },
    });
  });

  it('may be signed with any of the keys that are known', () => {
    const ec = makePair({ type: 'ec' });
    const more = { trust: { keys: [...trustOf(ec).keys, ...trustOf(idp).keys], allowSha1: false } };
    const byRsa = assertionSigned(idp);
    expect(verdict(byRsa, more)).toBe('accepted');
    expect(verdict(byRsa, { trust: trustOf(ec) })).toContain('none of the keys');
  });

  it('tells a key that is not known from a broken message', () => {
    const tell = (xml: string): boolean => {
      try {
        readResponse(Buffer.from(xml), expected());
        return false;
      } catch (error) {
        return isUnknownKey(error);
      }
    };
    // The same name and number as the real certificate: it is the key that counts.
    expect(tell(assertionSigned(makePair({ name: 'idp.acme.test' })))).toBe(true);
    expect(tell(swap(assertionSigned(idp), '>alice<', '>admin<'))).toBe(false);
  });

  it('may be signed with SHA-1 where that is allowed by name, and says so', () => {
    const old = signed(response(), '_assertion', idp, SHA1);
    expect(verdict(old)).toContain('SHA-1');
    expect(read(old, { trust: { ...trustOf(idp), allowSha1: true } }).signedBy.sha1).toBe(true);
    const half = signed(response(), '_assertion', idp, { digestAlgorithm: SHA1.digestAlgorithm });
    expect(read(half, { trust: { ...trustOf(idp), allowSha1: true } }).signedBy.sha1).toBe(true);
  });

  it.each([
    ['Conditions that ended', { notOnOrAfter: at(-59) }, { notOnOrAfter: at(-60) }],
    ['Conditions that begin', { notBefore: at(60) }, { notBefore: at(61) }],
    ['a confirmation that ended', { confirmationEnds: at(-59) }, { confirmationEnds: at(-60) }],
    ['an assertion issued', { issueInstant: at(60) }, { issueInstant: at(61) }],
  ])('is given the minute that was configured, and no more: %s', (_, within, beyond) => {
    expect(verdict(assertionSigned(idp, within))).toBe('accepted');
    expect(verdict(assertionSigned(idp, beyond))).toMatch(/^upstream\.untrusted/);
    expect(verdict(assertionSigned(idp, within), { skewSec: 0 })).toMatch(/^upstream\.untrusted/);
  });

  it('tells until when the session upstream lasts', () => {
    const authnStatement = `<saml:AuthnStatement AuthnInstant="${at(-5)}" SessionNotOnOrAfter="${at(900)}"/>`;
    expect(read(assertionSigned(idp, { authnStatement })).sessionUntil).toEqual(new Date(at(900)));
  });

  it('is confirmed by one of several confirmations', () => {
    const one = /<saml:SubjectConfirmation .*<\/saml:SubjectConfirmation>/.exec(assertion())?.[0] ?? '';
    const old = one.replace(at(300), at(-900));
    expect(verdict(assertionSigned(idp, { confirmations: old + one }))).toBe('accepted');
    expect(verdict(assertionSigned(idp, { confirmations: old + old }))).toContain('not valid any more');
  });

  it('reads eduPersonTargetedID, which is a NameID in an attribute', () => {
    const attributes = `<saml:Attribute Name="urn:oid:1.3.6.1.4.1.5923.1.1.1.10" FriendlyName="eduPersonTargetedID"><saml:AttributeValue><saml:NameID>x!y!z</saml:NameID></saml:AttributeValue></saml:Attribute>`;
    expect(read(assertionSigned(idp, { attributes })).attributes).toEqual([
      { name: 'urn:oid:1.3.6.1.4.1.5923.1.1.1.10', friendlyName: 'eduPersonTargetedID', values: ['x!y!z'] },
    ]);
  });

  it('that says no is told apart: nobody there, or no', () => {
    const no = (second: string) =>
      response({
        content: '',
        status: `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${second}"/></samlp:StatusCode></samlp:Status>`,
      });
    const silent = { request: { id: '_request', silent: true } };
    expect(verdict(no('NoPassive'), silent)).toMatch(/^upstream\.login_required/);
    expect(verdict(no('NoPassive'))).toMatch(/^upstream\.refused/);
    expect(verdict(no('AuthnFailed'), silent)).toMatch(/^upstream\.refused/);
    expect(verdict(response({ content: '', status: STATUS_SUCCESS }))).toMatch(/^upstream\.malformed/);
  });

  it('is signed as was asked for', () => {
    const twice = signed(assertionSigned(idp), '_response', idp);
    expect(verdict(twice, { signed: 'both' })).toBe('accepted');
    expect(verdict(assertionSigned(idp), { signed: 'both' })).toContain('the response is not signed');
    expect(verdict(responseSigned(idp), { signed: 'both' })).toContain('the assertion is not signed');
  });

  it('costs nothing to refuse, however it is made', () => {
    for (const { name, xml } of differentials(idp)) {
      expect([name, stallOf(() => void verdict(xml), 50) < 50]).toEqual([name, true]);
    }
  });
});
