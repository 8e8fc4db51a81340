import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { inflateRawSync } from 'node:zlib';
import { makePair, type Pair } from '../../../saml/test/certificate.js';
import { encrypted } from '../../../saml/test/encrypted.js';
import {
  assertion,
  attributeOf,
  nameId,
  response,
  signed,
  type AssertionParts,
  type ResponseParts,
} from '../../../saml/test/messages.js';
import { redirectTo } from '../../../saml/src/messages/redirect.js';
import { writeLogoutRequest, writeLogoutResponse } from '../../../saml/src/messages/logout.js';
import { signerFrom } from '../../../saml/src/signature/sign.js';

export interface SamlPerson {
  nameId: string;
  attributes?: Readonly<Record<string, readonly string[]>>;
  format?: string;
  /** Seconds ago. */
  signedInAgo?: number;
}

/** What a test wants otherwise than an honest provider would do it. */
export interface SamlWish {
  sign?: 'assertion' | 'response' | 'both' | 'none';
  pair?: Pair;
  /** Certificate to encrypt to. */
  encryptTo?: string;
  assertion?: Partial<AssertionParts>;
  response?: Partial<ResponseParts>;
  /** Spoils the finished text. */
  bend?: (xml: string) => string;
}

/** A request as it came, by either binding. */
export interface SamlAsk {
  id: string;
  acs: string;
  issuer: string;
  forceAuthn: boolean;
  isPassive: boolean;
  relayState: string | undefined;
  xml: string;
}

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const MD = 'urn:oasis:names:tc:SAML:2.0:metadata';
const HTTP = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP';

/** Making a key takes a tenth of a second, and few tests care whose it is. */
let shared: Pair | undefined;

/**
 * A SAML identity provider that does as it is told: honest unless a test wishes otherwise. Messages are made by
 * templates and xml-crypto. `respond` answers without a network; `listen` puts it behind an address.
 */
export class SamlIdp {
  pair = (shared ??= makePair({ name: 'scripted identity provider' }));
  /** Named in the metadata; the one in use is the first. */
  announced: Pair[] = [this.pair];
  person: SamlPerson | undefined = { nameId: 'alice' };
  wish: SamlWish = {};
  asks: SamlAsk[] = [];
  metadataFetches = 0;
  metadataStatus = 200;
  private server: Server | undefined;
  private next = 0;

  constructor(
    public origin: string,
    private readonly now: () => Date = () => new Date(),
  ) {}

  get entityId(): string {
    return `${this.origin}/metadata`;
  }

  /** Signs with another key from now on; says so in the metadata, or not. */
  rollOver(announce: boolean): void {
    this.pair = makePair({ name: 'scripted identity provider', serial: 2 });
    if (announce) this.announced = [this.pair];
  }

  metadata(more = ''): string {
    const keys = this.announced.map(
      ({ bare }) =>
        `<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
    );
    const service = (name: string, path: string): string =>
      ['Redirect', 'POST']
        .map((by) => `<md:${name} Binding="${HTTP}-${by}" Location="${this.origin}/${path}"/>`)
        .join('');
    return `<md:EntityDescriptor xmlns:md="${MD}" entityID="${this.entityId}"${more}><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys.join('')}${service('SingleLogoutService', 'slo')}${service('SingleSignOnService', 'sso')}</md:IDPSSODescriptor></md:EntityDescriptor>`;
  }

  /** Reads a request by redirect (query) or by post (fields); signatures are not its business. */
  read(parameters: URLSearchParams, byPost: boolean): SamlAsk {
    const bytes = Buffer.from(parameters.get('SAMLRequest') ?? '', 'base64');
    const xml = (byPost ? bytes : inflateRawSync(bytes)).toString();
    const of = (name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? '';
    return {
      id: of('ID'),
      acs: of('AssertionConsumerServiceURL'),
      issuer: /<saml:Issuer>([^<]*)</.exec(xml)?.[1] ?? '',
      forceAuthn: of('ForceAuthn') === 'true',
      isPassive: of('IsPassive') === 'true',
      relayState: parameters.get('RelayState') ?? undefined,
      xml,
    };
  }

  /** The fields of the form that goes to the service provider. */
  respond(
    ask: Pick<SamlAsk, 'id' | 'acs' | 'issuer' | 'relayState'>,
    wish: SamlWish = this.wish,
  ): Record<string, string> {
    const xml = (wish.bend ?? ((text: string) => text))(this.message(ask, wish));
    return {
      SAMLResponse: Buffer.from(xml).toString('base64'),
      ...(ask.relayState !== undefined && { RelayState: ask.relayState }),
    };
  }

  private message(ask: Pick<SamlAsk, 'id' | 'acs' | 'issuer'>, wish: SamlWish): string {
    const number = `${this.now().getTime().toString(36)}${this.next++}`;
    const ids = { assertion: wish.assertion?.id ?? `_a${number}`, response: wish.response?.id ?? `_r${number}` };
    const sign = wish.sign ?? 'assertion';
    const pair = wish.pair ?? this.pair;
    const outer = {
      id: ids.response,
      destination: ask.acs,
      inResponseTo: ask.id,
      issuer: this.entityId,
      issueInstant: this.at(0),
      ...wish.response,
    };
    const clear = assertion({ ...this.about(ask), id: ids.assertion, ...wish.assertion });
    const within = sign === 'assertion' || sign === 'both' ? signed(clear, ids.assertion, pair) : clear;
    const content = wish.encryptTo === undefined ? within : encrypted(within, wish.encryptTo);
    const whole = response({ ...outer, content: wish.response?.content ?? content });
    return sign === 'response' || sign === 'both' ? signed(whole, ids.response, pair) : whole;
  }

  private about(ask: Pick<SamlAsk, 'id' | 'acs' | 'issuer'>): Partial<AssertionParts> {
    const { nameId: name, attributes = {}, format = PERSISTENT, signedInAgo = 5 } = this.person ?? { nameId: 'nobody' };
    return {
      issuer: this.entityId,
      nameId: nameId(name).replace(PERSISTENT, format),
      recipient: ask.acs,
      inResponseTo: ask.id,
      audience: ask.issuer,
      confirmationEnds: this.at(300),
      notBefore: this.at(-30),
      notOnOrAfter: this.at(300),
      issueInstant: this.at(0),
      authnStatement: `<saml:AuthnStatement AuthnInstant="${this.at(-signedInAgo)}" SessionIndex="${this.sessionOf(name)}"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`,
      attributes: Object.entries(attributes)
        .map(([attribute, values]) => attributeOf(attribute, ...values))
        .join(''),
    };
  }

  sessionOf(name: string): string {
    return `_s-${name}`;
  }

  private at(seconds: number): string {
    return new Date(this.now().getTime() + seconds * 1000).toISOString();
  }

  /** A LogoutRequest by redirect, signed with the key in use. */
  async endSession(slo: string, name: string, sessionIndex: string | undefined, relayState?: string): Promise<URL> {
    const xml = writeLogoutRequest({
      id: `_l${this.now().getTime().toString(36)}${this.next++}`,
      issuedAt: this.now(),
      issuer: this.entityId,
      destination: slo,
      nameId: { value: name, format: PERSISTENT },
      ...(sessionIndex !== undefined && { sessionIndex }),
    });
    const signer = signerFrom(this.pair.privateKey);
    return redirectTo(new URL(slo), 'SAMLRequest', xml, { signer, ...(relayState !== undefined && { relayState }) });
  }

  /** The answer to a LogoutRequest that came by redirect. */
  async endedSession(query: URLSearchParams, slo: string): Promise<URL> {
    const { id, relayState } = this.read(query, false);
    const issuedAt = this.now();
    const about = { id: `_m${this.next++}`, issuedAt, issuer: this.entityId, destination: slo, inResponseTo: id };
    const signer = signerFrom(this.pair.privateKey);
    return redirectTo(new URL(slo), 'SAMLResponse', writeLogoutResponse(about), {
      signer,
      ...(relayState !== undefined && { relayState }),
    });
  }

  /** Answers on loopback: `/metadata`, `/sso` (signs `person` in, unasked) and `/slo`. */
  async listen(): Promise<void> {
    const server = createServer((request, reply) => void this.answer(request, reply));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no port');
    this.origin = `http://127.0.0.1:${address.port}`;
    this.server = server;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  /** Where LogoutResponses go: what a real provider knows from the metadata of the other side. */
  slo = '';

  private async answer(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.origin);
    const byPost = request.method === 'POST';
    const parameters = byPost ? new URLSearchParams(await bodyOf(request)) : url.searchParams;
    if (url.pathname === '/metadata') {
      this.metadataFetches++;
      reply.writeHead(this.metadataStatus, { 'content-type': 'application/samlmetadata+xml' }).end(this.metadata());
    } else if (url.pathname === '/sso') {
      const ask = this.read(parameters, byPost);
      this.asks.push(ask);
      const fields = this.person || !ask.isPassive ? this.respond(ask) : this.refuse(ask);
      reply.writeHead(200, { 'content-type': 'text/html' }).end(formOf(ask.acs, fields));
    } else if (url.pathname === '/slo' && parameters.has('SAMLRequest')) {
      reply.writeHead(302, { location: (await this.endedSession(parameters, this.slo)).href }).end();
    } else reply.writeHead(200, { 'content-type': 'text/plain' }).end('signed out');
  }

  /** "Nobody is signed in here", as it is said when no page may be shown. */
  refuse(ask: SamlAsk, second = 'NoPassive'): Record<string, string> {
    const status = `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder"><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${second}"/></samlp:StatusCode><samlp:StatusMessage>&lt;script&gt;alert(1)&lt;/script&gt;</samlp:StatusMessage></samlp:Status>`;
    return this.respond(ask, { sign: 'none', response: { status, content: ' ' } });
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
  return Buffer.concat(parts).toString();
}

const formOf = (action: string, fields: Record<string, string>): string =>
  `<!doctype html><form method="post" action="${action}">${Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`)
    .join('')}<button>Continue</button></form>`;
