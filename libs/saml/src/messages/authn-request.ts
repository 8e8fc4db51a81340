import { BINDING, NS } from '../names.js';
import { markup, optional } from '../xml/write.js';

export interface AuthnRequest {
  id: string;
  issuedAt: Date;
  issuer: string;
  destination: string;
  /** Where the response is to be posted. */
  acs: string;
  forceAuthn: boolean;
  isPassive: boolean;
  nameIdFormat?: string;
  contexts: readonly string[];
  comparison: 'exact' | 'minimum';
}

/** saml-core, 3.4.1. One line, because it has to fit into an address. */
export function writeAuthnRequest(ask: AuthnRequest): string {
  const policy = markup`<samlp:NameIDPolicy${optional('Format', ask.nameIdFormat)} AllowCreate="true"/>`;
  const references = ask.contexts.map((each) => markup`<saml:AuthnContextClassRef>${each}</saml:AuthnContextClassRef>`);
  const contexts = markup`<samlp:RequestedAuthnContext Comparison="${ask.comparison}">${references}</samlp:RequestedAuthnContext>`;
  return markup`<samlp:AuthnRequest xmlns:samlp="${NS.protocol}" xmlns:saml="${NS.assertion}" ID="${ask.id}" Version="2.0" IssueInstant="${ask.issuedAt.toISOString()}" Destination="${ask.destination}"${optional('ForceAuthn', ask.forceAuthn)}${optional('IsPassive', ask.isPassive)} AssertionConsumerServiceURL="${ask.acs}" ProtocolBinding="${BINDING.post}"><saml:Issuer>${ask.issuer}</saml:Issuer>${policy}${references.length > 0 && contexts}</samlp:AuthnRequest>`.toString();
}
