import type { CatalogWriter, NewUsersource, Stored } from '@passbroker/catalog';
import type { UsersourceRecord } from '@passbroker/model';
import {
  badge,
  checkChange,
  defaultDisplay,
  mergePatch,
  needsConfirmation,
  swapSso,
  type SnapshotInput,
} from '@passbroker/usersource-policy';
import { invalid, parseQuery, pointerTo } from '../http/complaints.js';
import type { Ask } from '../http/ask.js';
import { Problem, type Complaint } from '../http/problem.js';
import type { ChangesDesk } from '../changes/changes.desk.js';
import { earlierOf, waysOf, type RiskyChange } from '../changes/risky-change.js';
import { OwnDomains } from '../domains/own-domains.js';
import { isDryRun } from '../http/dry-run.js';
import { policyOf, refuse, snapshotOf, type PolicyBook } from '../policies/policy-book.js';
import { BrandNames } from '../records/brand-names.js';
import { stampsOf } from '../records/members.js';
import type { SettingsDesk, SettingsType } from '../records/settings-desk.js';
import type { Kind, Prepared, Wish } from '../records/shelf.js';
import type { KnownHealth } from './known-health.js';
import { mappingComplaints } from '@passbroker/usersources/settings';
import { usersourceDraft, usersourceFilters, usersourceWriteQuery, type UsersourceDraft } from './usersource.schema.js';

/** What gateways have last found of a usersource, if they have lately. */
export type ReadHealth = (usersource: string) => Promise<KnownHealth | undefined>;

export type UsersourceTypes = (type: string) => SettingsType | undefined;

type UsersourceWish = Wish<UsersourceRecord, UsersourceDraft>;

/** How usersources are written: place → settings → policy, and the SSO swap as the last step. */
export class UsersourceKind implements Kind<UsersourceRecord, NewUsersource, UsersourceDraft> {
  readonly noun = 'usersource';
  readonly schema = usersourceDraft;
  readonly filters = usersourceFilters;
  readonly writeQuery = usersourceWriteQuery;
  readonly hasSlug = true;
  readonly ifMatch = 'required';
  readonly collection: CatalogWriter['usersources'];
  readonly #brands: BrandNames;
  readonly #own: OwnDomains;

  constructor(
    private readonly writer: CatalogWriter,
    private readonly types: UsersourceTypes,
    private readonly desk: SettingsDesk,
    private readonly policies: PolicyBook,
    private readonly changes: ChangesDesk,
    private readonly health: ReadHealth,
  ) {
    this.collection = writer.usersources;
    this.#brands = new BrandNames(writer.brands);
    this.#own = new OwnDomains(writer);
  }

  async draftOf(item: Stored<UsersourceRecord>): Promise<Record<string, unknown>> {
    const { slug, type, audience, label, enabled, sso, display, order, hintable, forwardPassive, slo } = item;
    const { domains, networks, jit, linking, mapping, filter, sync } = item;
    return {
      ...{ slug, type, brand: await this.#brands.slugOf(item.brand), audience, label, enabled, sso, display, order },
      ...{ hintable, forwardPassive, slo, domains, networks, jit, linking, mapping, filter, sync },
      settings: this.desk.shown(this.types(type), item.settings).settings,
    };
  }

  async view(item: Stored<UsersourceRecord>): Promise<Record<string, unknown>> {
    const type = this.types(item.type);
    const health = await this.health(item.id);
    return {
      id: item.id,
      ...(await this.draftOf(item)),
      secretsSet: this.desk.shown(type, item.settings).secretsSet,
      settingsVersion: item.settingsVersion,
      badge: badge({ ...policyOf(item), health: health?.state ?? 'ok' }, { proven: item.proven !== null }),
      health: health?.state ?? 'unknown',
      healthDetail: health ? { since: health.since, at: health.at, detail: health.detail } : null,
      proven: item.proven,
      warnings: [...this.desk.warnings(type, item.settings), ...(await this.#own.warnings(item))],
      ...stampsOf(item),
    };
  }

  async prepare(wish: UsersourceWish): Promise<Prepared<UsersourceRecord, NewUsersource>> {
    const { draft, current, said, ask } = wish;
    const { type, brand } = await this.#place(wish);
    mustCompile(draft);
    const applied = await this.desk.apply(type, draft.settings, settingsSaid(said), current?.settings);
    const { swap, ...members } = draft;
    const record: NewUsersource = {
      ...members,
      brand: brand.id,
      display: draft.display ?? current?.display ?? defaultDisplay(draft.type),
      settings: applied.changed.length === 0 && current ? current.settings : applied.settings,
    };
    const mayTakeOver = swap === true || parseQuery(usersourceWriteQuery, ask.query).swap === true;
    const { takesOver, snapshot, patch } = await this.#checkPolicy(record, brand.slug, current, mayTakeOver);
    const mode = record.sso;
    const risk = needsConfirmation(snapshot, patch)
      ? await this.#mustBeConfirmed(ask, { record, current, snapshot, patch, brand: brand.slug })
      : undefined;
    const once = { warnings: [...applied.warnings, ...(await this.#own.warnings(draft))], ...risk?.once };
    const begin = risk && { begin: risk.begin };
    if (!takesOver || mode === 'none') return { record, alsoChanged: applied.changed, once, ...begin };
    const taken = { sso: mode, badge: badge(policyOf(record), { proven: isProven(current) }) };
    return {
      ...begin,
      once: isDryRun(ask) ? { ...once, ...taken } : once,
      // The database lets no two have SSO, not even for a moment: the last step switches both at once.
      record: { ...record, sso: current?.sso ?? 'none' },
      alsoChanged: [...applied.changed, '/sso'],
      finish: (written) => this.writer.swapSso(written.id, mode),
    };
  }

  async beforeDelete(item: Stored<UsersourceRecord>): Promise<void> {
    const brand = await this.#brands.slugOf(item.brand);
    const patch = { brands: { [brand]: { usersources: { [item.slug]: null } } } };
    await this.policies.mustAccept(patch);
    const { snapshot } = await this.policies.read();
    if (needsConfirmation(snapshot, patch)) throw new Problem('confirmation.needed');
    await this.changes.mustNotNeed(item.slug);
  }

  /** Live at once, and taken back unless an admin shows that they still get in. One such change at a time. */
  async #mustBeConfirmed(ask: Ask, change: RiskyChange) {
    await this.changes.mustBeFree();
    const { at, until } = this.changes.deadline();
    const ways = waysOf(change);
    const told = (id: string | null) => ({ confirmation: { id, until: until.toISOString(), through: ways } });
    return {
      once: told(null),
      begin: async () => {
        const { id } = await this.changes.begin({ at, until, actor: ask.caller.id, ways, before: earlierOf(change) });
        return { once: told(id), undo: () => this.changes.withdraw(id) };
      },
    };
  }

  async #place({ draft, current }: UsersourceWish) {
    const type = this.types(draft.type);
    const brand = await this.#brands.named(draft.brand);
    const errors: Complaint[] = [];
    if (!type) errors.push({ pointer: '/type', code: 'unknown_type', message: 'there is no such type of usersource' });
    if (!brand) errors.push({ pointer: '/brand', code: 'unknown_reference', message: 'there is no such brand' });
    // Accounts are linked to it as what it is: another type, brand or audience is another usersource.
    const fixed = { slug: draft.slug, type: draft.type, audience: draft.audience, brand: brand?.id };
    for (const [name, value] of Object.entries(fixed)) {
      if (current && value !== undefined && value !== Reflect.get(current, name)) {
        errors.push({ pointer: `/${name}`, code: 'immutable', message: 'never changes: make another usersource' });
      }
    }
    if (errors.length > 0 || !type || !brand) throw invalid(...errors);
    return { type, brand };
  }

  /** Answers whether others must give up their SSO for it, and the change as policy saw it. */
  async #checkPolicy(
    record: NewUsersource,
    brand: string,
    current: Stored<UsersourceRecord> | undefined,
    mayTakeOver: boolean,
  ): Promise<{ takesOver: boolean; snapshot: SnapshotInput; patch: unknown }> {
    const { snapshot } = await this.policies.read();
    const own = {
      brands: { [brand]: { usersources: { [record.slug]: snapshotOf(record, isProven(current)) } } },
    };
    const check = checkChange(snapshot, own);
    const contested = !check.accepted && check.errors.includes('sso.not_unique') && record.sso !== 'none';
    if (!contested || !mayTakeOver || record.sso === 'none') {
      refuse(check);
      await this.policies.mustSurviveRollback(snapshot, own);
      return { takesOver: false, snapshot, patch: own };
    }
    const brands = { ...snapshot.brands };
    const place = brands[brand];
    if (place)
      brands[brand] = { ...place, usersources: { ...place.usersources, [record.slug]: snapshotOf(record, false) } };
    const rivals = swapSso({ ...snapshot, brands }, brand, record.slug, record.sso);
    const patch = mergePatch(own, rivals);
    refuse(checkChange(snapshot, patch));
    await this.policies.mustSurviveRollback(snapshot, patch);
    return { takesOver: true, snapshot, patch };
  }
}

/** @throws Problem request.invalid, each complaint at its own expression */
function mustCompile({ mapping, filter }: UsersourceDraft): void {
  const errors = mappingComplaints(mapping, filter).map(({ path, message }) => ({
    ...{ pointer: pointerTo(...path), code: 'expression', message },
  }));
  if (errors.length > 0) throw invalid(...errors);
}

const isProven = (current: Stored<UsersourceRecord> | undefined): boolean =>
  current !== undefined && current.proven !== null;

const settingsSaid = (said: unknown): unknown =>
  typeof said === 'object' && said !== null && 'settings' in said ? said.settings : undefined;
