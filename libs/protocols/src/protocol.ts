import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JsonWebKey } from 'node:crypto';
import type { z } from 'zod';
import type { Account, ApplicationRecord, Brand, SignInAsk, SignInOutcome } from '@passbroker/model';

export type SigningAlgorithm = 'ES256' | 'RS256';

/** The public half of a token-signing key, as published. */
export interface PublishedKey {
  kid: string;
  alg: SigningAlgorithm;
  state: 'next' | 'current' | 'retired';
  jwk: JsonWebKey;
}

/** Use of a private key without sight of it, so that a KMS can stand behind it. */
export interface SigningKeys {
  /** Signs with the current key of that algorithm. */
  sign(alg: SigningAlgorithm, kid: string, bytes: Uint8Array): Promise<Uint8Array>;
  /** Current first, then next, then retired, per algorithm. */
  published(): PublishedKey[];
  /** Fires after a rotation: what was built from `published()` must be built anew. */
  onChange(listener: () => void): void;
}

/** What every protocol is handed by the minter. Nothing here reaches a private key or a usersource. */
export interface ProtocolTools {
  brand: Brand;
  now(): Date;
  /** By slug or protocol-own client id; undefined when unknown, disabled or of another brand or protocol. Secrets opened. */
  application(id: string): Promise<OpenApplication | undefined>;
  /** Only accounts that may still hold passes: not disabled, their usersource and brand still enabled. */
  account(id: string, usersource: string | undefined): Promise<Account | undefined>;
  /** Opens a sign-in transaction and says where on the brand's host the browser goes next; sets the binding cookie. */
  ask(
    req: IncomingMessage,
    res: ServerResponse,
    walk: { application: ApplicationRecord; ask: SignInAsk; returnTo: string; id?: string },
  ): Promise<URL>;
  /** Once, by the browser that began. @throws Refusal */
  collect(req: IncomingMessage, transaction: string): Promise<SignInOutcome>;
  keys: SigningKeys;
}

/** An application whose secrets the minter has opened; cached until news says otherwise. */
export interface OpenApplication {
  record: ApplicationRecord;
  secrets: Readonly<Record<string, string>>;
}

export type HttpHandler = (req: IncomingMessage, res: ServerResponse) => void;

/** All that the admin API may know of a protocol. */
export interface ProtocolSettings {
  protocol: string;
  schema: z.ZodType<Record<string, unknown>>;
  /** Settings that are sealed to the minter and never read back. */
  secrets: readonly string[];
  /** Secrets the server makes when they are absent; returned once, in `secrets` of the 201. */
  generate?(settings: Record<string, unknown>): Record<string, string>;
  warnings?(settings: Record<string, unknown>): string[];
}
