import type { z } from 'zod';
import type { IdentityAssertion, SignInAsk } from '@passbroker/model';

/** What a usersource wants back with the reply. It keeps no state of its own; the host carries this for it. */
export type Carried = Readonly<Record<string, string>>;

/** Where to send the person next, or which form to show them here. */
export type NextStep =
  | { go: 'redirect'; to: URL; carry: Carried }
  | { go: 'post'; to: URL; fields: Record<string, string>; carry: Carried }
  | { go: 'form'; form: 'password'; carry: Carried };

/** What came back, as raw as it came: some dialects sign the escaped text itself. */
export interface Reply {
  method: 'GET' | 'POST';
  /** Without the question mark, byte for byte as received. */
  rawQuery: string;
  /** Fields of a form post, each at most once (the host refuses repeats). */
  fields: Readonly<Record<string, string>>;
  remoteAddress: string;
}

export interface Health {
  state: 'ok' | 'down';
  /** What was tried, in order, without secrets. */
  steps: { step: string; ok: boolean; detail: string }[];
}

/**
 * Trust comes in by this port. A usersource says who somebody is; whether they may enter, and as which
 * account, is the policy's. Checks that every type needs (state, browser, replay, time, audience, disabled,
 * network) are made by the host: a type can refuse more, never less.
 */
export interface Usersource {
  begin(transaction: string, ask: SignInAsk): Promise<NextStep>;
  /** Throws Refusal unless every check passed. */
  finish(reply: Reply, carried: Carried): Promise<IdentityAssertion>;
  /** Ends the upstream session too, where upstream can. */
  end?(assertion: IdentityAssertion, returnTo: URL): Promise<NextStep | undefined>;
  /** "Test connection", step by step. */
  probe(): Promise<Health>;
}

/** What the local usersource may ask about its own accounts; answered by the host from the catalog. */
export interface PasswordBook {
  /** The encoded argon2id hash and account of whoever signs in by this name (e-mail or username), if anybody. */
  find(
    name: string,
  ): Promise<{ account: string; hash: string; name: string; email?: string; emailVerified: boolean } | undefined>;
  /** Replaces a hash after a successful sign-in whose parameters were older than today's. */
  replace(account: string, hash: string): Promise<void>;
}

/** Hashing happens in a bounded pool; `busy` is a Refusal with a kind retry message, never a queue without end. */
export interface PasswordHasher {
  verify(hash: string, password: string): Promise<boolean>;
  hash(password: string): Promise<string>;
  needsRehash(hash: string): boolean;
  /** Spends the time of one verification: for names nobody has. */
  waste(password: string): Promise<void>;
}

/** The world, handed in. `fetch` is safe-fetch: no private ranges, no redirects there, size and time caps. */
export interface UsersourceTools {
  /** Slug of this usersource. */
  slug: string;
  callbackUrl: URL;
  /** Audience this copy is for. */
  audience: 'users' | 'agents';
  fetch: typeof fetch;
  now(): Date;
  passwords: PasswordBook;
  hasher: PasswordHasher;
}

/** One way to sign in: a folder in this lib, a line in `registry.ts` and one in `settings.ts`. */
export interface UsersourceType<Settings> {
  type: string;
  settings: UsersourceSettings<Settings>;
  open(settings: Settings, tools: UsersourceTools): Usersource;
}

/** All that the admin API may know of a type: what it can be told, and which of it is secret. */
export interface UsersourceSettings<Settings> {
  type: string;
  schema: z.ZodType<Settings>;
  /** Top-level settings that are sealed to the gateway and never read back. */
  secrets: readonly string[];
  /**
   * Settings that name where a secret is sent: whoever changes one of them says the secrets again, or a stolen
   * API token could point them at an address of its own (ADM-007). Absent means that none is ever sent.
   */
  sendsSecretsTo?: readonly string[];
  /** Standing warnings for these settings, shown with the usersource as long as they hold. */
  warnings?(settings: Record<string, unknown>): string[];
}
