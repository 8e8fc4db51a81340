import type { Change } from 'ldapts';
import type { LdapConnection, Query } from './connection.js';
import type { Entry } from './entry.js';
import type { Servers } from './servers.js';
import { ConnectionLost, DirectoryRefused, RESULT } from './trouble.js';

export interface Credentials {
  dn: string;
  password: string;
}

interface Open {
  url: string;
  connection: LdapConnection;
}

/** A connection nobody asks anything is closed, also because an opened usersource is never told that it is not needed. */
const IDLE_MS = 60_000;
/** A password the directory has refused is not sent again so soon: the account would be locked by us. */
const REFUSED_MS = 60_000;

/** Our own account in the directory: one connection, shared by all sign-ins, which only ever reads. */
export class ServiceAccount {
  #open: Promise<Open> | undefined;
  #idle: NodeJS.Timeout | undefined;
  #refused: { until: number; error: DirectoryRefused } | undefined;

  constructor(
    private readonly servers: Servers,
    private readonly credentials: Credentials,
    private readonly now: () => Date,
    private readonly timeoutMs: number,
  ) {}

  /** By what name it is known there; for probes. */
  get dn(): string {
    return this.credentials.dn;
  }

  /**
   * Tries twice: the connection it keeps may have died in the meantime, and reading twice does no harm.
   *
   * @throws ConnectionLost, DirectoryRefused
   */
  async search(base: string, query: Query, signal: AbortSignal): Promise<Entry[]> {
    const first = AbortSignal.any([signal, AbortSignal.timeout(this.timeoutMs / 2)]);
    return this.#with(first, (connection) => connection.search(base, query, first)).catch((error: unknown) => {
      if (!isPassing(error) || signal.aborted) throw error;
      return this.#with(signal, (connection) => connection.search(base, query, signal));
    });
  }

  /** Once and not again: whoever changes a password must know whether it was changed. */
  async modify(dn: string, changes: Change[], signal: AbortSignal): Promise<void> {
    await this.#with(signal, (connection) => connection.modify(dn, changes, signal));
  }

  /** Says who we are on a connection of its own; for probes. */
  async bind(connection: LdapConnection, signal: AbortSignal): Promise<void> {
    await connection.bind(this.credentials.dn, this.credentials.password, signal);
  }

  close(): void {
    clearTimeout(this.#idle);
    const open = this.#open;
    this.#open = undefined;
    open?.then(
      ({ connection }) => connection.close(),
      () => undefined,
    );
  }

  async #with<Value>(signal: AbortSignal, ask: (connection: LdapConnection) => Promise<Value>): Promise<Value> {
    const open = await this.#connected(signal);
    try {
      return await ask(open.connection);
    } catch (error) {
      if (isPassing(error)) {
        this.servers.failed(open.url);
        open.connection.close();
      }
      throw error;
    } finally {
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.close(), IDLE_MS);
      this.#idle.unref();
    }
  }

  /** All who ask at once share one connection, and one refusal. */
  async #connected(signal: AbortSignal): Promise<Open> {
    while (this.#open) {
      const opening = this.#open;
      const open = await opening.catch(() => undefined);
      if (open?.connection.open) return open;
      if (this.#open === opening) this.#open = undefined;
    }
    if (this.#refused && this.#refused.until > this.now().getTime()) throw this.#refused.error;
    this.#open = this.#connect(signal);
    return this.#open;
  }

  async #connect(signal: AbortSignal): Promise<Open> {
    const open = await this.servers.connect(signal);
    try {
      await this.bind(open.connection, signal);
      this.#refused = undefined;
      return open;
    } catch (error) {
      open.connection.close();
      if (error instanceof DirectoryRefused && error.code === RESULT.invalidCredentials) {
        this.#refused = { until: this.now().getTime() + REFUSED_MS, error };
      } else {
        this.servers.failed(open.url);
      }
      throw error;
    }
  }
}

/** Trouble of this connection or this server, which the next one need not have. */
const isPassing = (error: unknown): boolean =>
  error instanceof ConnectionLost ||
  (error instanceof DirectoryRefused && (error.code === RESULT.busy || error.code === RESULT.unavailable));
