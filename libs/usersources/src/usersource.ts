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
  /** This browser has signed in by this name before: it may try once more where strangers no longer may. */
  knownDevice?: boolean;
  /** The `Authorization` header, for a usersource that hears it; absent when the browser sent none. */
  authorization?: string;
  /** The cookies a usersource hears, by name, every one that was sent: two of one name are no answer. */
  cookies?: Readonly<Record<string, readonly string[]>>;
}

/** What a usersource reads of a request besides query and form. The host withholds all else: sessions are in there. */
export interface Hears {
  /** A browser that comes without one is asked for it first: 401 Negotiate, with the way to the sign-in page. */
  authorization?: boolean;
  cookies?: readonly string[];
}

/** Somebody's session at the upstream, as far as its end can be asked for or heard of. */
export interface UpstreamSession {
  subject: string;
  /** The upstream's own name for it: SAML SessionIndex, OpenID Connect `sid`. */
  index?: string;
  /** What `end` needs besides, as `finish` left it in `IdentityAssertion.session`. */
  kept: Carried;
}

/** An upstream says that somebody has left there. */
export interface UpstreamSignOut {
  /** Whose session: all of the subject's at this usersource, unless an index narrows it. */
  subject?: string;
  index?: string;
  /** The answer upstream waits for, once the sessions here have ended. Absent: 200 without a word. */
  answer?: NextStep;
  /** The message may be used once, as in `IdentityAssertion.once`. */
  once?: { key: string; until: Date };
}

export interface PasswordChange {
  username: string;
  current: string;
  next: string;
}

/** For whom to look while trying a connection. Nobody's password is asked for. */
export interface ProbeAsk {
  username?: string;
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
  readonly hears?: Hears;
  begin(transaction: string, ask: SignInAsk): Promise<NextStep>;
  /** Throws Refusal unless every check passed. */
  finish(reply: Reply, carried: Carried): Promise<IdentityAssertion>;
  /** Ends the upstream session too, where upstream can; it comes back to our sign-out door with `state`. */
  end?(session: UpstreamSession, state: string): Promise<NextStep | undefined>;
  /**
   * Something at our sign-out door (`/sso/:usersource/slo`): the upstream ends somebody's session, or answers
   * that it has done what `end` asked, in which case nothing is returned.
   */
  ended?(reply: Reply): Promise<UpstreamSignOut | undefined>;
  /** What upstream's admin is given to read at `/sso/:usersource/metadata`. */
  metadata?(): Promise<{ type: string; body: string }>;
  /** For types whose people must change a password before they may enter. Throws Refusal unless it was changed. */
  changePassword?(change: PasswordChange): Promise<void>;
  /** "Test connection", step by step; with somebody's name as far as what the upstream tells of them. */
  probe(ask?: ProbeAsk): Promise<Health>;
  /**
   * Gives up what it keeps open, after the last call: its record has changed, or is gone. It opens anew if it is
   * called all the same.
   */
  close?(): void;
  /**
   * Whether nobody can sign in without an answer of the upstream to us, so that a probe says what they would meet: it
   * is asked every minute then. Left out: for password forms but the built-in one.
   */
  readonly watched?: boolean;
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

/**
 * Strong hashes of our own making beside weak ones of a usersource, so that its table can be emptied of them. The
 * subjects are one usersource's.
 */
export interface PasswordShadow {
  find(subject: string): Promise<string | undefined>;
  keep(subject: string, hash: string): Promise<void>;
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
  /** Record id: prefix of whatever must be told apart between usersources. */
  id: string;
  callbackUrl: URL;
  /** Our other doors to this usersource, on the brand's origin. */
  doors: Readonly<Record<'acs' | 'slo' | 'metadata' | 'jwt' | 'start', URL>>;
  /** Audience this copy is for. */
  audience: 'users' | 'agents';
  fetch: typeof fetch;
  /** For connections that are no HTTP: whether a resolved address may be connected to (`addresses/reach.ts`). */
  mayReach: (address: string) => boolean;
  now(): Date;
  passwords: PasswordBook;
  hasher: PasswordHasher;
  shadow: PasswordShadow;
  memory: SharedMemory;
  /** Tells the audit, once among all replicas, by whose fetch it was noticed. */
  keysChanged(change: KeysChanged): void;
}

/** Upstream says that it signs with other keys than before. Fingerprints, as other programs print them. */
export interface KeysChanged {
  added: readonly string[];
  removed: readonly string[];
}

/**
 * A few bytes that all replicas share and that may be lost at any time: the last good metadata, when a key set was
 * last asked for. Never a secret, never anything a sign-in could not do without.
 */
export interface SharedMemory {
  read(name: string): Promise<string | undefined>;
  write(name: string, value: string, seconds: number): Promise<void>;
  /** True for one caller per span among all replicas: who may ask the upstream again. */
  oncePer(name: string, seconds: number): Promise<boolean>;
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
  /**
   * Whether anybody in the world may have an account behind these settings, where the type alone does not tell: such a
   * usersource makes no agents unless it is restricted (I5).
   */
  isPublic?(settings: Record<string, unknown>): boolean;
  /** Standing warnings for these settings, shown with the usersource as long as they hold; `now` for what will end. */
  warnings?(settings: Record<string, unknown>, now?: Date): string[];
}
