import type { Brand, UsersourceRecord } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import type { BrandPolicy, PolicyConfig, UsersourcePolicy } from '@passbroker/usersource-policy';
import type { HealthBoard } from '../usersources/health-board.js';
import { isUsersourceType } from '@passbroker/usersources';

interface Kept {
  revision: number;
  /** When it was last looked at who is down, and who was. */
  health: number;
  down: string;
  usersources: readonly UsersourceRecord[];
  policy: BrandPolicy;
}

/**
 * The catalog as policy reads it. The same object until the brand or one of its usersources changes, because
 * `decide` remembers what it derived from it. Usersources go by their slugs: that is what addresses carry.
 */
export class PolicyConfigs {
  private readonly kept = new Map<string, Kept>();

  constructor(
    private readonly catalog: CatalogReader,
    private readonly health: Pick<HealthBoard, 'version' | 'isDown'>,
  ) {}

  /** `elsewhere` is the brand of the session, where that is another one. */
  async of(brand: Brand, elsewhere?: string): Promise<PolicyConfig> {
    const brands = { [brand.id]: await this.policyOf(brand) };
    const other = elsewhere === undefined || elsewhere === brand.id ? undefined : await this.catalog.brand(elsewhere);
    if (other) brands[other.id] = await this.policyOf(other);
    return { brands };
  }

  private async policyOf(brand: Brand): Promise<BrandPolicy> {
    const usersources = await this.catalog.usersourcesOf(brand.id);
    const kept = this.kept.get(brand.id);
    const health = this.health.version;
    if (kept?.revision === brand.revision && kept.usersources === usersources) {
      // Somebody else's usersource went down or came back: this brand's stays the same object.
      if (kept.health !== health && this.downAmong(usersources) !== kept.down)
        return this.made(brand, usersources, health);
      kept.health = health;
      return kept.policy;
    }
    return this.made(brand, usersources, health);
  }

  private made(brand: Brand, usersources: readonly UsersourceRecord[], health: number): BrandPolicy {
    const { enabled, guestAccess, registration, audiences, bypass } = brand;
    const policy: BrandPolicy = {
      enabled,
      guestAccess,
      registration,
      audiences,
      bypass,
      usersources: Object.fromEntries(usersources.map((record) => [record.slug, this.policyFor(record)])),
    };
    this.kept.set(brand.id, {
      revision: brand.revision,
      health,
      down: this.downAmong(usersources),
      usersources,
      policy,
    });
    return policy;
  }

  private downAmong(usersources: readonly UsersourceRecord[]): string {
    return usersources.flatMap(({ id }) => (this.health.isDown(id) ? [id] : [])).join(' ');
  }

  private policyFor(record: UsersourceRecord): UsersourcePolicy {
    return { ...usersourcePolicy(record), health: this.health.isDown(record.id) ? 'down' : 'ok' };
  }
}

function usersourcePolicy(record: UsersourceRecord): UsersourcePolicy {
  const { type, audience, sso, display, order, domains, networks, hintable, forwardPassive, slo, label } = record;
  // A type this version does not have is not offered: fail closed, and say nothing to visitors.
  const enabled = record.enabled && isUsersourceType(type);
  return { type, audience, enabled, sso, display, order, domains, networks, hintable, forwardPassive, slo, label };
}
