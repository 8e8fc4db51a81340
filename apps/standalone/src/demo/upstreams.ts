import type { Logger } from '@passbroker/platform';
import { openDirectory, removeDirectory, type DirectoryDemo } from './directory/directory.js';
import { openPeoplesoft, removePeoplesoft, type PeoplesoftDemo } from './peoplesoft/peoplesoft-database.js';

/** Where people of the demo have their passwords, apart from the intranet. What this machine cannot have is missing. */
export interface DemoUpstreams {
  peoplesoft?: PeoplesoftDemo;
  directory?: DirectoryDemo;
  close(): Promise<void>;
}

export interface UpstreamOptions {
  /** Of the embedded Postgres. In a database of the operator's own nothing is made. */
  embeddedPostgres: string | undefined;
  dataDir: string;
  log: Logger;
}

/** Begun while the services open: a newcomer waits for neither. */
export async function openUpstreams({ embeddedPostgres, dataDir, log }: UpstreamOptions): Promise<DemoUpstreams> {
  const [peoplesoft, directory] = await Promise.all([
    embeddedPostgres === undefined ? undefined : openPeoplesoft(embeddedPostgres, dataDir).catch(withoutIt(log)),
    openDirectory(dataDir, log),
  ]);
  return {
    ...(peoplesoft && { peoplesoft }),
    ...(directory && { directory }),
    close: async () => directory?.stop(),
  };
}

export async function removeUpstreams({ embeddedPostgres, dataDir }: UpstreamOptions): Promise<void> {
  await Promise.all([
    embeddedPostgres === undefined ? undefined : removePeoplesoft(embeddedPostgres, dataDir),
    removeDirectory(dataDir),
  ]);
}

const withoutIt =
  (log: Logger) =>
  (error: unknown): undefined => {
    log.warn({ error: String(error) }, 'demo: no PeopleSoft user table; going on without it');
  };
