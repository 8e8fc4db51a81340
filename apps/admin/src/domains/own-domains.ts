import type { CatalogWriter } from '@passbroker/catalog';
import type { UsersourceRecord } from '@passbroker/model';
import type { BrandPolicy, UsersourcePolicy } from '@passbroker/usersource-policy';

/** What usersources name, held against the domains that were shown to be the operator's own (I8). */
export class OwnDomains {
  constructor(private readonly writer: Pick<CatalogWriter, 'notOwn'>) {}

  async warnings({ domains, linking }: Pick<UsersourceRecord, 'domains' | 'linking'>): Promise<string[]> {
    const strange = await this.writer.notOwn([...domains, ...linking.authoritativeDomains]);
    return strange.map(
      (domain) => `${domain} counts for nothing here until it was shown to be yours: see POST /v1/domains`,
    );
  }

  /** The policy as gateways have it. */
  async inForce(brands: Readonly<Record<string, BrandPolicy>>): Promise<Record<string, BrandPolicy>> {
    const named = Object.values(brands).flatMap(({ usersources = {} }) =>
      Object.values(usersources).flatMap(({ domains = [] }) => domains),
    );
    const strange = new Set(await this.writer.notOwn(named));
    const own = (usersource: UsersourcePolicy): UsersourcePolicy => ({
      ...usersource,
      domains: (usersource.domains ?? []).filter((domain) => !strange.has(domain)),
    });
    return mapped(brands, (brand) => ({ ...brand, usersources: mapped(brand.usersources ?? {}, own) }));
  }
}

const mapped = <T>(all: Readonly<Record<string, T>>, change: (one: T) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(all).map(([name, one]) => [name, change(one)]));
