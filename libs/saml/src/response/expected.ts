import type { KeyObject } from 'node:crypto';
import type { Clock } from '../instant.js';
import type { Trust } from '../signature/verify.js';

/** Everything a response is held against. Nothing of it is read from the response. */
export interface Expected extends Clock {
  /** The identity provider, and the keys its metadata names for signing. */
  issuer: string;
  trust: Trust;
  /** Ourselves: our entity ID, and the address responses are posted to. */
  audience: string;
  destination: string;
  /** Which signature must be there. What is read was signed in any case. */
  signed: 'either' | 'assertion' | 'response' | 'both';
  /** Assertions in the clear are refused. */
  encrypted: boolean;
  /** Our own keys for what is encrypted to us, newest first. */
  decryptionKeys: readonly KeyObject[];
  /** The request this must answer. Absent: nobody here asked, and the response must not say so either. */
  request?: { id: string; silent: boolean; freshSince?: Date };
  /** Authentication contexts that were asked for exactly; empty when any will do. */
  contexts: readonly string[];
}
