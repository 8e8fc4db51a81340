import { connect } from 'node:net';
import type { MayReach } from '@passbroker/platform';
import { createConnection } from 'mysql2/promise';
import { z } from 'zod';
import { lookupWithin } from '../addresses/reach.js';
import { certificateName, portOf, type Connection } from './connection.settings.js';
import { bound } from './named-parameters.js';
import { LIMITS, type Session } from './session.js';

const rowsOf = z.array(z.record(z.string(), z.unknown()));

/** MariaDB and MySQL, by statements prepared on the server: the values travel apart from the text (SQL-003). */
export async function openMysql(to: Connection, mayReach: MayReach): Promise<Session> {
  const { database, user, password, ca } = to;
  const lookup = lookupWithin(to.host, mayReach);
  const connection = await createConnection({
    ...{ database, user, password },
    // The driver checks the certificate against `host`, and connects where `stream` leads.
    host: certificateName(to),
    port: portOf(to),
    // An idle connection keeps no process alive.
    stream: () => connect({ host: to.host, port: portOf(to), lookup }).unref(),
    // Without `verifyIdentity` the driver takes any certificate of the authority, for any host.
    ...(to.tls !== 'off' && {
      ssl: { rejectUnauthorized: true, verifyIdentity: true, minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    }),
    connectTimeout: LIMITS.connectMs,
    charset: 'utf8mb4',
    multipleStatements: false,
    // A hostile server could otherwise ask for files of ours.
    flags: ['-LOCAL_FILES'],
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
  });
  let lost: () => void = () => undefined;
  connection.on('error', () => lost());
  connection.on('end', () => lost());
  const seconds = LIMITS.statementMs / 1_000;
  try {
    await connection.query(
      to.dialect === 'mariadb'
        ? `set session max_statement_time = ${seconds}, sql_select_limit = ${LIMITS.rows + 1}`
        : `set session max_execution_time = ${LIMITS.statementMs}, sql_select_limit = ${LIMITS.rows + 1}`,
    );
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return {
    read: async (statement, values) => {
      const { text, values: list } = bound(statement, values, () => '?');
      await connection.query('start transaction read only');
      const [rows] = await connection.execute(text, list);
      await connection.query('commit');
      return rowsOf.parse(rows);
    },
    close: () => connection.destroy(),
    onLost: (tell) => (lost = tell),
  };
}
