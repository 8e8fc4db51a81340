const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH']);
/** ioredis, pg and Redis itself say it in words only. */
const WORDS =
  /^(Command timed out|Connection is closed|Stream isn't writeable|Connection terminated|Query read timeout|timeout exceeded when trying to connect|Reached the max retries per request|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|OOM|MISCONF)/;

/** Whether Redis or Postgres is away, as opposed to a bug of ours: then the answer is "come back", not "broken". */
export function isOutage(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 4) return false;
  if (error.name === 'MaxRetriesPerRequestError' || WORDS.test(error.message)) return true;
  if ('code' in error && typeof error.code === 'string') {
    // Postgres: 08 connection, 53 resources, 57P0 shutting down, 57014 a statement that took too long.
    if (NETWORK.has(error.code) || /^(08|53|57P0|57014)/.test(error.code)) return true;
  }
  const inner = 'driverError' in error ? error.driverError : error.cause;
  if (error instanceof AggregateError) return error.errors.some((one) => isOutage(one, depth + 1));
  return isOutage(inner, depth + 1);
}
