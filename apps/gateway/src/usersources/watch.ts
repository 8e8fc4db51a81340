import type { UsersourceRecord } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import type { Logger } from '@passbroker/platform';
import type { HealthBoard } from './health-board.js';
import type { OpenUsersources } from './open-usersources.js';
import { inWords } from './probe.js';

const EVERY_MS = 60_000;
/** A little less, so that the next round is not taken for this one. */
const ONCE_PER_SECONDS = 55;
const RETRY_MS = 1_000;
const AT_ONCE = 4;

interface Parts {
  catalog: CatalogReader;
  usersources: OpenUsersources;
  board: HealthBoard;
  log: Logger;
}

/**
 * Asks usersources how they are, so that a dead one is known before the next person meets it, and one that is back
 * is used again without anybody having to try: every minute those that somebody has come by here, one replica for
 * all; and every second those that this replica leaves alone, as soon as their pause is over.
 */
export class Watch {
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #underWay = new Set<string>();

  constructor(private readonly parts: Parts) {}

  start(): void {
    this.#timers.push(
      setInterval(() => void this.round(), EVERY_MS).unref(),
      setInterval(() => void this.retry(), RETRY_MS).unref(),
    );
  }

  stop(): void {
    this.#timers.forEach((timer) => clearInterval(timer));
  }

  async round(): Promise<void> {
    const { usersources } = this.parts;
    await this.#each(usersources.watched(), async (record) => {
      if (await usersources.memoryOf(record.id).oncePer('probe', ONCE_PER_SECONDS)) await this.#probe(record);
    });
  }

  /** Only the circuits of this replica: whether it can reach it is its own question. */
  async retry(): Promise<void> {
    await this.#each(this.parts.usersources.leftAlone(), (record) => this.#probe(record));
  }

  async #each(ids: string[], work: (record: UsersourceRecord) => Promise<void>): Promise<void> {
    const open = ids.filter((id) => !this.#underWay.has(id));
    const next = async (): Promise<void> => {
      for (let id = open.pop(); id !== undefined; id = open.pop()) await this.#one(id, work);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));
  }

  async #one(id: string, work: (record: UsersourceRecord) => Promise<void>): Promise<void> {
    this.#underWay.add(id);
    try {
      const record = await this.parts.catalog.usersource(id);
      if (record?.enabled) await work(record);
      else {
        this.parts.usersources.drop(id);
        this.parts.board.forget(id);
      }
    } catch (error) {
      this.parts.log.debug({ usersource: id, err: String(error) }, 'not probed');
    } finally {
      this.#underWay.delete(id);
    }
  }

  async #probe(record: UsersourceRecord): Promise<void> {
    const brand = await this.parts.catalog.brand(record.brand);
    if (!brand) return;
    const health = await this.parts.usersources.tryOut(record, brand);
    if (health) await this.parts.board.report(record, health.state, inWords(health));
  }
}
