import type { JsonWebKey } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { Account, ApplicationRecord, AuditEvent, Brand, SignInAsk, SignInOutcome } from '@passbroker/model';
import type { Clock, Logger, Redis } from '@passbroker/platform';

/** What a pass stands on. */
export interface PassOrigin {
  account: string;
  usersource: string;
  /** Handle of the gateway's session, as in the outcome of the sign-in. */
  session: string;
  /** When the first pass of this family was made; milliseconds since the epoch. */
  since: number;
  /** Given for the time when the person is away (`offline_access`): outlives their signing out. */
  lasting: boolean;
}

export type SigningAlgorithm = 'ES256' | 'RS256';

/** The public half of a token-signing key, as published. */
export interface PublishedKey {
  kid: string;
  alg: SigningAlgorithm;
  state: 'next' | 'current' | 'retired';
  jwk: JsonWebKey;
}

/**
 * Use of a brand's private keys without sight of them, so that a KMS can stand behind it. A snapshot: after a
 * rotation there is a new one, and what was built from the old one finishes its answers with the old key.
 */
export interface SigningKeys {
  /** Signs with the current key of that algorithm; next and retired keys are published but never sign. */
  sign(alg: SigningAlgorithm, kid: string, bytes: Uint8Array): Promise<Uint8Array>;
  /** Current first, then next, then retired, per algorithm. */
  published(): readonly PublishedKey[];
}

/** What every protocol is handed by the minter. Nothing here reaches a private key or a usersource. */
export interface ProtocolTools {
  brand: Brand;
  now: Clock;
  log: Logger;
  /** By slug or id; undefined when unknown, disabled or of another brand or protocol. Secrets opened. */
  application(protocol: string, id: string): Promise<OpenApplication | undefined>;
  /** Only accounts that may still hold passes: not disabled, their usersource and brand still enabled. */
  account(id: string, usersource: string | undefined): Promise<Account | undefined>;
  /** Whether a pass is over because the session it came of was ended. One command to Redis. */
  endedWith(pass: PassOrigin): Promise<boolean>;
  /** Opens a sign-in transaction and says where on the brand's host the browser goes next; sets the binding cookie. */
  ask(
    req: IncomingMessage,
    res: ServerResponse,
    walk: { application: ApplicationRecord; ask: SignInAsk; returnTo: string; id?: string },
  ): Promise<URL>;
  /** Once, by the browser that began. @throws Refusal */
  collect(req: IncomingMessage, transaction: string): Promise<SignInOutcome>;
  /** Where the browser goes to end the gateway's session; the answer comes back to `returnTo` as `signed_out`. */
  signOut(walk: SignOutWalk): URL;
  /** Opens the gateway's word that a session ended (or that the person stayed); each is good once. @throws Refusal */
  signedOut(req: IncomingMessage, frame: string): Promise<{ id: string; ended: boolean }>;
  keys: SigningKeys;
  /** What the protocol itself must remember, such as tokens. */
  redis: Redis;
  /** Bytes for one purpose, the same on every replica. */
  derive(purpose: string, length: number): Buffer;
  /** For addresses that an application's settings name. */
  fetch: typeof fetch;
  audit(event: ProtocolEvent): void;
}

/** An application's wish that somebody be signed out, as the gateway is told of it. */
export interface SignOutWalk {
  id: string;
  returnTo: string;
  /** The application showed a pass of the very person: nobody needs to be asked. */
  confirmed: boolean;
  /** Whom that pass is about. */
  account?: string;
  /** Id of the record of the application that asks. */
  application?: string;
}

export type ProtocolEvent = Pick<AuditEvent, 'action' | 'outcome' | 'targets' | 'reference' | 'actor' | 'detail'>;

/** An application whose secrets the minter has opened; the same object until the record changes. */
export interface OpenApplication {
  record: ApplicationRecord;
  secrets: Readonly<Record<string, string>>;
}

export type HttpHandler = (req: IncomingMessage, res: ServerResponse) => void;

/** A protocol at work for one brand. */
export interface OpenProtocol {
  handler: HttpHandler;
  /** A session of the gateway's ended without its browser coming by: applications that were signed in by it are told. */
  sessionEnded?(ended: { account: string; session: string }): Promise<void>;
}

/** A protocol that answers under paths of its own. Opened once per brand, again when the brand or its keys change. */
export interface MountedProtocol {
  protocol: string;
  /** Whether a path on the brand's host is this protocol's. */
  answers(pathname: string): boolean;
  open(tools: ProtocolTools): OpenProtocol;
}

/** All that the admin API may know of a protocol. */
export interface ProtocolSettings {
  protocol: string;
  /** Of the settings as an admin writes them: secrets in plain text or absent. Unknown keys are refused. */
  schema: z.ZodType<Record<string, unknown>>;
  /** Settings that are sealed to the minter and never read back. */
  secrets: readonly string[];
  /** Secrets the server makes when they are absent; returned once, in `secrets` of the 201. */
  generate?(settings: Record<string, unknown>): Record<string, string>;
  warnings?(settings: Record<string, unknown>): string[];
}
