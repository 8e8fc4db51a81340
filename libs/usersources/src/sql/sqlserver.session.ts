import { connect, type LookupFunction, type Socket } from 'node:net';
import type { MayReach } from '@passbroker/platform';
import { z } from 'zod';
import { lookupWithin } from '../addresses/reach.js';
import { certificateName, portOf, type Connection } from './connection.settings.js';
import { bound } from './named-parameters.js';
import { LIMITS, type Session } from './session.js';
import { loadDriver } from './optional-driver.js';

const answer = z.object({ recordset: z.array(z.record(z.string(), z.unknown())) });

/**
 * SQL Server, by the optional package mssql: `sp_executesql` with declared parameters. It has no read-only transaction,
 * so ours is always rolled back. Written against the package's documents; no server was there to try it on.
 */
export async function openSqlServer(to: Connection, mayReach: MayReach): Promise<Session> {
  const lookup = lookupWithin(to.host, mayReach);
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
      connector: () => connected(to, lookup),
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

/** The driver's own would look the name up without asking whether it may go there. */
function connected(to: Connection, lookup: LookupFunction): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to.host, port: portOf(to), lookup, timeout: LIMITS.connectMs });
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.once('timeout', () => fail(new Error('timeout: nobody answers')));
    socket.once('error', fail).once('connect', () => {
      socket.off('error', fail).setTimeout(0).removeAllListeners('timeout');
      resolve(socket);
    });
  });
}
