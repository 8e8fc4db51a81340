import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { kill } from 'node:process';
import { Client } from 'pg';

import { makeCertificates } from '../certificates.js';
import { findServer } from '../find-server.js';
import { serverFolder } from '../server-folder.js';
import { startEmbeddedPostgresForTest, startRealPostgres } from '../start-server.js';
import type { PeopleServer } from './people-server.js';

const NAME = 'db.corp.test';

/** A Postgres with TLS: Debian's, else the carried one. */
export async function startPeoplePostgres(): Promise<PeopleServer> {
  const folder = await serverFolder('people-postgres');
  const server = await (findServer('postgres') ? startRealPostgres() : startEmbeddedPostgresForTest());
  const stop = async () => {
    resume();
    await server.stop();
    folder.remove();
  };
  // The postmaster alone: who is connected goes on, who comes anew waits for ever.
  const signal = (name: NodeJS.Signals) => kill(server.pid(), name);
  const resume = () => signal('SIGCONT');
  try {
    const tls = await makeCertificates(folder.path, { names: [`DNS:${NAME}`] });
    const url = new URL(server.url);
    const admin = async (sql: string): Promise<void> => {
      const client = new Client({ connectionString: server.url });
      await client.connect();
      try {
        await client.query(sql);
      } finally {
        await client.end();
      }
    };
    const password = randomBytes(12).toString('hex');
    // It runs as somebody who cannot read our folder: it writes the files itself, closed as it wants its key to be.
    for (const [name, file] of [
      ['server.key', tls.key],
      ['server.crt', tls.certificate],
    ] as const) {
      const lines = readFileSync(file, 'utf8').trim();
      await admin(`copy (select unnest(string_to_array('${lines}', E'\\n'))) to program 'umask 077; cat > ${name}'`);
    }
    await admin("alter system set ssl = 'on'");
    await admin('select pg_reload_conf()');
    await admin(
      `create role reader login password '${password}'; grant usage on schema public to reader;
       alter default privileges in schema public grant select on tables to reader`,
    );
    return {
      dialect: 'postgres',
      ...{ host: url.hostname, port: Number(url.port), database: url.pathname.slice(1), user: 'reader', password },
      ...{ tls, serverName: NAME, admin },
      freeze: () => signal('SIGSTOP'),
      thaw: resume,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
