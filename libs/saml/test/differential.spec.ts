import { createRequire } from 'node:module';
import { ExclusiveCanonicalization, SignedXml } from 'xml-crypto';
import { z } from 'zod';
import { canonical } from '../src/xml/canonical.js';
import { readXml } from '../src/xml/read-xml.js';
import { signEnveloped, signerFrom } from '../src/index.js';
import { expected, idp } from './expected.js';
import { assertionSigned, responseSigned, signed } from './messages.js';
import { mutate, seeded } from './mutations.js';
import { spellings } from './forgeries/index.js';
import { readResponse } from '../src/response/read-response.js';

const require = createRequire(import.meta.url);
const anything = z.custom<(...all: unknown[]) => unknown>((value) => typeof value === 'function');
/** Read without their types, which are the browser's DOM. */
const { DOMParser } = z.looseObject({ DOMParser: anything }).parse(require('@xmldom/xmldom'));
const { SAML } = z.looseObject({ SAML: anything }).parse(require('@node-saml/node-saml'));

/** What another parser and another canonicaliser make of it; undefined when they complain. */
function byOthers(xml: string): string | undefined {
  const complaints: string[] = [];
  const parser: unknown = Reflect.construct(DOMParser, [
    { errorHandler: (_: string, text: string) => complaints.push(text) },
  ]);
  const parse: unknown = Reflect.get(Object(parser), 'parseFromString');
  try {
    const document: unknown = Reflect.apply(anything.parse(parse), parser, [xml, 'text/xml']);
    const root: unknown = Reflect.get(Object(document), 'documentElement');
    if (complaints.length > 0) return undefined;
    const process: unknown = Reflect.get(ExclusiveCanonicalization.prototype, 'process');
    return String(Reflect.apply(anything.parse(process), new ExclusiveCanonicalization(), [root, {}]));
  } catch {
    return undefined;
  }
}

function ours(xml: string): string | undefined {
  try {
    return canonical(readXml(Buffer.from(xml)));
  } catch {
    return undefined;
  }
}

const originals = [assertionSigned(idp), responseSigned(idp), signed(assertionSigned(idp), '_response', idp)];

describe('our reader and canonicaliser', () => {
  it('see in 4,000 texts, bent and straight, the tree that xmldom and xml-crypto see', () => {
    const random = seeded(7);
    const apart: string[] = [];
    let together = 0;
    for (let i = 0; i < 4_000; i++) {
      const xml = mutate(originals[i % originals.length] ?? '', random);
      const mine = ours(xml);
      // xml-crypto writes an ampersand in a namespace's name as it is, against Canonical XML 2.3.
      if (mine === undefined || /xmlns[^=]*=["'][^"']*&/.test(xml)) continue;
      if (mine !== byOthers(xml)) apart.push(xml);
      else together++;
    }
    expect(apart).toEqual([]);
    expect(together).toBeGreaterThan(1_000);
  }, 60_000);

  it.each(spellings(idp).map(({ name, xml }) => [name, xml]))('see the same in %s', (_, xml) => {
    expect(ours(xml)).toBe(byOthers(xml.replace(/^\ufeff/, '')));
  });

  it('write attributes, namespaces and characters as canonical XML has them', () => {
    const xml = `<a:x xmlns:a="urn:a" xmlns="urn:d" z="1" a:y="&#9;&#10;&#13;&quot;&lt;&gt;'" xml:lang="en"><y xmlns="">t&#13;&gt;&amp;</y><b:q xmlns:b="urn:b"><b:r xmlns:b="urn:b" a:k=""/></b:q><p xmlns="urn:d"/></a:x>`;
    expect(ours(xml)).toBe(byOthers(xml));
    expect(ours(xml)).toContain('<y>t&#xD;&gt;&amp;</y>');
  });
});

describe('what we sign', () => {
  it('is verified by xml-crypto', async () => {
    const xml = await signEnveloped(
      '<m:x xmlns:m="urn:m" ID="_x"><m:y a="&lt;"/></m:x>',
      signerFrom(idp.privateKey, idp.certificate),
    );
    const verifier = new SignedXml({ publicCert: idp.certificate, getCertFromKeyInfo: () => null });
    verifier.loadSignature(/<ds:Signature .*<\/ds:Signature>/s.exec(xml)?.[0] ?? '');
    expect(verifier.checkSignature(xml)).toBe(true);
    const spoilt = new SignedXml({ publicCert: idp.certificate, getCertFromKeyInfo: () => null });
    spoilt.loadSignature(/<ds:Signature .*<\/ds:Signature>/s.exec(xml)?.[0] ?? '');
    expect(spoilt.checkSignature(xml.replace('<m:y', '<m:z').replace('</m:y', '</m:z'))).toBe(false);
  });
});

describe('node-saml, a second opinion', () => {
  const profile = async (xml: string): Promise<unknown> => {
    const options = {
      ...{
        callbackUrl: 'https://login.acme.test/sso/okta/acs',
        issuer: 'x',
        idpCert: idp.certificate,
        audience: false,
      },
      ...{ wantAssertionsSigned: false, wantAuthnResponseSigned: false, acceptedClockSkewMs: -1 },
    };
    const saml: unknown = Reflect.construct(SAML, [options]);
    const validate: unknown = Reflect.get(Object(saml), 'validatePostResponseAsync');
    const body = { SAMLResponse: Buffer.from(xml).toString('base64') };
    const answer: unknown = await Reflect.apply(anything.parse(validate), saml, [body]);
    return Reflect.get(Object(answer), 'profile');
  };

  it.each(originals.map((xml, index) => [index, xml] as const))(
    'reads the same person in message %i',
    async (_, xml) => {
      const read = readResponse(Buffer.from(xml), expected());
      expect(await profile(xml)).toMatchObject({
        nameID: read.nameId?.value,
        issuer: expected().issuer,
        sessionIndex: read.sessionIndex,
        attributes: { email: 'alice@acme.test', role: ['user', 'staff'] },
      });
    },
  );
});
