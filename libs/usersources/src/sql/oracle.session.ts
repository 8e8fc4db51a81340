import type { MayReach } from '@passbroker/platform';
import { z } from 'zod';
import { addressOf } from '../addresses/reach.js';
import { certificateName, portOf, type Connection } from './connection.settings.js';
import { bound } from './named-parameters.js';
import { LIMITS, type Session } from './session.js';
import { loadDriver } from './optional-driver.js';
import { wrapped } from './wrapped.js';

const answer = z.object({ rows: z.array(z.record(z.string(), z.unknown())) });
/** `oracledb.OUT_FORMAT_OBJECT`: rows by column name. */
const BY_NAME = 4002;

/**
 * Oracle, by the optional package oracledb in thin mode: no client libraries. Written against the package's documents;
 * no server was there to try it on.
 */
export async function openOracle(to: Connection, mayReach: MayReach): Promise<Session> {
  // The driver takes no socket of ours and needs the name for the certificate, so it looks the name up once more.
  await addressOf(to.host, mayReach);
  const oracledb = await loadDriver('oracledb');
  const { user, password, ca } = to;
  const connection = wrapped(
    await oracledb.call('getConnection', { user, password, ...connectStringOf(to), ...(ca && { walletContent: ca }) }),
  );
  connection.set('callTimeout', LIMITS.statementMs);
  return {
    read: async (statement, values) => {
      // Numbered by the driver, named by us: `:uid` and the like are words of Oracle's own.
      const { text, values: list } = bound(statement, values, (index) => `:p${index}`);
      await connection.call('execute', 'set transaction read only');
      try {
        const binds = Object.fromEntries(list.map((value, index) => [`p${index}`, value]));
        const options = { outFormat: BY_NAME, maxRows: LIMITS.rows + 1 };
        return answer.parse(await connection.call('execute', text, binds, options)).rows;
      } finally {
        await connection.call('rollback');
      }
    },
    close: () => void Promise.resolve(connection.call('close', { drop: true })).catch(() => undefined),
    onLost: () => undefined, // The driver finds out when it next asks, and the session is dropped then.
  };
}

/** Every part was checked by the settings' schema: nothing in it can add a parameter of its own. */
function connectStringOf(to: Connection): { connectString: string } {
  const seconds = LIMITS.connectMs / 1_000;
  const address = `(ADDRESS=(PROTOCOL=${to.tls === 'off' ? 'tcp' : 'tcps'})(HOST=${to.host})(PORT=${portOf(to)}))`;
  const data = `(CONNECT_DATA=(SERVICE_NAME=${to.database}))`;
  // The driver compares the certificate with HOST by itself; another name is said as a DN.
  const name = to.tlsServerName === undefined ? '' : `(SSL_SERVER_CERT_DN="CN=${certificateName(to)}")`;
  const security = to.tls === 'off' ? '' : `(SECURITY=(SSL_SERVER_DN_MATCH=ON)${name})`;
  const patience = `(CONNECT_TIMEOUT=${seconds})(TRANSPORT_CONNECT_TIMEOUT=${seconds})`;
  return { connectString: `(DESCRIPTION=${patience}${address}${data}${security})` };
}
