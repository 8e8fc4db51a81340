import { Refusal } from '@passbroker/model';
import { instantOf } from '../instant.js';
import { BINDING, NS } from '../names.js';
import { requireUniqueIds, signatureOf } from '../response/envelope.js';
import { trustedKey, type TrustedKey } from '../signature/trusted-key.js';
import { verifySignature, type Trust } from '../signature/verify.js';
import { attribute, childOf, childrenOf, is, textOf, type XmlElement } from '../xml/element.js';
import { readXml, type XmlLimits } from '../xml/read-xml.js';
import { secondsOf } from './duration.js';

/** Where a message of ours goes to, and where an answer, if that is elsewhere. */
export interface Endpoint {
  location: string;
  responseLocation?: string;
}

export interface IdpMetadata {
  entityId: string;
  /** Past this, the document says nothing any more. */
  validUntil?: Date;
  /** How long upstream wants it to be kept before it is asked for again. */
  cacheSeconds?: number;
  /** At least one. A certificate without `use` is for signing too (saml-metadata, 2.4.1.1). */
  signingKeys: TrustedKey[];
  /** Certificates that were not taken, each with the reason. */
  unusable: string[];
  wantsSignedRequests: boolean;
  signIn: { redirect?: Endpoint; post?: Endpoint };
  signOut: { redirect?: Endpoint; post?: Endpoint };
  nameIdFormats: string[];
}

export const METADATA_LIMITS: XmlLimits = { bytes: 1_048_576, depth: 32, elements: 20_000, comments: true };

/** More would make each forged signature dear to refuse. */
const MOST_KEYS = 8;
const malformed = (detail: string): Refusal => new Refusal('upstream.malformed', detail);

/**
 * What an identity provider says about itself. Nothing in it can switch a check off: no key, no `use`, a word
 * that requests need not be signed, all leave signatures of responses required (CVE-2026-16443, CVE-2026-28323).
 *
 * @param wanted entity ID to take from a federation's list; without it, the document must describe one provider
 * @param signedBy keys one of which must have signed the document, when it is trusted by signature
 * @throws Refusal upstream.malformed, upstream.untrusted
 */
export function readIdpMetadata(bytes: Uint8Array, options: { wanted?: string; signedBy?: Trust } = {}): IdpMetadata {
  const document = readXml(bytes, METADATA_LIMITS);
  requireUniqueIds(document);
  const root = options.signedBy ? verifiedRoot(document, options.signedBy) : document;
  const { entity, validUntil, cacheSeconds } = findEntity(root, options.wanted);
  const idp = idpOf(entity);
  const { keys, unusable } = readKeys(idp);
  if (keys.length === 0) {
    throw malformed(['the metadata names no certificate for signing', ...unusable].join('; '));
  }
  return {
    entityId: attribute(entity, 'entityID') ?? '',
    ...(validUntil && { validUntil }),
    ...(cacheSeconds !== undefined && { cacheSeconds }),
    signingKeys: keys,
    unusable,
    wantsSignedRequests: /^(true|1)$/.test(attribute(idp, 'WantAuthnRequestsSigned') ?? ''),
    signIn: readEndpoints(idp, 'SingleSignOnService'),
    signOut: readEndpoints(idp, 'SingleLogoutService'),
    nameIdFormats: childrenOf(idp, NS.metadata, 'NameIDFormat').map(textOf),
  };
}

function verifiedRoot(document: XmlElement, trust: Trust): XmlElement {
  const signature = signatureOf(document);
  if (!signature) throw new Refusal('upstream.untrusted', 'the metadata is not signed');
  return readXml(verifySignature(document, signature, trust).bytes, METADATA_LIMITS);
}

function findEntity(root: XmlElement, wanted: string | undefined) {
  const found: { entity: XmlElement; above: XmlElement[] }[] = [];
  collect(root, [], found);
  const fitting = found.filter(({ entity }) => wanted === undefined || attribute(entity, 'entityID') === wanted);
  const [only, another] = fitting;
  if (!only) throw malformed('the metadata does not describe this identity provider');
  if (another) throw malformed('the metadata describes more than one identity provider: say which by its entity ID');
  if (!attribute(only.entity, 'entityID')) throw malformed('the metadata has no entityID');
  const holders = [...only.above, only.entity, ...childrenOf(only.entity, NS.metadata, 'IDPSSODescriptor')];
  // The shortest of all levels counts (saml-metadata, 2.3.2).
  const ends = holders.flatMap((each) => instantOf(each, 'validUntil') ?? []);
  const spans = holders.flatMap((each) => secondsOf(attribute(each, 'cacheDuration')) ?? []);
  return {
    entity: only.entity,
    ...(ends.length > 0 && { validUntil: new Date(Math.min(...ends.map((end) => end.getTime()))) }),
    ...(spans.length > 0 && { cacheSeconds: Math.min(...spans) }),
  };
}

function collect(element: XmlElement, above: XmlElement[], found: { entity: XmlElement; above: XmlElement[] }[]): void {
  if (is(element, NS.metadata, 'EntitiesDescriptor')) {
    for (const local of ['EntitiesDescriptor', 'EntityDescriptor']) {
      for (const child of childrenOf(element, NS.metadata, local)) collect(child, [...above, element], found);
    }
  } else if (!is(element, NS.metadata, 'EntityDescriptor')) throw malformed('this is not SAML metadata');
  else if (childrenOf(element, NS.metadata, 'IDPSSODescriptor').length > 0) found.push({ entity: element, above });
}

function idpOf(entity: XmlElement): XmlElement {
  const idp = childrenOf(entity, NS.metadata, 'IDPSSODescriptor').find((each) =>
    (attribute(each, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(NS.protocol),
  );
  if (!idp) throw malformed('the metadata describes no identity provider that speaks SAML 2.0');
  return idp;
}

function readKeys(idp: XmlElement): { keys: TrustedKey[]; unusable: string[] } {
  const keys = new Map<string, TrustedKey>();
  const unusable: string[] = [];
  for (const descriptor of childrenOf(idp, NS.metadata, 'KeyDescriptor')) {
    // A key for encryption signs nothing, even if it is the same company's.
    if ((attribute(descriptor, 'use') ?? 'signing') !== 'signing') continue;
    for (const certificate of certificatesOf(descriptor)) {
      try {
        const key = trustedKey(certificate);
        keys.set(key.fingerprint, key);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        unusable.push(error.detail);
      }
    }
  }
  if (keys.size > MOST_KEYS) throw malformed(`the metadata names more than ${MOST_KEYS} certificates for signing`);
  return { keys: [...keys.values()], unusable };
}

function certificatesOf(descriptor: XmlElement): string[] {
  const info = childOf(descriptor, NS.dsig, 'KeyInfo');
  if (!info) return [];
  return childrenOf(info, NS.dsig, 'X509Data').flatMap((data) =>
    childrenOf(data, NS.dsig, 'X509Certificate').map(textOf),
  );
}

function readEndpoints(idp: XmlElement, local: string): { redirect?: Endpoint; post?: Endpoint } {
  const services = childrenOf(idp, NS.metadata, local);
  const by = (binding: string): Endpoint | undefined => {
    const service = services.find((each) => attribute(each, 'Binding') === binding);
    const location = service && attribute(service, 'Location');
    if (!service || location === undefined || !isWebAddress(location)) return undefined;
    const responseLocation = attribute(service, 'ResponseLocation');
    return { location, ...(responseLocation !== undefined && isWebAddress(responseLocation) && { responseLocation }) };
  };
  const redirect = by(BINDING.redirect);
  const post = by(BINDING.post);
  return { ...(redirect && { redirect }), ...(post && { post }) };
}

/** The person's browser is sent there: no `javascript:`, no names and passwords in it. */
function isWebAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username === '' && password === '';
}
