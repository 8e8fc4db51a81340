import { makePair } from '../../../saml/test/certificate.js';
import { SamlIdp } from '../../../testing/src/peers/saml-idp.js';
import { samlSettings } from './saml.settings.js';

const NOW = new Date('2026-06-01T00:00:00Z');
const ending = (until: string) => makePair({ until: new Date(until) });
const soon = ending('2026-06-20T00:00:00Z');
const over = ending('2026-05-20T00:00:00Z');
const later = ending('2027-06-20T00:00:00Z');

const warnings = (settings: Record<string, unknown>): string[] => samlSettings.warnings?.(settings, NOW) ?? [];

function metadata(...pairs: { bare: string }[]): string {
  const idp = new SamlIdp('https://idp.acme.test');
  const [key] = /<md:KeyDescriptor[\s\S]*?<\/md:KeyDescriptor>/.exec(idp.metadata()) ?? [''];
  return idp.metadata().replace(key, pairs.map(({ bare }) => key.replace(idp.pair.bare, bare)).join(''));
}

describe('what ends in the settings of SAML', () => {
  it('is told a month ahead, and afterwards', () => {
    expect(warnings({ idpCertificates: [soon.certificate] })).toEqual([expect.stringContaining('ends on 2026-06-20')]);
    expect(warnings({ idpCertificates: [over.bare] })).toEqual([expect.stringContaining('ended on 2026-05-20')]);
    expect(warnings({ idpCertificates: [later.certificate] })).toEqual([]);
  });

  it('is looked up in metadata that was pasted', () => {
    expect(warnings({ metadata: metadata(soon) })).toEqual([expect.stringContaining('ends on 2026-06-20')]);
    const until = metadata(later).replace(
      '<md:EntityDescriptor ',
      '<md:EntityDescriptor validUntil="2026-06-05T00:00:00Z" ',
    );
    expect(warnings({ metadata: until })).toEqual([expect.stringContaining('valid until 2026-06-05')]);
  });

  it('is no trouble once the next key stands beside it', () => {
    expect(warnings({ idpCertificates: [soon.certificate, later.certificate] })).toEqual([]);
    expect(warnings({ metadata: metadata(soon, later) })).toEqual([]);
  });

  it('includes what the provider checks us by, though its key is sealed', () => {
    const told = warnings({ spKey: { sealed: 'eyJ' }, spCertificate: soon.certificate });
    expect(told).toEqual([expect.stringMatching(/^spCertificate, .*ends on 2026-06-20/)]);
  });

  it('is nothing where there is nothing to read', () => {
    expect(warnings({ metadataUrl: 'https://idp.acme.test/metadata' })).toEqual([]);
    expect(warnings({ metadata: '<x/>', idpCertificates: ['x'], spCertificate: 7 })).toEqual([]);
  });
});
