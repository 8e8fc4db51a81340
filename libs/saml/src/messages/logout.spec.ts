import { idp, NOW, stranger, trustOf } from '../../test/expected.js';
import { at, IDP, signed } from '../../test/messages.js';
import { signEnveloped, signerFrom } from '../signature/sign.js';
import {
  readLogoutRequest,
  readLogoutResponse,
  writeLogoutRequest,
  writeLogoutResponse,
  type ExpectedLogout,
} from './logout.js';
import { receivePost, type Received } from './redirect.js';

const SLO = 'https://login.acme.test/sso/okta/slo';
const expected: ExpectedLogout = { now: NOW, skewSec: 60, issuer: IDP, trust: trustOf(idp), destination: SLO };
const written = { id: '_l', issuedAt: NOW, issuer: IDP, destination: SLO };
const request = writeLogoutRequest({ ...written, nameId: { value: 'alice <&"> é' }, sessionIndex: '_s' });
const response = (status?: string): string =>
  writeLogoutResponse({ ...written, inResponseTo: '_request', ...(status !== undefined && { status }) });
const posted = (xml: string, kind = 'SAMLRequest'): Received =>
  receivePost({ [kind]: Buffer.from(xml).toString('base64') });
const signer = signerFrom(idp.privateKey, idp.certificate);
const untrusted = expect.objectContaining({ code: 'upstream.untrusted' });

describe('a posted LogoutRequest', () => {
  it('is read when it is signed, by us or by xml-crypto', async () => {
    for (const xml of [await signEnveloped(request, signer), signed(request, '_l', idp)]) {
      expect(readLogoutRequest(posted(xml), expected)).toEqual({
        id: '_l',
        nameId: { value: 'alice <&"> é' },
        sessionIndexes: ['_s'],
        usableUntil: new Date(NOW.getTime() + 360_000),
      });
    }
  });

  it.each([
    ['unsigned', request],
    ['signed by a stranger', signed(request, '_l', stranger)],
    ['about somebody else than was signed', signed(request, '_l', idp).replace('>alice', '>bob')],
    ['of another issuer', signed(request.replace(IDP, 'https://other.test'), '_l', idp)],
    ['to another Destination', signed(request.replace(SLO, 'https://other.test/slo'), '_l', idp)],
    ['that has ended', signed(request.replace(at(300), at(-60)), '_l', idp)],
    ['from yesterday', signed(request.replaceAll(at(0), at(-86_400)), '_l', idp)],
    ['from tomorrow', signed(request.replaceAll(at(0), at(86_400)), '_l', idp)],
  ])('is refused %s', (_, xml) => {
    expect(() => readLogoutRequest(posted(xml), expected)).toThrow(untrusted);
  });

  it.each([
    ['with a comment in its NameID', signed(request, '_l', idp).replace('>alice', '>ali<!-- -->ce')],
    ['with two NameIDs', signed(request.replace(/<saml:NameID>.*<\/saml:NameID>/, '$&$&'), '_l', idp)],
    ['that is a response', signed(response(), '_l', idp)],
    [
      'with a signature elsewhere',
      signed(request, '_l', idp).replace(/(<ds:Signature .*<\/ds:Signature>)(.*)(<\/samlp)/s, '$2$1$3'),
    ],
  ])('is refused %s as no such message', (_, xml) => {
    expect(() => readLogoutRequest(posted(xml), expected)).toThrow(
      expect.objectContaining({ code: 'upstream.malformed' }),
    );
  });
});

describe('a posted LogoutResponse', () => {
  const read = (xml: string) => readLogoutResponse(posted(xml, 'SAMLResponse'), expected);

  it('tells what it answers, and whether all of it was done', () => {
    expect(read(signed(response(), '_l', idp))).toEqual({ inResponseTo: '_request', complete: true });
    const partial = response('urn:oasis:names:tc:SAML:2.0:status:PartialLogout');
    expect(read(signed(partial, '_l', idp))).toMatchObject({ complete: false });
  });

  it('is refused unsigned, and when nothing was done', () => {
    expect(() => read(response())).toThrow(untrusted);
    const failed = signed(response('urn:oasis:names:tc:SAML:2.0:status:Responder'), '_l', idp);
    expect(() => read(failed)).toThrow(expect.objectContaining({ code: 'upstream.refused' }));
  });
});
