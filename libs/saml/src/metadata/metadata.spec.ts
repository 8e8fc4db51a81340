import { makePair } from '../../test/certificate.js';
import { idp, NOW, stranger, trustOf } from '../../test/expected.js';
import { signEnveloped, signerFrom } from '../signature/sign.js';
import { trustedKey } from '../signature/trusted-key.js';
import { secondsOf } from './duration.js';
import { forecast } from './forecast.js';
import { readIdpMetadata } from './read-metadata.js';
import { writeSpMetadata } from './write-metadata.js';

const MD = 'urn:oasis:names:tc:SAML:2.0:metadata';
const keyOf = (bare: string, use = ' use="signing"'): string =>
  `<md:KeyDescriptor${use}><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>\n${bare}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
const sso =
  '<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.test/sso"/>';
const entity = (keys: string, more = '', name = 'https://idp.test'): string =>
  `<md:EntityDescriptor xmlns:md="${MD}" ID="_${name.length}${keys.length}" entityID="${name}"${more}><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys}${sso}</md:IDPSSODescriptor></md:EntityDescriptor>`;
const read = (xml: string, options?: Parameters<typeof readIdpMetadata>[1]) =>
  readIdpMetadata(Buffer.from(xml), options);
const encryption = makePair({ name: 'encryption' });

describe('the metadata of an identity provider', () => {
  it('names itself, its keys and its doors', () => {
    const metadata = read(
      entity(keyOf(idp.bare) + keyOf(encryption.bare, ' use="encryption"'), ' cacheDuration="PT6H"'),
    );
    expect(metadata).toMatchObject({
      entityId: 'https://idp.test',
      cacheSeconds: 21_600,
      signIn: { redirect: { location: 'https://idp.test/sso' } },
    });
    expect(metadata.signingKeys.map(({ fingerprint }) => fingerprint)).toEqual([
      trustedKey(idp.certificate).fingerprint,
    ]);
  });

  it('may be written by hand, with comments and several certificates', () => {
    const xml = `<?xml version="1.0"?>\n<!-- ours -->\n${entity(keyOf(idp.bare) + keyOf(stranger.bare))}\n`;
    expect(read(xml).signingKeys).toHaveLength(2);
  });

  it('trusts a certificate without use for signing, and never goes without one (CVE-2026-16443)', () => {
    expect(read(entity(keyOf(idp.bare, ''))).signingKeys).toHaveLength(1);
    expect(() => read(entity(''))).toThrow('no certificate for signing');
    expect(() => read(entity(keyOf(encryption.bare, ' use="encryption"')))).toThrow('no certificate for signing');
  });

  it('is refused with a weak key only, and says which key was not taken', () => {
    const weak = makePair({ bits: 1024 });
    expect(() => read(entity(keyOf(weak.bare)))).toThrow('1024 bits');
    expect(read(entity(keyOf(weak.bare) + keyOf(idp.bare))).unusable).toEqual([expect.stringContaining('1024 bits')]);
  });

  it('is taken out of a list by its entity ID', () => {
    const list = `<md:EntitiesDescriptor xmlns:md="${MD}" validUntil="2030-02-01T00:00:00Z">${entity(keyOf(idp.bare), ' validUntil="2031-01-01T00:00:00Z"')}${entity(keyOf(stranger.bare), '', 'https://second.test')}</md:EntitiesDescriptor>`;
    expect(() => read(list)).toThrow('more than one');
    const one = read(list, { wanted: 'https://idp.test' });
    expect(one.validUntil).toEqual(new Date('2030-02-01T00:00:00Z'));
    expect(() => read(list, { wanted: 'https://third.test' })).toThrow('does not describe');
  });

  it('is held against a pinned certificate, where there is one', async () => {
    const bare = entity(keyOf(idp.bare));
    const xml = await signEnveloped(bare, signerFrom(stranger.privateKey));
    expect(read(xml, { signedBy: trustOf(stranger) }).entityId).toBe('https://idp.test');
    expect(() => read(bare, { signedBy: trustOf(stranger) })).toThrow('not signed');
    expect(() => read(xml, { signedBy: trustOf(idp) })).toThrow('none of the keys');
    expect(() => read(xml.replace(idp.bare, encryption.bare), { signedBy: trustOf(stranger) })).toThrow('changed');
  });

  it.each([
    ['a document type', `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${entity(keyOf(idp.bare))}`],
    ['another document', '<x xmlns="urn:x"/>'],
    [
      'a service provider',
      writeSpMetadata({
        id: '_a',
        entityId: 'x',
        acs: 'https://x.test/',
        signOut: 'https://x.test/',
        certificates: [],
        requestsSigned: false,
        assertionsSigned: false,
      }),
    ],
    [
      'an ID twice',
      entity(keyOf(idp.bare)).replace(
        '<md:IDPSSODescriptor',
        `<md:IDPSSODescriptor ID="${/ID="([^"]*)"/.exec(entity(keyOf(idp.bare)))?.[1] ?? ''}"`,
      ),
    ],
    ['a certificate that is none', entity(keyOf('AAAA'))],
    [
      'nine certificates',
      entity(Array.from({ length: 9 }, (_, i) => keyOf(makePair({ type: 'ec', serial: i + 1 }).bare)).join('')),
    ],
    ['two megabytes', `${entity(keyOf(idp.bare))}${' '.repeat(2_000_000)}`],
  ])('is refused: %s', (_, xml) => {
    expect(() => read(xml)).toThrow(expect.objectContaining({ code: 'upstream.malformed' }));
  });

  it('leads nowhere but to web addresses', () => {
    const evil = entity(keyOf(idp.bare)).replace('https://idp.test/sso', 'javascript:alert(1)');
    expect(read(evil).signIn).toEqual({});
  });
});

describe('the forecast', () => {
  const ending = makePair({ until: new Date(NOW.getTime() + 10 * 86_400_000) });
  const keys = (...pairs: { certificate: string }[]) => pairs.map(({ certificate }) => trustedKey(certificate));

  it('tells which certificate ends, unless the next one is there', () => {
    expect(forecast({ signingKeys: keys(ending), unusable: [] }, NOW)).toEqual([
      expect.stringContaining('ends on 2030-01-11'),
    ]);
    expect(forecast({ signingKeys: keys(ending, idp), unusable: [] }, NOW)).toEqual([]);
    const past = makePair({ until: new Date('2029-12-01') });
    expect(forecast({ signingKeys: keys(past), unusable: [] }, NOW)).toEqual([expect.stringContaining('ended on')]);
  });
});

it.each([
  ['PT1H', 3600],
  ['P1DT1M', 86_460],
  ['P7D', 604_800],
  ['PT0.5S', 0],
  ['1h', undefined],
  ['P', undefined],
])('reads the duration %s', (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds);
});
