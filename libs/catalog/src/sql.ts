import { isNativeError } from 'node:util/types';
import { QueryFailedError, type DataSource, type QueryRunner } from 'typeorm';
import { Refusal } from '@passbroker/model';

/** Runs one statement: on the pool, or on the one connection of a transaction. */
export type Sql = (text: string, values?: unknown[]) => Promise<{ rows: unknown[]; count: number }>;

/**
 * A statement that Postgres refused. Carries neither the parameters nor Postgres's `detail`, as the driver's own
 * error does: they hold hashes and addresses, and errors are logged whole.
 */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';

  constructor(
    readonly code: string,
    readonly constraint: string,
    message: string,
  ) {
    super(message);
  }
}

/** Classes 08 (connection), 53 (resources), 57 (shutdown, cancelled by the time-out), and what sockets say. */
const AWAY = /^(08|53|57|E[A-Z]+$)/;
const AWAY_WORDS =
  /connection terminated|timeout exceeded|query read timeout|connection ended|not queryable|driver not connected/i;
/** Class 22: a NUL, a number too large, `maybe` for a boolean. Values from outside that no column can hold. */
const UNSTORABLE = /^22/;

const textOf = (holder: object, name: string): string => {
  const value: unknown = Reflect.get(holder, name);
  return typeof value === 'string' ? value : '';
};

function translated(thrown: unknown): Error {
  const error: unknown = thrown instanceof QueryFailedError ? thrown.driverError : thrown;
  if (!isNativeError(error)) return new Error(String(error));
  const code = textOf(error, 'code');
  if (AWAY.test(code) || AWAY_WORDS.test(error.message)) {
    return new Refusal('service.unavailable', `database: ${error.message}`, { cause: error });
  }
  if (UNSTORABLE.test(code)) return new Refusal('request.malformed', `a value that cannot be stored (${code})`);
  return code ? new StatementFailed(code, textOf(error, 'constraint'), error.message) : error;
}

const on =
  (runner: QueryRunner): Sql =>
  async (text, values = []) => {
    try {
      const result = await runner.query(text, values, true);
      const rows: unknown[] = result.records;
      return { rows: rows ?? [], count: result.affected ?? 0 };
    } catch (error) {
      throw translated(error);
    }
  };

const away = (error: unknown): boolean => error instanceof Refusal && error.code === 'service.unavailable';

/**
 * Gives the connection back, or ends it after trouble: one whose peer fell silent would otherwise stay in the pool
 * and let every later statement wait for an answer that cannot come. The pool drops what is ended.
 */
async function giveBack(runner: QueryRunner, trouble: unknown): Promise<void> {
  const connection: unknown = Reflect.get(runner, 'databaseConnection');
  if (away(trouble) && typeof connection === 'object' && connection !== null && 'end' in connection) {
    if (typeof connection.end === 'function') Reflect.apply(connection.end, connection, [() => undefined]);
  }
  await runner.release();
}

async function withRunner<T>(dataSource: DataSource, work: (sql: Sql) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  let trouble: unknown;
  try {
    return await work(on(runner));
  } catch (error) {
    trouble = error;
    throw error;
  } finally {
    await giveBack(runner, trouble);
  }
}

export const sqlOf =
  (dataSource: DataSource): Sql =>
  (text, values) =>
    withRunner(dataSource, (sql) => sql(text, values));

/** Commits what `work` did, unless it throws or `commit` is false. */
export function transaction<T>(
  dataSource: DataSource,
  work: (sql: Sql) => Promise<T>,
  { commit = true }: { commit?: boolean } = {},
): Promise<T> {
  return withRunner(dataSource, async (sql) => {
    await sql('begin');
    try {
      const result = await work(sql);
      await sql(commit ? 'commit' : 'rollback');
      return result;
    } catch (error) {
      // A connection that is ended takes its transaction with it.
      if (!away(error)) await sql('rollback');
      throw error;
    }
  });
}

export const uniqueViolation = (error: unknown): error is StatementFailed =>
  error instanceof StatementFailed && error.code === '23505';

/** Two writers that took rows in opposite order: one of them was chosen to try again. */
export const deadlock = (error: unknown): boolean =>
  error instanceof StatementFailed && (error.code === '40P01' || error.code === '40001');
