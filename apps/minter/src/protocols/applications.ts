import type { CatalogReader } from '@passbroker/catalog';
import type { ApplicationRecord } from '@passbroker/model';
import { isSealed, type Logger, type ServiceIdentity } from '@passbroker/platform';
import type { OpenApplication } from '@passbroker/protocols';

/** Opened secrets kept in memory: as many as a busy minter talks to. */
const MOST = 50_000;

/** Applications with their secrets opened; each is opened once per revision of its record. */
export class Applications {
  private readonly opened = new Map<string, Promise<OpenApplication | undefined>>();
  private readonly records = new Map<string, ApplicationRecord>();

  constructor(
    private readonly catalog: Pick<CatalogReader, 'application' | 'applicationBySlug'>,
    private readonly identity: ServiceIdentity,
    private readonly log: Logger,
  ) {}

  /** By slug, else by id; only an enabled one of this brand that speaks this protocol. */
  async find(brand: string, protocol: string, id: string): Promise<OpenApplication | undefined> {
    const record = (await this.catalog.applicationBySlug(id)) ?? (await this.catalog.application(id));
    if (!record?.enabled || record.brand !== brand || record.protocol !== protocol) return undefined;
    return this.open(record);
  }

  private open(record: ApplicationRecord): Promise<OpenApplication | undefined> {
    const known = this.records.get(record.id)?.revision === record.revision ? this.opened.get(record.id) : undefined;
    if (known) return known;
    if (this.opened.size >= MOST) {
      this.opened.clear();
      this.records.clear();
    }
    const opening = this.openSecrets(record);
    this.records.set(record.id, record);
    this.opened.set(record.id, opening);
    return opening;
  }

  /** A secret that was not sealed to us makes the application unusable, not half usable. */
  private async openSecrets(record: ApplicationRecord): Promise<OpenApplication | undefined> {
    const secrets: Record<string, string> = {};
    try {
      for (const [name, value] of Object.entries(record.settings)) {
        if (isSealed(value)) secrets[name] = await this.identity.open(value.sealed);
      }
    } catch (error) {
      this.log.error(
        { application: record.slug, err: error instanceof Error ? error.message : '' },
        'secret unreadable',
      );
      return undefined;
    }
    return { record, secrets };
  }
}
