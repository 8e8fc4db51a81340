import { z } from 'zod';
import { certificateName, portOf, type Connection } from './connection.settings.js';
import { bound } from './named-parameters.js';
import { LIMITS, type Session } from './session.js';
import { loadDriver } from './optional-driver.js';

const answer = z.object({ recordset: z.array(z.record(z.string(), z.unknown())) });

/**
 * SQL Server, by the optional package mssql: `sp_executesql` with declared parameters. It has no read-only transaction,
 * so ours is always rolled back. Written against the package's documents; no server was there to try it on.
 */
export async function openSqlServer(to: Connection): Promise<Session> {
  const mssql = await loadDriver('mssql');
  const { host, database, user, password, ca } = to;
  const pool = mssql.make('ConnectionPool', {
    ...{ server: host, port: portOf(to), database, user, password },
    connectionTimeout: LIMITS.connectMs,
    requestTimeout: LIMITS.statementMs,
    pool: { min: 1, max: 1 },
    options: {
      appName: 'passbroker',
      encrypt: to.tls !== 'off',
      trustServerCertificate: false,
      serverName: certificateName(to),
      readOnlyIntent: true,
      ...(ca !== undefined && { cryptoCredentialsDetails: { ca } }),
    },
  });
  await pool.call('connect');
  return {
    read: async (statement, values) => {
      const { text, values: list } = bound(statement, values, (index) => `@p${index}`);
      const transaction = mssql.make('Transaction', pool.self);
      await transaction.call('begin');
      try {
        const request = mssql.make('Request', transaction.self);
        // Without a type given the driver declares nvarchar of the text's length.
        list.forEach((value, index) => void request.call('input', `p${index}`, value));
        const { recordset } = answer.parse(await request.call('query', `set rowcount ${LIMITS.rows + 1}; ${text}`));
        return recordset;
      } finally {
        await transaction.call('rollback');
      }
    },
    close: () => void Promise.resolve(pool.call('close')).catch(() => undefined),
    onLost: (tell) => void pool.call('on', 'error', tell),
  };
}
