import { readResponse, trustedKey, type Expected, type SamlIdentity, type Trust } from '../src/index.js';
import { ACS, IDP, NOW, REQUEST, SP } from './messages.js';
import { makePair, type Pair } from './certificate.js';

/** The identity provider's, and one that belongs to somebody else. */
export const idp: Pair = makePair({ name: 'idp.acme.test' });
export const stranger: Pair = makePair({ name: 'stranger' });

export { NOW };
export const trustOf = (pair: Pair): Trust => ({ keys: [trustedKey(pair.certificate)], allowSha1: false });

/** What the service provider of these tests expects; a test overlays what it is about. */
export const expected = (more: Partial<Expected> = {}): Expected => ({
  now: NOW,
  skewSec: 60,
  issuer: IDP,
  trust: { keys: [trustedKey(idp.certificate)], allowSha1: false },
  audience: SP,
  destination: ACS,
  signed: 'either',
  encrypted: false,
  decryptionKeys: [],
  request: { id: REQUEST, silent: false },
  contexts: [],
  ...more,
});

export const read = (xml: string, more: Partial<Expected> = {}): SamlIdentity =>
  readResponse(Buffer.from(xml), expected(more));

/** The code and the detail of a refusal; 'accepted' when there was none. Anything else but a refusal is a bug. */
export function verdict(xml: string | Uint8Array, more: Partial<Expected> = {}): string {
  try {
    readResponse(typeof xml === 'string' ? Buffer.from(xml) : xml, expected(more));
    return 'accepted';
  } catch (error) {
    if (error instanceof Error && error.name === 'Refusal') return error.message;
    throw error;
  }
}
