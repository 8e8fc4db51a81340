import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import type { SharedMemory, UsersourceTools } from '../usersource.js';
import { readJson } from './read-json.js';
import { readProviderMetadata, type Expected, type ProviderMetadata } from './provider-metadata.js';

const FRESH_MS = 3_600_000;
/** A provider whose discovery is down for longer than this is asked for in vain. */
const LAST_GOOD_SECONDS = 7 * 86_400;
const ASK_AGAIN_SECONDS = 60;

const kept = z.object({ at: z.number(), document: z.unknown() });

interface Known {
  at: number;
  metadata: ProviderMetadata;
}

/**
 * A provider's discovery document, kept for an hour in this process and shared among the replicas. While the
 * provider does not answer, the last good one serves; a document that is wrong is never covered up by an old one.
 */
export class Discovery {
  private known: Known | undefined;
  private asking: Promise<Known> | undefined;

  constructor(
    private readonly address: string,
    private readonly expected: Expected,
    private readonly tools: Pick<UsersourceTools, 'fetch' | 'now' | 'memory'>,
  ) {}

  /** @throws Refusal usersource.unreachable, upstream.malformed, upstream.untrusted */
  async current(): Promise<ProviderMetadata> {
    const now = this.tools.now().getTime();
    if (this.known && isFresh(this.known, now)) return this.known.metadata;
    this.asking ??= this.refreshed(now).finally(() => (this.asking = undefined));
    this.known = await this.asking;
    return this.known.metadata;
  }

  /** Asks the provider itself, whatever is kept. */
  async ask(): Promise<ProviderMetadata> {
    return readProviderMetadata(await readJson(this.tools.fetch, this.address), this.expected);
  }

  private async refreshed(now: number): Promise<Known> {
    const { memory } = this.tools;
    const last = newer(this.known, await this.shared(memory));
    if (last && isFresh(last, now)) return last;
    // One replica a minute asks a provider that is down; the others go on with what there is.
    if (last && !(await memory.oncePer('discovery', ASK_AGAIN_SECONDS))) return last;
    try {
      const metadata = await this.ask();
      await memory.write('discovery', JSON.stringify({ at: now, document: metadata }), LAST_GOOD_SECONDS);
      return { at: now, metadata };
    } catch (error) {
      const down = error instanceof Refusal && error.code === 'usersource.unreachable';
      if (down && last && now - last.at < LAST_GOOD_SECONDS * 1_000) return last;
      this.known = undefined;
      // Forgotten everywhere: a provider that contradicts itself is not trusted until it is sound again.
      if (!down) await memory.write('discovery', '', 1);
      throw error;
    }
  }

  private async shared(memory: SharedMemory): Promise<Known | undefined> {
    const text = await memory.read('discovery');
    if (text === undefined || text === '') return undefined;
    try {
      const { at, document } = kept.parse(JSON.parse(text));
      return { at, metadata: readProviderMetadata(document, this.expected) };
    } catch {
      return undefined; // Kept by another version of ours, or under other settings.
    }
  }
}

const isFresh = ({ at }: Known, now: number): boolean => now - at < FRESH_MS;

const newer = (one: Known | undefined, other: Known | undefined): Known | undefined =>
  one && other ? (one.at >= other.at ? one : other) : (one ?? other);
