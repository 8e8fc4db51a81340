import { Refusal, type Audience, type Brand, type UsersourceRecord } from '@passbroker/model';
import { isSealed, type Clock, type Redis, type ServiceIdentity } from '@passbroker/platform';
import {
  openUsersource,
  usersourceSettings,
  type PasswordBook,
  type PasswordHasher,
  type PasswordShadow,
  type Usersource,
  type UsersourceTools,
} from '@passbroker/usersources';
import { RedisMemory } from './redis-memory.js';

interface Parts {
  identity: ServiceIdentity;
  now: Clock;
  redis: Redis;
  fetch: typeof fetch;
  hasher: PasswordHasher;
  passwords: (audience: Audience) => PasswordBook;
  /** By a usersource's id. */
  shadows?: (usersource: string) => PasswordShadow;
}

const NO_SHADOW: PasswordShadow = { find: async () => undefined, keep: async () => undefined };

/** Configured record → open usersource, kept until its record changes. Secrets are unsealed here and nowhere else. */
export class OpenUsersources {
  private readonly kept = new Map<string, { version: string; usersource: Promise<Usersource> }>();

  constructor(private readonly parts: Parts) {}

  /** @throws Refusal usersource.misconfigured, secret.unreadable */
  open(record: UsersourceRecord, brand: Brand): Promise<Usersource> {
    const version = `${record.revision} ${record.settingsVersion} ${brand.origin}`;
    const kept = this.kept.get(record.id);
    if (kept?.version === version) return kept.usersource;
    const usersource = this.build(record, brand);
    this.kept.set(record.id, { version, usersource });
    // A failure is not kept: the sealing key may arrive a moment after the record.
    usersource.catch(() => this.forget(record.id));
    return usersource;
  }

  forget(id: string): void {
    this.kept.delete(id);
  }

  private async build(record: UsersourceRecord, brand: Brand): Promise<Usersource> {
    const { now, fetch, hasher, passwords } = this.parts;
    return openUsersource(record.type, await this.unsealed(record), {
      slug: record.slug,
      id: record.id,
      callbackUrl: new URL(`/sso/${record.slug}/callback`, brand.origin),
      doors: doorsOf(record.slug, brand.origin),
      audience: record.audience,
      memory: new RedisMemory(this.parts.redis, record.id),
      fetch,
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
