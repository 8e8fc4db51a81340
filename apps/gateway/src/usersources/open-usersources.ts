import { Refusal, type Audience, type Brand, type UsersourceRecord } from '@passbroker/model';
import { isSealed, type Clock, type MayReach, type Redis, type ServiceIdentity } from '@passbroker/platform';
import {
  openUsersource,
  usersourceSettings,
  type Health,
  type KeysChanged,
  type PasswordBook,
  type PasswordHasher,
  type ProbeAsk,
  type PasswordShadow,
  type Usersource,
  type UsersourceTools,
} from '@passbroker/usersources';
import { Circuit } from './circuit.js';
import { guarded, TIMEOUTS } from './guarded.js';
import type { HealthBoard } from './health-board.js';
import { probed, triedAgain } from './probe.js';
import { capabilityOf } from '@passbroker/usersource-policy';
import { RedisMemory } from './redis-memory.js';

interface Parts {
  identity: ServiceIdentity;
  now: Clock;
  redis: Redis;
  fetch: typeof fetch;
  mayReach: MayReach;
  hasher: PasswordHasher;
  passwords: (audience: Audience) => PasswordBook;
  board: HealthBoard;
  keysChanged: (usersource: string, change: KeysChanged) => void;
  /** By a usersource's id. */
  shadows?: ((usersource: string) => PasswordShadow) | undefined;
}

const NO_SHADOW: PasswordShadow = { find: async () => undefined, keep: async () => undefined };

/** Configured record → open usersource, kept until its record changes. Secrets are unsealed here and nowhere else. */
export class OpenUsersources {
  private readonly kept = new Map<string, { version: string; usersource: Promise<Usersource> }>();
  /** By record: what was learned of an upstream outlives a change of the record, but not of its settings. */
  private readonly circuits = new Map<string, { settingsVersion: number; circuit: Circuit; watched: boolean }>();

  private readonly memorySecret: string;

  constructor(private readonly parts: Parts) {
    this.memorySecret = parts.identity.derive('memory of upstreams', 32).toString('base64url');
  }

  /** @throws Refusal usersource.misconfigured, secret.unreadable */
  open(record: UsersourceRecord, brand: Brand): Promise<Usersource> {
    const version = `${record.revision} ${record.settingsVersion} ${brand.origin}`;
    const kept = this.kept.get(record.id);
    if (kept?.version === version) return kept.usersource;
    this.forget(record.id);
    const usersource = this.build(record, brand);
    this.kept.set(record.id, { version, usersource });
    // A failure is not kept: the sealing key may arrive a moment after the record.
    usersource.catch(() => {
      if (this.kept.get(record.id)?.usersource === usersource) this.forget(record.id);
    });
    return usersource;
  }

  /** The usersource without its circuit: for a test, whose admin wants to know what it meets. */
  async probe(record: UsersourceRecord, brand: Brand, ask?: ProbeAsk): Promise<Health> {
    return probed(await this.open(record, brand), TIMEOUTS.probe, ask);
  }

  /** Of a usersource that is left alone, whether it is back; nothing, when it is too early to ask. */
  async tryOut(record: UsersourceRecord, brand: Brand): Promise<Health | undefined> {
    const usersource = await this.open(record, brand);
    const circuit = this.circuits.get(record.id)?.circuit;
    return circuit?.isOpen ? triedAgain(usersource, circuit, TIMEOUTS.probe) : probed(usersource, TIMEOUTS.probe);
  }

  /** Those that somebody came by here, and whose probe says something. */
  watched(): string[] {
    return [...this.circuits].filter(([, { watched }]) => watched).map(([id]) => id);
  }

  leftAlone(): string[] {
    return this.watched().filter((id) => this.circuits.get(id)?.circuit.isOpen);
  }

  memoryOf(id: string): RedisMemory {
    return new RedisMemory(this.parts.redis, id, this.memorySecret);
  }

  /** The record has changed; it may be gone. */
  forget(id: string): void {
    const kept = this.kept.get(id);
    this.kept.delete(id);
    // Its connections end with the last call that is under way, and do not lie open at somebody else's server.
    kept?.usersource.then(
      (usersource) => usersource.close?.(),
      () => undefined,
    );
  }

  /** Nobody comes by it any more. */
  drop(id: string): void {
    this.forget(id);
    this.circuits.delete(id);
  }

  private async build(record: UsersourceRecord, brand: Brand): Promise<Usersource> {
    const usersource = await this.opened(record, brand);
    // Built-in accounts are no upstream: their own pool of hashers says when it is too much.
    if (record.type === 'local') return usersource;
    const watched = usersource.watched ?? capabilityOf(record.type).password;
    return guarded(usersource, this.circuitOf(record, watched));
  }

  private circuitOf(record: UsersourceRecord, watched: boolean): Circuit {
    const { id, slug, settingsVersion } = record;
    const known = this.circuits.get(id);
    if (known?.settingsVersion === settingsVersion) return known.circuit;
    const { board } = this.parts;
    board.forget(id);
    const circuit = new Circuit(slug, (state, detail) => void board.report({ id, slug }, state, detail));
    this.circuits.set(id, { settingsVersion, circuit, watched });
    return circuit;
  }

  private async opened(record: UsersourceRecord, brand: Brand): Promise<Usersource> {
    const { now, fetch, mayReach, hasher, passwords, keysChanged } = this.parts;
    return openUsersource(record.type, await this.unsealed(record), {
      slug: record.slug,
      id: record.id,
      callbackUrl: new URL(`/sso/${record.slug}/callback`, brand.origin),
      doors: doorsOf(record.slug, brand.origin),
      audience: record.audience,
      memory: this.memoryOf(record.id),
      keysChanged: (change) => keysChanged(record.id, change),
      fetch,
      mayReach,
      now,
      hasher,
      passwords: passwords(record.audience),
      shadow: this.parts.shadows?.(record.id) ?? NO_SHADOW,
    });
  }

  private async unsealed(record: UsersourceRecord): Promise<Record<string, unknown>> {
    const secrets = usersourceSettings(record.type)?.secrets ?? [];
    const settings: Record<string, unknown> = { ...record.settings };
    for (const name of secrets) {
      const value = settings[name];
      if (value === undefined || value === null) continue;
      // A secret that lies open was written by something that is not our admin API.
      if (!isSealed(value)) throw new Refusal('usersource.misconfigured', `${name} of ${record.slug} is not sealed`);
      settings[name] = await this.parts.identity.open(value.sealed);
    }
    return settings;
  }
}

function doorsOf(slug: string, origin: string): UsersourceTools['doors'] {
  const door = (path: string): URL => new URL(path, origin);
  return {
    acs: door(`/sso/${slug}/acs`),
    slo: door(`/sso/${slug}/slo`),
    metadata: door(`/sso/${slug}/metadata`),
    jwt: door(`/sso/${slug}/jwt`),
    start: door(`/sso/start/${slug}`),
  };
}
