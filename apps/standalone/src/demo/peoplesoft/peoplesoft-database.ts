import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { upstreamPassword } from '../demo-secrets.js';
import { READER, tablesAndPeople } from './tables.js';

/** How the broker reaches it, as the settings of the type are called. */
export interface PeoplesoftDemo {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
}

/** A database of its own beside the broker's: PeopleSoft is somebody else's. */
const DATABASE = 'acme_hr';

/**
 * A PeopleSoft user table in the embedded Postgres; what is there already stays.
 *
 * @param url of the embedded Postgres, as its superuser
 */
export async function openPeoplesoft(url: string, dataDir: string): Promise<PeoplesoftDemo> {
  const password = upstreamPassword(dataDir, 'peoplesoft');
  await as(url, async (superuser) => {
    if (!(await is(superuser, 'pg_roles where rolname = $1', READER))) {
      await superuser.query(`create role ${READER} login connection limit 20`);
    }
    // Every time: the file may have been lost in between.
    await superuser.query(`alter role ${READER} password ${superuser.escapeLiteral(password)}`);
    if (!(await is(superuser, 'pg_database where datname = $1', DATABASE))) {
      await superuser.query(`create database ${DATABASE}`);
    }
  });
  const own = new URL(url);
  own.pathname = `/${DATABASE}`;
  await as(own.href, async (owner) => {
    if (!(await is(owner, 'pg_views where viewname = $1', 'passbroker_email'))) await owner.query(tablesAndPeople());
  });
  return { host: own.hostname, port: Number(own.port), database: DATABASE, user: READER, password };
}

/** Leaves no account behind that could sign in to the broker's Postgres. Costs nothing where there never was a demo. */
export async function removePeoplesoft(url: string, dataDir: string): Promise<void> {
  const file = join(dataDir, 'demo-peoplesoft-password');
  if (!existsSync(file)) return;
  await as(url, async (superuser) => {
    await superuser.query(`drop database if exists ${DATABASE} with (force)`);
    await superuser.query(`drop role if exists ${READER}`);
  });
  rmSync(file);
}

async function as(url: string, work: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function is(client: Client, what: string, name: string): Promise<boolean> {
  return (await client.query(`select from ${what}`, [name])).rowCount === 1;
}
