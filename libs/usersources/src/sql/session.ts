import type { Statement } from './named-parameters.js';

export type Row = Readonly<Record<string, unknown>>;

/** One connection to one database, logged in. */
export interface Session {
  /** In a transaction of its own that can only read, or that is taken back. Fails if it took longer than it may. */
  read(statement: Statement, values: Readonly<Record<string, string>>): Promise<Row[]>;
  /** Never fails, and does not wait for a statement that is still running. */
  close(): void;
  /** Called once, when the server or the road to it closes the connection. */
  onLost(tell: () => void): void;
}

export type OpenSession = () => Promise<Session>;

/** Milliseconds, and rows. A sign-in waits for all of this: SQL-015. */
export const LIMITS = {
  connectMs: 3_000,
  statementMs: 3_000,
  /** Ours, should the server not keep its own: then the connection is given up. */
  answerMs: 4_000,
  waitMs: 2_000,
  idleMs: 60_000,
  /** A failover changes what a name points to: nothing is kept for ever. */
  ageMs: 1_800_000,
  connections: 4,
  waiting: 64,
  rows: 1_000,
} as const;
export type Limits = { readonly [Name in keyof typeof LIMITS]: number };
