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

export const sqlOf =
  (dataSource: DataSource): Sql =>
  async (text, values) => {
    const runner = dataSource.createQueryRunner();
    try {
      return await on(runner)(text, values);
    } finally {
      await runner.release();
    }
  };

/** Commits what `work` did, unless it throws or `commit` is false. */
export async function transaction<T>(
  dataSource: DataSource,
  work: (sql: Sql) => Promise<T>,
  { commit = true }: { commit?: boolean } = {},
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  const sql = on(runner);
  try {
    await sql('begin');
    try {
      const result = await work(sql);
      await sql(commit ? 'commit' : 'rollback');
      return result;
    } catch (error) {
      // When the connection is gone, so is the transaction; the first error is the one worth knowing.
      await sql('rollback').catch(() => undefined);
      throw error;
    }
  } finally {
    await runner.release();
  }
}

export const uniqueViolation = (error: unknown): error is StatementFailed =>
  error instanceof StatementFailed && error.code === '23505';

/** Two writers that took rows in opposite order: one of them was chosen to try again. */
export const deadlock = (error: unknown): boolean =>
  error instanceof StatementFailed && (error.code === '40P01' || error.code === '40001');
