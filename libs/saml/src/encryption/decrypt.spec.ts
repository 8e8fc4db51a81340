import { constants } from 'node:crypto';
import { makePair } from '../../test/certificate.js';
import { encrypted, type Encryption } from '../../test/encrypted.js';
import { expected, idp, read, stranger, verdict } from '../../test/expected.js';
import { assertion, response, signed } from '../../test/messages.js';

const ours = makePair({ name: 'sp' });
const withKey = { decryptionKeys: [ours.privateKey] };
const signedAssertion = signed(assertion(), '_assertion', idp);
const posted = (content: string, wish?: Encryption): string =>
  response({ content: encrypted(content, ours.certificate, wish) });
const ENC = 'http://www.w3.org/2001/04/xmlenc#';
const ENC11 = 'http://www.w3.org/2009/xmlenc11#';

describe('an encrypted assertion', () => {
  it.each<[string, string]>([
    ['signed within', posted(signedAssertion)],
    ['in a signed response', signed(posted(assertion()), '_response', idp)],
    ['signed within, in a signed response', signed(posted(signedAssertion), '_response', idp)],
    ['with its key beside it', posted(signedAssertion, { beside: true })],
    ['under the newer name of OAEP', posted(signedAssertion, { transport: `${ENC11}rsa-oaep` })],
    ['with four keys of which one fits', posted(signedAssertion, { keys: 4 })],
  ])('is read, %s', (_, xml) => {
    expect(read(xml, withKey).nameId?.value).toBe('alice');
    expect(read(xml, { ...withKey, encrypted: true }).nameId?.value).toBe('alice');
  });

  it('is read with the older of two keys of ours', () => {
    const keys = { decryptionKeys: [makePair().privateKey, ours.privateKey] };
    expect(read(posted(signedAssertion), keys).nameId?.value).toBe('alice');
  });

  it.each<[string, string]>([
    ['unsigned, in an unsigned response (CVE-2026-2092)', posted(assertion())],
    ['signed by a stranger', posted(signed(assertion(), '_assertion', stranger))],
    ['for another audience', posted(signed(assertion({ audience: 'https://other.test' }), '_assertion', idp))],
    ['changed after it was signed', posted(signedAssertion.replace('>alice<', '>admin<'))],
    ['that is a whole response', posted(signed(response({ id: '_inner' }), '_assertion', idp))],
    ['that is another element', posted('<x xmlns="urn:x"/>')],
    ['that is no XML', posted('alice')],
    ['that holds two', posted(signedAssertion + signedAssertion)],
    [
      'that holds another one in its advice',
      posted(
        signed(assertion({ advice: `<saml:Advice>${assertion({ id: '_evil' })}</saml:Advice>` }), '_assertion', idp),
      ),
    ],
    ['with a comment in its NameID', posted(signedAssertion.replace('alice', 'ali<!-- -->ce'))],
    ['by CBC', posted(signedAssertion, { cipher: `${ENC}aes256-cbc` })],
    ['by triple DES', posted(signedAssertion, { cipher: `${ENC}tripledes-cbc` })],
    [
      'with its key under RSA1_5',
      posted(signedAssertion, { transport: `${ENC}rsa-1_5`, padding: constants.RSA_PKCS1_PADDING }),
    ],
    [
      'with OAEP of two different hashes',
      posted(signedAssertion, { transport: `${ENC11}rsa-oaep`, digest: `${ENC}sha256` }),
    ],
    ['with a tag of four bytes', posted(signedAssertion, { tagBytes: 4 })],
    ['with 100 keys', posted(signedAssertion, { keys: 100 })],
    ['without a key', posted(signedAssertion, { keys: 0 })],
    [
      'that lies at an address',
      posted(signedAssertion, { data: '<xenc:CipherReference URI="http://127.0.0.1:1/x"/>' }),
    ],
  ])('is refused %s', (_, xml) => {
    expect(verdict(xml, withKey)).toMatch(/^upstream\.(untrusted|malformed): /);
  });

  it('is refused beside a clear one, all signed', () => {
    const both = response({ content: signedAssertion + encrypted(signedAssertion, ours.certificate) });
    expect(verdict(signed(both, '_response', idp), withKey)).toContain('more than one assertion');
  });

  it('says the same of every changed byte, wherever it is', () => {
    const bytes = posted(signedAssertion);
    const answers = new Set<string>();
    const values = [...bytes.matchAll(/<xenc:CipherValue>([^<]*)</g)].map((match) => match[1] ?? '');
    for (const value of values) {
      for (const at of [0, 15, 30, value.length - 40]) {
        const changed = Buffer.from(value, 'base64');
        const place = Math.min(at, changed.length - 1);
        changed[place] = (changed[place] ?? 0) ^ 1;
        answers.add(verdict(bytes.replace(value, changed.toString('base64')), withKey));
      }
    }
    expect([...answers]).toEqual(['upstream.untrusted: an EncryptedAssertion cannot be decrypted']);
  });

  it('is asked for where that is configured', () => {
    const clear = response({ content: signedAssertion });
    expect(verdict(clear, { ...withKey, encrypted: true })).toContain('not encrypted');
    expect(verdict(clear, withKey)).toBe('accepted');
  });

  it('is a matter of configuration where there is no key', () => {
    expect(verdict(posted(signedAssertion))).toContain('usersource.misconfigured');
    expect(expected().decryptionKeys).toEqual([]);
  });
});
