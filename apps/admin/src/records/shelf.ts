import type { z } from 'zod';
import type { Collection, Stored } from '@passbroker/catalog';
import { mergePatch } from '@passbroker/usersource-policy';
import { ok, type Answer } from '../http/answer.js';
import type { Ask } from '../http/ask.js';
import { invalid, parseBody, parseQuery } from '../http/complaints.js';
import { isDryRun } from '../http/dry-run.js';
import { pageAnswer, pageAsk } from '../http/pages.js';
import { etagOf, heldRevision } from '../http/precondition.js';
import { Problem } from '../http/problem.js';
import { changed } from './changed.js';
import type { Turns } from './turns.js';
import type { WriteLog } from './write-log.js';

/** What somebody wants a record to be. */
export interface Wish<Item, Draft> {
  ask: Ask;
  current: Stored<Item> | undefined;
  /** All of it, as the schema read it. */
  draft: Draft;
  /** The body as it came: only it tells `null` (clear) from silence (keep), which is how secrets are written. */
  said: unknown;
}

export interface Prepared<Item, New> {
  record: New;
  /** Pointers that a comparison of drafts does not see: secrets, passwords. */
  alsoChanged?: string[];
  /** A first step, once nothing can be complained of any more; undone when the write is refused after all. */
  begin?(): Promise<{ once: Record<string, unknown>; undo(): Promise<void> }>;
  /** A last step with what was written. */
  finish?(written: Stored<Item>): Promise<Stored<Item>>;
  /** Members of this one answer: secrets that are shown once. */
  once?: Record<string, unknown>;
}

/** What one kind of record adds to what all of them do. */
export interface Kind<Item extends { id: string; revision: number }, New, Draft> {
  noun: string;
  collection: Collection<Item, New>;
  schema: z.ZodType<Draft>;
  /** Also for lists. */
  filters: z.ZodType<{ limit: number; after?: string | undefined; before?: string | undefined }>;
  writeQuery: z.ZodType;
  /** Records with a slug can be made by PUT. */
  hasSlug: boolean;
  ifMatch: 'required' | 'optional';
  /** What a caller could have written to get this record, without the secrets. */
  draftOf(item: Stored<Item>): Promise<Record<string, unknown>>;
  view(item: Stored<Item>): Promise<Record<string, unknown>>;
  prepare(wish: Wish<Item, Draft>): Promise<Prepared<Item, New>>;
  beforeDelete?(item: Stored<Item>, ask: Ask): Promise<void>;
}

/** The six things one can do with every kind of record. */
export class Shelf<Item extends { id: string; revision: number }, New extends object, Draft> {
  constructor(
    private readonly kind: Kind<Item, New, Draft>,
    private readonly turns: Turns,
    private readonly log: WriteLog,
  ) {}

  async list(ask: Ask): Promise<Answer> {
    const { limit, after, before, ...where } = parseQuery(this.kind.filters, ask.query);
    const said = Object.fromEntries(
      Object.entries(where).flatMap(([name, value]) =>
        typeof value === 'string' || typeof value === 'boolean' ? [[name, value]] : [],
      ),
    );
    const page = await this.kind.collection.list(pageAsk({ limit, after, before }), said);
    return pageAnswer(ask, { ...page, data: await Promise.all(page.data.map((item) => this.kind.view(item))) });
  }

  async get(ask: Ask): Promise<Answer> {
    return this.#shown(await this.#must(ask));
  }

  create(ask: Ask): Promise<Answer> {
    parseQuery(this.kind.writeQuery, ask.query);
    return this.#write(ask, () => this.#create(ask, ask.body));
  }

  replace(ask: Ask): Promise<Answer> {
    parseQuery(this.kind.writeQuery, ask.query);
    return this.#write(ask, async () => {
      const current = await this.kind.collection.get(ask.id);
      const slug = current ? slugOf(current) : ask.id;
      const body = { slug, ...objectOf(ask.body) };
      if (body.slug !== slug) {
        throw invalid({
          pointer: '/slug',
          code: 'immutable',
          message: 'a slug is part of addresses and never changes',
        });
      }
      const held = heldRevision(ask.headers, current, this.kind.ifMatch === 'required');
      return current ? this.#change(ask, current, body, held) : this.#create(ask, body);
    });
  }

  patch(ask: Ask): Promise<Answer> {
    parseQuery(this.kind.writeQuery, ask.query);
    return this.#write(ask, async () => {
      const current = await this.#must(ask);
      const held = heldRevision(ask.headers, current, this.kind.ifMatch === 'required');
      return this.#change(ask, current, mergePatch(await this.kind.draftOf(current), objectOf(ask.body)), held);
    });
  }

  remove(ask: Ask): Promise<Answer> {
    parseQuery(this.kind.writeQuery, ask.query);
    return this.#write(ask, async () => {
      const current = await this.#must(ask);
      const held = heldRevision(ask.headers, current, this.kind.ifMatch === 'required');
      await this.kind.beforeDelete?.(current, ask);
      await this.kind.collection.delete(current.id, writeOptions(ask, held));
      this.#tell(ask, 'deleted', current.id);
      return { status: 204 };
    });
  }

  /** In turn, and a refusal by policy is an event of its own: somebody tried. */
  async #write(ask: Ask, work: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await this.turns.take(work);
      return isDryRun(ask) ? { ...answer, headers: { ...answer.headers, 'dry-run': 'true' } } : answer;
    } catch (error) {
      if (error instanceof Problem && (error.status === 409 || error.status === 403) && !isDryRun(ask)) {
        this.log.refused(ask, error.code, error.detail ?? error.code);
      }
      throw error;
    }
  }

  async #create(ask: Ask, body: unknown): Promise<Answer> {
    const draft = parseBody(this.kind.schema, body);
    const prepared = await this.kind.prepare({ ask, current: undefined, draft, said: ask.body });
    const { result, once } = await this.#begun(ask, prepared, () =>
      this.kind.collection.create(prepared.record, writeOptions(ask)),
    );
    const written = await this.#finish(ask, prepared, result);
    this.#tell(ask, 'created', written.id);
    const shown = await this.#shown(written, once);
    return { ...shown, status: 201, headers: { ...shown.headers, ...this.#location(written) } };
  }

  async #change(ask: Ask, current: Stored<Item>, body: unknown, held: number | undefined): Promise<Answer> {
    const draft = parseBody(this.kind.schema, body);
    const prepared = await this.kind.prepare({ ask, current, draft, said: ask.body });
    const differs = changed(stored(current), { ...stored(current), ...prepared.record }).filter(
      (pointer) => !pointer.startsWith('/settings/'),
    );
    const pointers = [...new Set([...differs, ...(prepared.alsoChanged ?? [])])];
    // A replace that changes nothing is no news, and nobody's tag goes stale by it.
    if (pointers.length === 0 && !prepared.finish) return this.#shown(current, prepared.once);
    const { result, once } = await this.#begun(ask, prepared, () =>
      this.kind.collection.update(current.id, prepared.record, writeOptions(ask, held)),
    );
    const written = await this.#finish(ask, prepared, result);
    this.#tell(ask, 'updated', written.id, pointers);
    return this.#shown(written, once);
  }

  async #begun<T>(ask: Ask, prepared: Prepared<Item, New>, write: () => Promise<T>) {
    const begun = isDryRun(ask) ? undefined : await prepared.begin?.();
    try {
      return { result: await write(), once: { ...prepared.once, ...begun?.once } };
    } catch (error) {
      await begun?.undo();
      throw error;
    }
  }

  async #finish(ask: Ask, prepared: Prepared<Item, New>, written: Stored<Item>): Promise<Stored<Item>> {
    return prepared.finish && !isDryRun(ask) ? prepared.finish(written) : written;
  }

  async #must(ask: Ask): Promise<Stored<Item>> {
    const item = await this.kind.collection.get(ask.id);
    if (!item) throw new Problem('resource.not_found');
    return item;
  }

  async #shown(item: Stored<Item>, once: Record<string, unknown> = {}): Promise<Answer> {
    return ok({ ...(await this.kind.view(item)), ...once }, { etag: etagOf(item.revision) });
  }

  #location(item: Stored<Item>): Record<string, string> {
    return { location: `/v1/${this.kind.noun.replaceAll('_', '-')}s/${slugOf(item) ?? item.id}` };
  }

  #tell(ask: Ask, verb: string, id: string, pointers: readonly string[] = []): void {
    if (!isDryRun(ask)) this.log.done(ask, `${this.kind.noun}.${verb}`, { type: this.kind.noun, id }, pointers);
  }
}

const writeOptions = (ask: Ask, ifRevision?: number) => ({
  dryRun: isDryRun(ask),
  ...(ifRevision === undefined ? {} : { ifRevision }),
});

/** As it would be stored: JSON has no difference between a missing member and undefined. */
const stored = (item: object): Record<string, unknown> => Object.fromEntries(Object.entries(item));

const slugOf = (item: object): string | undefined =>
  'slug' in item && typeof item.slug === 'string' ? item.slug : undefined;

function objectOf(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return Object.fromEntries(Object.entries(body));
  throw invalid({ pointer: '', code: 'invalid_type', message: 'a JSON object is expected' });
}
