import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const record = z.object({ mark: z.string(), stored: z.string() });
/** `usersource` is the intranet, which was the only one once: the file of an older start is still read. */
const schema = z.object({
  usersource: record.optional(),
  peoplesoft: record.optional(),
  directory: record.optional(),
  application: record.optional(),
});

export type SeededName = keyof z.infer<typeof schema>;
export type SeededRecord = z.infer<typeof record>;

/** What the demo wrote into the catalog, by digest, so that it can tell its own records from an admin's. */
export class SeededRecords {
  readonly #file: string;
  readonly #records: z.infer<typeof schema>;

  constructor(private readonly dataDir: string) {
    this.#file = join(dataDir, 'demo-seeded.json');
    this.#records = this.#load();
  }

  read(name: SeededName): SeededRecord | undefined {
    return this.#records[name];
  }

  write(name: SeededName, seeded: SeededRecord): void {
    this.#records[name] = seeded;
    this.#save();
  }

  forget(name: SeededName): void {
    delete this.#records[name];
    this.#save();
  }

  #load(): z.infer<typeof schema> {
    try {
      return schema.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      // Without it, or when it is broken, every record is somebody else's: nothing is overwritten or deleted.
      return {};
    }
  }

  #save(): void {
    mkdirSync(this.dataDir, { recursive: true, mode: 0o700 });
    writeFileSync(this.#file, `${JSON.stringify(this.#records)}\n`, { mode: 0o600 });
  }
}
