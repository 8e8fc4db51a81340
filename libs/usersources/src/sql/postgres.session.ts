import { Socket } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { MayReach } from '@passbroker/platform';
import { Client } from 'pg';
import { lookupWithin } from '../addresses/reach.js';
import { certificateName, portOf, type Connection } from './connection.settings.js';
import { bound } from './named-parameters.js';
import { LIMITS, type Row, type Session } from './session.js';
import { wrapped } from './wrapped.js';

/** The extended protocol: the values travel apart from the text, and a second statement is an error (SQL-004). */
export async function openPostgres(to: Connection, mayReach: MayReach): Promise<Session> {
  const { host, database, user, password, ca } = to;
  const name = certificateName(to);
  const lookup = lookupWithin(host, mayReach);
  const client = new Client({
    ...{ host, port: portOf(to), database, user, password },
    stream: () => {
      const socket = new Socket();
      const connect = socket.connect.bind(socket);
      // The driver connects by port and name, and would look the name up without asking whether it may.
      const within = (at: number, name: string) => connect({ port: at, host: name, lookup });
      return Object.defineProperty(socket, 'connect', { value: within });
    },
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
