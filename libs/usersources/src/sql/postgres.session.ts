import { checkServerIdentity } from 'node:tls';
import { Client } from 'pg';
import { certificateName, portOf, type Connection } from './connection.settings.js';
import { bound } from './named-parameters.js';
import { LIMITS, type Row, type Session } from './session.js';
import { wrapped } from './wrapped.js';

/** The extended protocol: the values travel apart from the text, and a second statement is an error (SQL-004). */
export async function openPostgres(to: Connection): Promise<Session> {
  const { host, database, user, password, ca } = to;
  const name = certificateName(to);
  const client = new Client({
    ...{ host, port: portOf(to), database, user, password },
    ssl:
      to.tls === 'off'
        ? false
        : {
            rejectUnauthorized: true,
            minVersion: 'TLSv1.2',
            ...(ca !== undefined && { ca }),
            checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
          },
    connectionTimeoutMillis: LIMITS.connectMs,
    statement_timeout: LIMITS.statementMs,
    application_name: 'passbroker',
    keepAlive: true,
  });
  let lost: () => void = () => undefined;
  // Without a listener, a server that restarts would end our process.
  client.on('error', () => lost());
  client.on('end', () => lost());
  await client.connect();
  wrapped(client).call('unref'); // Its types do not know it: an idle connection keeps no process alive.
  return {
    read: async (statement, values) => {
      const { text, values: list } = bound(statement, values, (index) => `$${index + 1}`);
      await client.query('begin read only');
      const limited = `select * from (${text}) as passbroker limit ${LIMITS.rows + 1}`;
      const { rows } = await client.query<Row>({ text: limited, values: list });
      await client.query('commit');
      return rows;
    },
    close: () => void client.end().catch(() => undefined),
    onLost: (tell) => (lost = tell),
  };
}
