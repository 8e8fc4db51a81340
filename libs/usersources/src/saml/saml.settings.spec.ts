import { SamlIdp } from '../../../testing/src/peers/saml-idp.js';
import { makePair } from '../../../saml/test/certificate.js';
import { NOW } from '../../../saml/test/messages.js';
import { ours, SIGNING } from '../../test/saml-world.js';
import { samlSettings } from './saml.settings.js';

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
