import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import type { ServiceIdentity, ServiceName } from './identity.js';

/**
 * A signed statement of one service to another: `base64url(json).base64url(Ed25519)`. The type is part of
 * what is signed, so that a frame made for one purpose cannot be moved to another (BUS-007).
 */
export interface Frame {
  id: string;
  from: ServiceName;
  type: string;
  body: unknown;
  /** Milliseconds since the epoch; after it nobody may act on the frame. */
  deadline: number;
}

const frameShape = z.object({
  id: z.string().min(16).max(64),
  from: z.enum(['gateway', 'minter', 'admin']),
  type: z.string().max(64),
  body: z.unknown(),
  deadline: z.number().int(),
});

/** Tells whether these bytes were signed by that service; undefined keys mean no. */
export type CheckSignature = (from: ServiceName, bytes: Buffer, signature: Buffer) => boolean;

export function sealFrame(identity: ServiceIdentity, type: string, body: unknown, deadline: Date): string {
  const frame: Frame = {
    id: randomBytes(18).toString('base64url'),
    from: identity.service,
    type,
    body,
    deadline: deadline.getTime(),
  };
  const bytes = Buffer.from(JSON.stringify(frame), 'utf8');
  return `${bytes.toString('base64url')}.${identity.sign(bytes).toString('base64url')}`;
}

/**
 * @throws Refusal bus.unauthentic (not signed by a service we know, or made for another purpose),
 *   bus.late (its deadline has passed). Repetition is the caller's to refuse: it knows what it has seen.
 */
export function openFrame(sealed: string, type: string, from: ServiceName, check: CheckSignature, now: Date): Frame {
  const [payload, signature, ...rest] = sealed.split('.');
  if (!payload || !signature || rest.length > 0) throw new Refusal('bus.unauthentic', 'not a frame');
  const bytes = Buffer.from(payload, 'base64url');
  const signed = Buffer.from(signature, 'base64url');
  // One frame has one spelling: the decoder would pass over stray characters and spare bits.
  if (bytes.toString('base64url') !== payload || signed.toString('base64url') !== signature) {
    throw new Refusal('bus.unauthentic', 'not a frame');
  }
  if (!check(from, bytes, signed)) {
    throw new Refusal('bus.unauthentic', `a ${type} frame is not signed by the ${from}`);
  }
  const frame = frameShape.safeParse(parseJson(bytes));
  if (!frame.success || frame.data.from !== from || frame.data.type !== type) {
    throw new Refusal('bus.unauthentic', `a frame is not a ${type} of the ${from}`);
  }
  if (now.getTime() > frame.data.deadline) throw new Refusal('bus.late', `a ${type} frame came after its deadline`);
  return frame.data;
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
