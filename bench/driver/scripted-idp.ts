import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

import { SignedXml } from 'xml-crypto';

import { PEOPLE, type Return, type Upstream } from '#bench/driver/upstream';

const LOGIN = 'http://127.0.0.1:4902/sso';
const ENTITY = 'http://127.0.0.1:4902/idp';
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';

/** A SAML identity provider that asks nobody anything: signs the assertion, RSA-SHA256, and posts it back. */
export class ScriptedIdp implements Upstream {
  readonly entityId = ENTITY;
  readonly loginUrl = LOGIN;
  readonly certificate: string;
  readonly #key: string;
  #next = 0;

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'passbroker-bench-idp-'));
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const about = ['-subj', '/CN=bench idp', '-days', '30', '-keyout', key, '-out', certificate];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...about], { stdio: 'ignore' });
    this.#key = readFileSync(key, 'utf8');
    this.certificate = readFileSync(certificate, 'utf8');
    rmSync(folder, { recursive: true });
  }

  get metadata(): string {
    const base64 = this.certificate.replace(/-----[^-]+-----|\s/g, '');
    return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${ENTITY}"><IDPSSODescriptor WantAuthnRequestsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${base64}</X509Certificate></X509Data></KeyInfo></KeyDescriptor><NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${LOGIN}"/></IDPSSODescriptor></EntityDescriptor>`;
  }

  isLogin(url: URL): boolean {
    return url.href.startsWith(LOGIN);
  }

  comeBack(asked: URL): Return {
    const request = inflateRawSync(Buffer.from(asked.searchParams.get('SAMLRequest') ?? '', 'base64')).toString();
    const id = /\bID="([^"]+)"/.exec(request)?.[1] ?? '';
    const acs = /AssertionConsumerServiceURL="([^"]+)"/.exec(request)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const audience = /<(?:\w+:)?Issuer[^>]*>([^<]+)</.exec(request)?.[1] ?? '';
    const relayState = asked.searchParams.get('RelayState');
    const response = Buffer.from(this.#response(id, acs, audience)).toString('base64');
    return { url: new URL(acs), form: { SAMLResponse: response, ...(relayState ? { RelayState: relayState } : {}) } };
  }

  #response(inResponseTo: string, acs: string, audience: string): string {
    const number = (this.#next = (this.#next + 1) % PEOPLE);
    const assertion = `_${randomBytes(16).toString('hex')}`;
    const at = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
    const attribute = (name: string, value: string): string =>
      `<saml:Attribute Name="${name}" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic"><saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">${value}</saml:AttributeValue></saml:Attribute>`;
    const attributes = [
      attribute('id', `idp-${number}`),
      attribute('email', `idp-person-${number}@acme.test`),
      attribute('firstName', 'Person'),
      attribute('lastName', String(number)),
      attribute('displayName', `Person ${number}`),
    ].join('');
    const xml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_${randomBytes(16).toString('hex')}" Version="2.0" IssueInstant="${at(0)}" Destination="${acs}" InResponseTo="${inResponseTo}"><saml:Issuer>${ENTITY}</saml:Issuer><samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status><saml:Assertion ID="${assertion}" Version="2.0" IssueInstant="${at(0)}"><saml:Issuer>${ENTITY}</saml:Issuer><saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">idp-${number}</saml:NameID><saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="${at(300)}" Recipient="${acs}" InResponseTo="${inResponseTo}"/></saml:SubjectConfirmation></saml:Subject><saml:Conditions NotBefore="${at(-30)}" NotOnOrAfter="${at(300)}"><saml:AudienceRestriction><saml:Audience>${audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${at(0)}" SessionNotOnOrAfter="${at(28_800)}" SessionIndex="_${randomBytes(16).toString('hex')}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>${attributes}</saml:AttributeStatement></saml:Assertion></samlp:Response>`;
    const signed = new SignedXml({
      privateKey: this.#key,
      publicCert: this.certificate,
      signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      canonicalizationAlgorithm: EXCLUSIVE,
    });
    signed.addReference({
      xpath: "//*[local-name(.)='Assertion']",
      transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', EXCLUSIVE],
      digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
    });
    signed.computeSignature(xml, {
      location: { reference: "//*[local-name(.)='Assertion']/*[local-name(.)='Issuer']", action: 'after' },
    });
    return signed.getSignedXml();
  }
}
