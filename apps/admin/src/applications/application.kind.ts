import type { CatalogWriter, NewApplication, Stored } from '@passbroker/catalog';
import type { ApplicationRecord } from '@passbroker/model';
import { invalid } from '../http/complaints.js';
import { isDryRun } from '../http/dry-run.js';
import type { Complaint } from '../http/problem.js';
import { BrandNames } from '../records/brand-names.js';
import { stampsOf } from '../records/members.js';
import type { SettingsDesk, SettingsType } from '../records/settings-desk.js';
import type { Kind, Prepared, Wish } from '../records/shelf.js';
import {
  applicationDraft,
  applicationFilters,
  applicationWriteQuery,
  type ApplicationDraft,
} from './application.schema.js';

export type ProtocolTypes = (protocol: string) => SettingsType | undefined;

/** How applications are written. Secrets that the server makes are shown in the one answer that made them. */
export class ApplicationKind implements Kind<ApplicationRecord, NewApplication, ApplicationDraft> {
  readonly noun = 'application';
  readonly schema = applicationDraft;
  readonly filters = applicationFilters;
  readonly writeQuery = applicationWriteQuery;
  readonly hasSlug = true;
  readonly ifMatch = 'required';
  readonly collection: CatalogWriter['applications'];
  readonly #brands: BrandNames;

  constructor(
    writer: CatalogWriter,
    private readonly protocols: ProtocolTypes,
    private readonly desk: SettingsDesk,
  ) {
    this.collection = writer.applications;
    this.#brands = new BrandNames(writer.brands);
  }

  async draftOf(item: Stored<ApplicationRecord>): Promise<Record<string, unknown>> {
    const { slug, protocol, audience, name, enabled } = item;
    return {
      ...{ slug, protocol, brand: await this.#brands.slugOf(item.brand), audience, name, enabled },
      settings: this.desk.shown(this.protocols(protocol), item.settings).settings,
    };
  }

  async view(item: Stored<ApplicationRecord>): Promise<Record<string, unknown>> {
    const protocol = this.protocols(item.protocol);
    return {
      id: item.id,
      ...(await this.draftOf(item)),
      secretsSet: this.desk.shown(protocol, item.settings).secretsSet,
      warnings: this.desk.warnings(protocol, item.settings),
      ...stampsOf(item),
    };
  }

  async prepare(wish: Wish<ApplicationRecord, ApplicationDraft>): Promise<Prepared<ApplicationRecord, NewApplication>> {
    const { ask, draft, current, said } = wish;
    const { protocol, brand } = await this.#place(wish);
    const saidSettings = typeof said === 'object' && said !== null && 'settings' in said ? said.settings : undefined;
    const applied = await this.desk.apply(protocol, draft.settings, saidSettings, current?.settings);
    return {
      record: {
        ...draft,
        brand,
        settings: applied.changed.length === 0 && current ? current.settings : applied.settings,
      },
      alsoChanged: applied.changed,
      once: {
        warnings: applied.warnings,
        ...(Object.keys(applied.generated).length > 0 && !isDryRun(ask) ? { secrets: applied.generated } : {}),
      },
    };
  }

  async #place({ draft, current }: Wish<ApplicationRecord, ApplicationDraft>) {
    const protocol = this.protocols(draft.protocol);
    const brand = await this.#brands.named(draft.brand);
    const errors: Complaint[] = [];
    if (!protocol)
      errors.push({ pointer: '/protocol', code: 'unknown_protocol', message: 'there is no such protocol' });
    if (!brand) errors.push({ pointer: '/brand', code: 'unknown_reference', message: 'there is no such brand' });
    for (const [name, value] of Object.entries({ slug: draft.slug, protocol: draft.protocol, brand: brand?.id })) {
      if (current && value !== undefined && value !== Reflect.get(current, name)) {
        errors.push({ pointer: `/${name}`, code: 'immutable', message: 'never changes: make another application' });
      }
    }
    // Applications are found by their slug, whichever protocol asks.
    const clientId = draft.settings['client_id'];
    if (clientId !== undefined && clientId !== draft.slug) {
      errors.push({ pointer: '/settings/client_id', code: 'not_the_slug', message: 'the client_id is the slug' });
    }
    if (errors.length > 0 || !protocol || !brand) throw invalid(...errors);
    return { protocol, brand: brand.id };
  }
}
