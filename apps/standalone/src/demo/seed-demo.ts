import { WriteConflict, type CatalogWriter, type NewApplication, type NewUsersource } from '@passbroker/catalog';
import type { Logger } from '@passbroker/platform';
import {
  DEMO_DIRECTORY,
  DEMO_PEOPLESOFT,
  DEMO_USERSOURCE,
  digest,
  directoryRecord,
  helpDeskRecord,
  intranetRecord,
  peoplesoftRecord,
  type DemoPlaces,
  type SealingKeys,
  type Wanted,
} from './demo-records.js';
import { DEMO_APPLICATION } from './start-demo.js';
import { SeededRecords, type SeededName } from './seeded-records.js';

export interface SeedParts {
  writer: Pick<CatalogWriter, 'usersources' | 'applications'>;
  keys: SealingKeys;
  dataDir: string;
  log: Logger;
}

/** Where the demo is, or `off` for a broker without one. */
export type DemoWish = DemoPlaces | 'off';

/**
 * Puts the demo into the catalog, or takes it out. Records that an admin has changed since are the admin's and stay
 * as they are, either way; so do records of that name that we did not make.
 */
export async function seedDemo(parts: SeedParts, wish: DemoWish): Promise<void> {
  const { keys, dataDir } = parts;
  const seeded = new SeededRecords(dataDir);
  const places: Partial<DemoPlaces> = wish === 'off' ? {} : wish;
  const { peoplesoft, directory } = places;

  if (wish === 'off') await withdraw(parts, seeded, 'application', DEMO_APPLICATION);
  if (wish === 'off') await withdraw(parts, seeded, 'usersource', DEMO_USERSOURCE);
  else await keep(parts, seeded, 'usersource', await intranetRecord(wish, keys, dataDir));
  // What this machine cannot have any more would only keep people waiting.
  if (peoplesoft) await keep(parts, seeded, 'peoplesoft', await peoplesoftRecord(peoplesoft, keys));
  else await withdraw(parts, seeded, 'peoplesoft', DEMO_PEOPLESOFT);
  if (directory) await keep(parts, seeded, 'directory', await directoryRecord(directory, keys));
  else await withdraw(parts, seeded, 'directory', DEMO_DIRECTORY);
  if (wish !== 'off') await keep(parts, seeded, 'application', await helpDeskRecord(wish, keys, dataDir));
}

async function keep(
  { writer, log }: SeedParts,
  seeded: SeededRecords,
  name: SeededName,
  { record, mark }: Wanted<NewUsersource | NewApplication>,
): Promise<void> {
  const { slug } = record;
  const write =
    'type' in record
      ? {
          get: () => writer.usersources.get(slug),
          create: () => createUsersource(writer, record, log),
          update: () => writer.usersources.update(slug, record),
        }
      : {
          get: () => writer.applications.get(slug),
          create: () => writer.applications.create(record),
          update: () => writer.applications.update(slug, record),
        };
  const there = await write.get();
  const ours = seeded.read(name);
  if (!there) {
    seeded.write(name, { mark, stored: contentOf(await write.create()) });
  } else if (ours?.stored !== contentOf(there)) {
    log.info({ slug }, 'demo: this record is not, or no longer, the demo’s; left as it is');
  } else if (ours.mark !== mark) {
    // Something moved to another port, or a service was given another secret.
    seeded.write(name, { mark, stored: contentOf(await write.update()) });
  }
}

/** Only one usersource may do SSO: an admin who set up another one keeps it, and the demo gets a button. */
async function createUsersource(writer: SeedParts['writer'], record: NewUsersource, log: Logger) {
  try {
    return await writer.usersources.create(record);
  } catch (error) {
    if (!(error instanceof WriteConflict && error.kind === 'unique' && error.field === 'sso')) throw error;
    log.info({ slug: record.slug }, 'demo: another usersource does SSO already; the intranet gets a button');
    return writer.usersources.create({ ...record, sso: 'none' });
  }
}

async function withdraw(
  { writer, log }: SeedParts,
  seeded: SeededRecords,
  name: SeededName,
  slug: string,
): Promise<void> {
  const ours = seeded.read(name);
  if (!ours) return;
  const collection = name === 'application' ? writer.applications : writer.usersources;
  const there = await collection.get(slug);
  if (there && contentOf(there) === ours.stored) await collection.delete(slug);
  else if (there) log.info({ slug }, 'demo: an admin changed this record; it stays');
  seeded.forget(name);
}

const BOOKKEEPING = ['id', 'revision', 'createdAt', 'updatedAt', 'proven', 'settingsVersion'];

/** All that an admin can change about a record; what merely happens to it does not count. */
function contentOf(record: object): string {
  return digest(Object.fromEntries(Object.entries(record).filter(([member]) => !BOOKKEEPING.includes(member))));
}
