import { createHash, timingSafeEqual } from 'node:crypto';
import { Refusal } from '@passbroker/model';
import { malformed, openEnvelope, type ByteOrder } from './envelope.js';
import { nodeNamedIn, readFields, type Fields } from './fields.js';
import { issueTime } from './issue-time.js';

export interface TrustedNode {
  name: string;
  /** The password of the node's definition, shared by all systems that trust it. */
  password: string;
  maxAgeMinutes?: number;
}

export interface PsTokenOptions {
  /** How old a token may be, where its node does not say. */
  maxAgeMinutes?: number;
  clockSkewSeconds?: number;
  /** IANA name of the zone the issuer's clock is read in. */
  timeZone?: string;
  /** `little` refuses the tokens of big-endian issuers, none of which could ever be verified. */
  byteOrder?: 'little' | 'any';
}

export interface PsToken extends Fields {
  issuedAt: Date;
  /** The token is refused from then on. */
  until: Date;
  byteOrder: ByteOrder;
  macSha1Hex: string;
}

const MINUTES = 5;
const SKEW_SECONDS = 60;

/**
 * Reads a PS_TOKEN and checks its signature with the password of the node it names, and no other's. Whoever knows that
 * password can be anybody, and SHA-1 lets it be guessed at billions a second from a single token: see `node-passwords.ts`.
 *
 * An empty password is arithmetic like any other here, so that public tokens can be checked; no settings accept one.
 * @throws Refusal upstream.malformed, or upstream.untrusted for its signature, node or age
 */
export function readPsToken(
  cookie: string,
  nodes: readonly TrustedNode[],
  now: Date,
  options: PsTokenOptions = {},
): PsToken {
  const envelope = openEnvelope(cookie);
  const named = nodeNamedIn(envelope);
  const node = nodes.find(({ name }) => name === named);
  // Computed for a node that nobody trusts too, so that timing does not tell which ones are.
  const right = timingSafeEqual(psTokenMac(envelope.data, node?.password ?? 'nobody trusts this node'), envelope.mac);
  if (!node || !right) throw new Refusal('upstream.untrusted', 'the PeopleSoft token: no trusted node has signed it');
  return inTime(cookie, now, { ...options, maxAgeMinutes: node.maxAgeMinutes ?? options.maxAgeMinutes });
}

/**
 * The same without the signature, for whoever has it checked by PeopleSoft itself.
 * @throws Refusal upstream.malformed, upstream.untrusted
 */
export function inTime(cookie: string, now: Date, options: PsTokenOptions = {}): PsToken {
  const { maxAgeMinutes = MINUTES, clockSkewSeconds = SKEW_SECONDS, timeZone = 'UTC', byteOrder = 'any' } = options;
  const envelope = openEnvelope(cookie);
  if (byteOrder === 'little' && envelope.order === 'big') throw malformed('it is big-endian');
  const fields = readFields(envelope);
  const issuedAt = issueTime(fields.issued, timeZone);
  const age = Math.floor((now.getTime() - issuedAt.getTime()) / 1_000);
  if (age < -clockSkewSeconds) throw late(`issued ${-age} seconds from now: is the time zone right?`);
  if (age > maxAgeMinutes * 60) throw late(`${age} seconds old, which is more than ${maxAgeMinutes} minutes`);
  return {
    ...fields,
    issuedAt,
    until: new Date(issuedAt.getTime() + maxAgeMinutes * 60_000 + 1_000),
    byteOrder: envelope.order,
    macSha1Hex: envelope.mac.toString('hex'),
  };
}

/** The node's password counts as UTF-16LE, whatever the issuer's byte order. */
export const psTokenMac = (data: Buffer, nodePassword: string): Buffer =>
  createHash('sha1').update(data).update(Buffer.from(nodePassword, 'utf16le')).digest();

const late = (why: string): Refusal => new Refusal('upstream.untrusted', `the PeopleSoft token: ${why}`);
