import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';

import { freePort } from '../../peers/free-port.js';
import { startPeer, type PeerProcess } from '../../peers/peer-process.js';
import { makeCertificates } from '../certificates.js';
import { requireServer } from '../find-server.js';
import { serverFolder } from '../server-folder.js';
import type { PeopleServer } from './people-server.js';

const NAME = 'db.corp.test';
const DATABASE = 'people';
const ROOT = process.getuid?.() === 0;

/** A real MariaDB on 127.0.0.1, with TLS, in a folder of its own. @throws when it is not installed. */
export async function startMariaDb(): Promise<PeopleServer> {
  const command = requireServer('mariadb');
  const folder = await serverFolder('mariadb');
  const at = (path: string): string => join(folder.path, path);
  let server: PeerProcess | undefined;
  const stop = async () => {
    server?.signal('SIGCONT');
    await server?.stop();
    folder.remove();
  };
  try {
    const tls = await makeCertificates(at('tls'), { names: [`DNS:${NAME}`] });
    const own = ['--no-defaults', `--datadir=${at('data')}`, ...(ROOT ? ['--user=root'] : [])];
    const made = spawnSync(
      '/usr/bin/mariadb-install-db',
      [...own, '--auth-root-authentication-method=normal', '--skip-test-db'],
      { encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`mariadb-install-db failed: ${made.stdout}${made.stderr}`);
    const port = await freePort();
    server = await startPeer({
      name: 'mariadb',
      command,
      args: [
        ...own,
        ...['--bind-address=127.0.0.1', `--port=${port}`, `--socket=${at('socket')}`, `--pid-file=${at('pid')}`],
        ...[`--ssl-cert=${tls.certificate}`, `--ssl-key=${tls.key}`, `--ssl-ca=${tls.caFile}`],
        ...['--innodb-buffer-pool-size=32M', '--innodb-flush-log-at-trx-commit=0', '--performance-schema=off'],
      ],
      port,
    });
    const password = randomBytes(12).toString('hex');
    const admin = async (sql: string): Promise<void> => {
      const connection = await createConnection({ socketPath: at('socket'), user: 'root', multipleStatements: true });
      try {
        await connection.query(sql);
      } finally {
        await connection.end();
      }
    };
    await admin(
      `create database ${DATABASE} character set utf8mb4 collate utf8mb4_general_ci;
       create user reader@'127.0.0.1' identified by '${password}';
       grant select on ${DATABASE}.* to reader@'127.0.0.1'`,
    );
    const peer = server;
    return {
      dialect: 'mariadb',
      ...{ host: '127.0.0.1', port, database: DATABASE, user: 'reader', password, tls, serverName: NAME },
      admin: (sql) => admin(`use ${DATABASE}; ${sql}`),
      freeze: () => peer.signal('SIGSTOP'),
      thaw: () => peer.signal('SIGCONT'),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
