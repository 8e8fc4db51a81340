import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export type SeededKind = 'usersource' | 'application';

const record = z.object({ mark: z.string(), stored: z.string() });
const schema = z.object({ usersource: record.optional(), application: record.optional() });

export type SeededRecord = z.infer<typeof record>;

/** What the demo wrote into the catalog, by digest, so that it can tell its own records from an admin's. */
export class SeededRecords {
  readonly #file: string;
  readonly #records: z.infer<typeof schema>;

  constructor(private readonly dataDir: string) {
    this.#file = join(dataDir, 'demo-seeded.json');
    this.#records = this.#load();
  }

  read(kind: SeededKind): SeededRecord | undefined {
    return this.#records[kind];
  }

  write(kind: SeededKind, seeded: SeededRecord): void {
    this.#records[kind] = seeded;
    this.#save();
  }

  forget(kind: SeededKind): void {
    delete this.#records[kind];
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
