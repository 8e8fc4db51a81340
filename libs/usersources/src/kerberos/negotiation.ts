import { createHash } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import { inside, malformed, readAll, readDer } from './der.js';

/** What can be seen of a browser's answer to `WWW-Authenticate: Negotiate` before anybody has checked it. */
export interface Negotiation {
  /** Base64, for GSS-API. */
  token: string;
  /** Of the service the ticket is for; in clear, and nobody's word. */
  realm: string;
  service: string;
  /**
   * Names this message among all others. Only the encrypted authenticator is taken: all around it (flags, wrappers) can
   * be rewritten by whoever captured it, and would make a used message look new (RFC 4120, 3.2.3).
   */
  fingerprint: string;
}

const MOST_CHARS = 65_536;
const SPNEGO = '2b0601050502';
const KERBEROS = '2a864886f712010202';
/** Microsoft's spelling, by which Windows names it first. */
const KERBEROS_OF_WINDOWS = '2a864882f712010202';
const NTLM = '2b06010401823702020a';
const AP_REQ = 0x6e;
const TICKET = 0x61;
const SEQUENCE = 0x30;
/** AES of RFC 3962 and RFC 8009. RC4 and DES can be guessed from a ticket at leisure. */
const AES = new Set([17, 18, 19, 20]);

/**
 * RFC 4559, RFC 4178, RFC 4121: `Negotiate base64(SPNEGO(GSS(AP-REQ)))`. NTLM is refused by its name, not tried.
 * @throws Refusal upstream.login_required when there is no ticket in it, upstream.malformed
 */
export function readNegotiation(authorization: string | undefined): Negotiation {
  if (authorization === undefined) throw new Refusal('upstream.login_required', 'the browser sent no ticket');
  if (authorization.length > MOST_CHARS) throw malformed('it is longer than any ticket');
  const token = /^Negotiate +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization)?.[1];
  if (token === undefined) throw malformed('it is not Negotiate');
  const bytes = Buffer.from(token, 'base64');
  if (bytes.toString('base64') !== token) throw malformed('it is not base64');
  if (bytes.subarray(0, 7).toString('latin1') === 'NTLMSSP') throw ntlm();
  const request = apRequest(kerberosToken(bytes));
  return { token, ...request };
}

/** Browsers wrap it in SPNEGO; some libraries send it bare. */
function kerberosToken(bytes: Buffer): Buffer {
  const { mechanism, rest } = gssToken(bytes);
  if (mechanism === KERBEROS) return rest;
  if (mechanism !== SPNEGO) throw malformed('it is of another mechanism');
  const parts = readAll(inside(readDer(inside(readDer(rest), 0xa0)), SEQUENCE));
  const offered = readAll(inside(readDer(inside(parts[0], 0xa0)), SEQUENCE)).map((one) =>
    inside(one, 0x06).toString('hex'),
  );
  // The first is the one whose token comes along; for any other there would have to be a second round.
  if (offered[0] === NTLM) throw ntlm();
  if (offered[0] !== KERBEROS && offered[0] !== KERBEROS_OF_WINDOWS) throw malformed('it offers no Kerberos first');
  const first = parts.filter(({ tag }) => tag === 0xa2);
  if (first.length !== 1)
    throw new Refusal('upstream.login_required', 'the browser offers Kerberos, but has no ticket');
  const inner = gssToken(inside(readDer(inside(first[0], 0xa2)), 0x04));
  if (inner.mechanism !== KERBEROS) throw malformed('it has another token than it says');
  return inner.rest;
}

function gssToken(bytes: Buffer): { mechanism: string; rest: Buffer } {
  const body = inside(readDer(bytes), 0x60);
  const length = body[1] ?? 0;
  if (body[0] !== 0x06 || length === 0 || length > 20) throw malformed('it names no mechanism');
  return { mechanism: body.toString('hex', 2, 2 + length), rest: body.subarray(2 + length) };
}

function apRequest(bytes: Buffer): Omit<Negotiation, 'token'> {
  if (bytes.readUInt16BE(0) !== 0x0100) throw malformed('it is another message than AP-REQ');
  const parts = sequence(inside(readDer(bytes.subarray(2)), AP_REQ));
  const [, , , ticketPart, authenticator] = tagged(parts, [0, 1, 2, 3, 4]);
  const ticket = sequence(inside(readDer(ticketPart), TICKET));
  const [, realm, name, sealed] = tagged(ticket, [0, 1, 2, 3]);
  const [, names] = tagged(sequence(name), [0, 1]);
  const service = readAll(inside(readDer(names), SEQUENCE)).map((part) => inside(part, 0x1b).toString('utf8'));
  encrypted(sealed);
  return {
    realm: inside(readDer(realm), 0x1b).toString('utf8'),
    service: service.join('/'),
    fingerprint: createHash('sha256').update(encrypted(authenticator)).digest('base64url'),
  };
}

/** EncryptedData: the cipher, of an algorithm that holds. */
function encrypted(bytes: Buffer): Buffer {
  const parts = readAll(sequenceBody(bytes));
  const algorithm = inside(readDer(inside(parts[0], 0xa0)), 0x02);
  if (algorithm.length !== 1 || !AES.has(algorithm[0] ?? 0)) {
    throw new Refusal('upstream.untrusted', 'the ticket is not encrypted by AES: tick AES on the service account');
  }
  return inside(readDer(inside(parts.at(-1), 0xa2)), 0x04);
}

const sequenceBody = (bytes: Buffer): Buffer => inside(readDer(bytes), SEQUENCE);
const sequence = (bytes: Buffer) => readAll(sequenceBody(bytes));

/** Exactly these context tags, in this order. */
function tagged<const Tags extends readonly number[]>(parts: ReturnType<typeof readAll>, tags: Tags) {
  if (parts.length !== tags.length) throw malformed('it has not the parts it should have');
  return tags.map((tag, index) => inside(parts[index], 0xa0 + tag)) as { [Index in keyof Tags]: Buffer };
}

const ntlm = (): Refusal => new Refusal('upstream.login_required', 'the browser offers NTLM, which is not taken');
