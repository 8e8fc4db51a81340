import type { Logger } from '@passbroker/platform';
import { openDirectory, removeDirectory, type DirectoryDemo, type RunningDirectory } from './directory/directory.js';
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

/** It takes a fifth of a second. Where it hangs, a newcomer does not wait for it. */
const DIRECTORY_MS = 5_000;

/** Begun while the services open: a newcomer waits for neither. */
export async function openUpstreams({ embeddedPostgres, dataDir, log }: UpstreamOptions): Promise<DemoUpstreams> {
  const [peoplesoft, directory] = await Promise.all([
    embeddedPostgres === undefined ? undefined : openPeoplesoft(embeddedPostgres, dataDir).catch(withoutIt(log)),
    inTime(openDirectory(dataDir, log), log),
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

async function inTime(
  opening: Promise<RunningDirectory | undefined>,
  log: Logger,
): Promise<RunningDirectory | undefined> {
  let late: NodeJS.Timeout | undefined;
  const patience = new Promise<'late'>((resolve) => (late = setTimeout(() => resolve('late'), DIRECTORY_MS)));
  const first = await Promise.race([opening, patience]);
  clearTimeout(late);
  if (first !== 'late') return first;
  log.info('demo: the directory does not answer; going on without it');
  void opening.then((directory) => directory?.stop());
  return undefined;
}

const withoutIt =
  (log: Logger) =>
  (error: unknown): undefined => {
    log.warn({ error: String(error) }, 'demo: no PeopleSoft user table; going on without it');
  };
