import type { CatalogWriter, Collection, Stored } from '@passbroker/catalog';
import type { Brand, UsersourceRecord } from '@passbroker/model';
import type { PendingChange } from '@passbroker/catalog';
import {
  checkChange,
  type BrandPolicy,
  type ChangeCheck,
  type ChangeError,
  type SnapshotInput,
  type UsersourcePolicy,
} from '@passbroker/usersource-policy';
import { usersourceSettings } from '@passbroker/usersources/settings';
import { survivesRollback } from '../changes/taken-back.js';
import { Problem, PROBLEMS, type Complaint } from '../http/problem.js';
import { fingerprint } from './fingerprint.js';

const POINTERS: Record<ChangeError, string> = {
  'admin.no_way_in': '',
  'sso.not_unique': '/sso',
  'sso.not_redirectable': '/sso',
  'sso.not_silent': '/sso',
  'display.not_possible': '/display',
  'domain.not_unique': '/domains',
  'jit.unrestricted': '/jit/create',
  'network.malformed': '/networks',
  'change.malformed': '',
};

export type UsersourceFacts = Pick<
  UsersourceRecord,
  | 'type'
  | 'audience'
  | 'enabled'
  | 'sso'
  | 'display'
  | 'order'
  | 'domains'
  | 'networks'
  | 'hintable'
  | 'forwardPassive'
  | 'slo'
  | 'label'
  | 'jit'
  | 'settings'
> &
  Partial<Pick<UsersourceRecord, 'filter' | 'mapping'>>;

/** The members of a usersource that policy reads. */
export const policyOf = (record: UsersourceFacts): UsersourcePolicy => ({
  type: record.type,
  audience: record.audience,
  enabled: record.enabled,
  sso: record.sso,
  display: record.display,
  order: record.order,
  domains: record.domains,
  networks: record.networks,
  hintable: record.hintable,
  forwardPassive: record.forwardPassive,
  slo: record.slo,
  label: record.label,
});

export const snapshotOf = (record: UsersourceFacts, proven: boolean) => ({
  ...policyOf(record),
  proven,
  ...publicOf(record),
  jit: { create: record.jit.create },
  restricted: record.domains.length > 0 || Boolean(record.filter),
  settings: fingerprint(record.settings),
  // A mapping that fails keeps people out as a filter does: whoever changes one has not been seen to come in.
  filter: fingerprint({ filter: record.filter ?? null, mapping: record.mapping ?? {} }),
});

/** Some types are everybody's or a company's own, by their settings. */
function publicOf({ type, settings }: UsersourceFacts): { publicIdp?: boolean } {
  const publicIdp = usersourceSettings(type)?.isPublic?.(settings);
  return publicIdp === undefined ? {} : { publicIdp };
}

export const brandFacts = (brand: Pick<Brand, 'enabled' | 'bypass' | 'audiences'>) => ({
  enabled: brand.enabled,
  bypass: brand.bypass,
  audiences: brand.audiences,
});

async function all<Item extends { id: string; revision: number }, New>(
  collection: Collection<Item, New>,
): Promise<Stored<Item>[]> {
  const items: Stored<Item>[] = [];
  let after: string | undefined;
  do {
    const page = await collection.list({ limit: 1_000, ...(after === undefined ? {} : { after }) });
    items.push(...page.data);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return items;
}

export interface Policies {
  /** Everything by slug: slugs never change, and people read them. */
  snapshot: SnapshotInput & { admins: NonNullable<SnapshotInput['admins']> };
  brands: Record<string, BrandPolicy>;
}

/** The whole configuration as policy sees it, read afresh for every change that could take away a way in. */
export class PolicyBook {
  constructor(
    private readonly writer: Pick<CatalogWriter, 'brands' | 'usersources' | 'admins'>,
    /** The change that may still be taken back. */
    private readonly waiting: () => Promise<PendingChange | undefined>,
  ) {}

  async read(): Promise<Policies> {
    const [brands, usersources, admins] = await Promise.all([
      all(this.writer.brands),
      all(this.writer.usersources),
      this.writer.admins(),
    ]);
    const slugOf = new Map(usersources.map((source) => [source.id, source.slug]));
    const of = <T>(brand: Stored<Brand>, read: (source: Stored<UsersourceRecord>) => T) =>
      Object.fromEntries(usersources.filter((one) => one.brand === brand.id).map((one) => [one.slug, read(one)]));
    return {
      snapshot: {
        admins: admins.map((admin) => ({ ...admin, links: admin.links.map((link) => slugOf.get(link) ?? link) })),
        brands: Object.fromEntries(
          brands.map((brand) => [
            brand.slug,
            { ...brandFacts(brand), usersources: of(brand, (one) => snapshotOf(one, one.proven !== null)) },
          ]),
        ),
      },
      brands: Object.fromEntries(
        brands.map((brand) => [
          brand.slug,
          {
            ...brandFacts(brand),
            guestAccess: brand.guestAccess,
            registration: brand.registration,
            usersources: of(brand, policyOf),
          },
        ]),
      ),
    };
  }

  /** @throws Problem when the change breaks what was whole */
  async mustAccept(patch: unknown, pointers: Partial<Record<ChangeError, string>> = {}): Promise<void> {
    const { snapshot } = await this.read();
    refuse(checkChange(snapshot, patch), pointers);
    await this.mustSurviveRollback(snapshot, patch);
  }

  /** @throws Problem admin.no_way_in */
  async mustSurviveRollback(snapshot: SnapshotInput, patch: unknown): Promise<void> {
    const waiting = await this.waiting();
    if (!waiting || survivesRollback(snapshot, patch, waiting)) return;
    const detail = `there would be none when ${waiting.id} is taken back, which is not confirmed yet`;
    throw new Problem('admin.no_way_in', detail);
  }
}

/** @throws Problem of the gravest error; `errors` has them all */
export function refuse(check: ChangeCheck, pointers: Partial<Record<ChangeError, string>> = {}): void {
  if (check.accepted) return;
  const errors: Complaint[] = check.errors.map((code) => ({
    pointer: pointers[code] ?? POINTERS[code],
    code,
    message: PROBLEMS[code][1],
  }));
  const gravest = check.errors.includes('admin.no_way_in') ? 'admin.no_way_in' : check.errors[0];
  throw new Problem(gravest ?? 'change.malformed', undefined, { errors });
}
