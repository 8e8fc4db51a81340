import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Refusal } from '@passbroker/model';
import { fromBase64 } from '../base64.js';
import type { Signer } from '../signature/sign.js';
import { allowedAlgorithm, verifyBytes, type Trust } from '../signature/verify.js';
import { MESSAGE_LIMITS } from '../xml/read-xml.js';

export type MessageKind = 'SAMLRequest' | 'SAMLResponse';

/** A message as one of the two bindings brought it. */
export interface Received {
  kind: MessageKind;
  bytes: Buffer;
  relayState?: string;
  /** By redirect, the signature stands beside the message: here is what it covers. By post it is inside. */
  beside?: { signed: Buffer; algorithm: string; value: Buffer };
}

const malformed = (detail: string): Refusal => new Refusal('upstream.malformed', detail);

/** The address that carries a message by redirect (saml-bindings, 3.4.4.1), signed when there is a signer. */
export async function redirectTo(
  location: URL,
  kind: MessageKind,
  xml: string,
  options: { relayState?: string; signer?: Signer },
): Promise<URL> {
  const { relayState, signer } = options;
  const parts = [`${kind}=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}`];
  if (relayState !== undefined) parts.push(`RelayState=${encodeURIComponent(relayState)}`);
  if (signer) {
    parts.push(`SigAlg=${encodeURIComponent(signer.algorithm)}`);
    const value = await signer.sign(Buffer.from(parts.join('&')));
    parts.push(`Signature=${encodeURIComponent(value.toString('base64'))}`);
  }
  const to = new URL(location);
  // As text: parsed and written again, the query would be another than the one that was signed.
  to.search = to.search === '' ? parts.join('&') : `${to.search}&${parts.join('&')}`;
  return to;
}

/**
 * @param rawQuery without the question mark, byte for byte: the escapes themselves are signed, and no two
 *   programs write the same ones (AD FS writes small letters)
 * @throws Refusal upstream.malformed
 */
export function receiveRedirect(rawQuery: string): Received {
  const raw = rawParameters(rawQuery);
  const kind = kindOf((name) => raw.has(name));
  const encoding = raw.get('SAMLEncoding');
  if (encoding !== undefined && decode(encoding) !== 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE') {
    throw malformed('a message by redirect has an encoding that is not known');
  }
  const relayState = raw.get('RelayState');
  const algorithm = raw.get('SigAlg');
  const value = raw.get('Signature');
  if ((algorithm === undefined) !== (value === undefined)) throw malformed('half a signature stands beside a message');
  const signed = [kind, 'RelayState', 'SigAlg']
    .filter((name) => raw.has(name))
    .map((name) => `${name}=${raw.get(name)}`);
  return {
    kind,
    bytes: inflate(fromBase64(decode(raw.get(kind) ?? ''), kind)),
    ...(relayState !== undefined && { relayState: decode(relayState) }),
    ...(algorithm !== undefined &&
      value !== undefined && {
        beside: {
          signed: Buffer.from(signed.join('&')),
          algorithm: decode(algorithm),
          value: fromBase64(decode(value), 'a Signature'),
        },
      }),
  };
}

/** @throws Refusal upstream.malformed */
export function receivePost(fields: Readonly<Record<string, string>>): Received {
  const kind = kindOf((name) => Object.hasOwn(fields, name));
  const text = fields[kind] ?? '';
  if (text.length > MESSAGE_LIMITS.bytes * 1.5) throw malformed('a message is too long');
  const relayState = fields['RelayState'];
  return { kind, bytes: fromBase64(text, kind), ...(relayState !== undefined && relayState !== '' && { relayState }) };
}

/** @throws Refusal upstream.untrusted unless the query is signed by one of the keys */
export function verifyBeside(beside: Received['beside'], trust: Trust): void {
  if (!beside) throw new Refusal('upstream.untrusted', 'a message by redirect is not signed');
  verifyBytes(beside.signed, beside.value, allowedAlgorithm(beside.algorithm, trust), trust);
}

/** Both at once is how one half of a program is made to check what the other does not read (CVE-2025-31335). */
function kindOf(has: (name: string) => boolean): MessageKind {
  const request = has('SAMLRequest');
  if (request === has('SAMLResponse'))
    throw malformed(request ? 'a request and a response at once' : 'there is no SAML message');
  return request ? 'SAMLRequest' : 'SAMLResponse';
}

const KNOWN = new Set(['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg', 'Signature', 'SAMLEncoding']);

function rawParameters(rawQuery: string): Map<string, string> {
  const raw = new Map<string, string>();
  for (const part of rawQuery.split('&')) {
    const at = part.indexOf('=');
    const name = at === -1 ? part : part.slice(0, at);
    if (!KNOWN.has(name)) {
      // Escaped, a name would be another parameter to whoever decodes names: none of them needs it.
      if (KNOWN.has(decode(name))) throw malformed('the name of a parameter is escaped');
      continue;
    }
    if (raw.has(name)) throw malformed(`${name} is there twice`);
    raw.set(name, at === -1 ? '' : part.slice(at + 1));
  }
  return raw;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (cause) {
    throw new Refusal('upstream.malformed', 'the query is not percent-encoded', { cause });
  }
}

function inflate(bytes: Buffer): Buffer {
  try {
    // 128 KiB of zeros fit into 150 bytes: how far it may unfold is ours to say.
    return inflateRawSync(bytes, { maxOutputLength: MESSAGE_LIMITS.bytes });
  } catch (cause) {
    throw new Refusal('upstream.malformed', 'a message by redirect cannot be unpacked', { cause });
  }
}
