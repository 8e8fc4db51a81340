import type { ApiToken, CatalogWriter, Collection, Stored } from '@passbroker/catalog';
import type { Clock } from '@passbroker/platform';
import { allows } from '../auth/caller.js';
import { newTokenText, tokenHash } from '../auth/token-text.js';
import type { Ask } from '../http/ask.js';
import { isDryRun } from '../http/dry-run.js';
import { invalid } from '../http/complaints.js';
import { Problem } from '../http/problem.js';
import { stampsOf } from '../records/members.js';
import type { Kind, Prepared, Wish } from '../records/shelf.js';
import { apiTokenDraft, apiTokenFilters, apiTokenWriteQuery, type ApiTokenDraft } from './api-token.schema.js';

type TokenToWrite = Omit<ApiToken, 'id' | 'revision' | 'lastUsedAt'> & { hash?: string };

const LIFETIME_MS = 90 * 86_400_000;

/** How API tokens are written. The text is shown once; nobody grants what they do not have (ADM-008). */
export class ApiTokenKind implements Kind<ApiToken, TokenToWrite, ApiTokenDraft> {
  readonly noun = 'api_token';
  readonly schema = apiTokenDraft;
  readonly filters = apiTokenFilters;
  readonly writeQuery = apiTokenWriteQuery;
  readonly hasSlug = false;
  readonly ifMatch = 'optional';
  readonly collection: Collection<ApiToken, TokenToWrite>;

  constructor(
    writer: CatalogWriter,
    private readonly now: Clock,
  ) {
    this.collection = writer.apiTokens;
  }

  async draftOf({ name, scopes, expiresAt }: Stored<ApiToken>): Promise<Record<string, unknown>> {
    return { name, scopes, ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}) };
  }

  async view(item: Stored<ApiToken>): Promise<Record<string, unknown>> {
    return {
      id: item.id,
      name: item.name,
      scopes: item.scopes,
      expiresAt: item.expiresAt?.toISOString() ?? null,
      lastUsedAt: item.lastUsedAt?.toISOString() ?? null,
      ...stampsOf(item),
    };
  }

  async prepare({
    ask,
    current,
    draft,
    said,
  }: Wish<ApiToken, ApiTokenDraft>): Promise<Prepared<ApiToken, TokenToWrite>> {
    // Also what it has already: else a weaker token could prolong the life of a stronger one.
    mustHave(ask, [...draft.scopes, ...(current?.scopes ?? [])]);
    const record = { name: draft.name, scopes: [...new Set(draft.scopes)], expiresAt: this.#end(draft, said, current) };
    if (current) return { record };
    const token = newTokenText();
    return { record: { ...record, hash: tokenHash(token) }, ...(isDryRun(ask) ? {} : { once: { token } }) };
  }

  #end(draft: ApiTokenDraft, said: unknown, current: Stored<ApiToken> | undefined): Date | null {
    const wish = typeof said === 'object' && said !== null && 'expiresAt' in said ? draft.expiresAt : undefined;
    if (typeof said === 'object' && said !== null && 'expiresAt' in said && said.expiresAt === null) return null;
    if (wish === undefined || wish === null) {
      return current ? current.expiresAt : new Date(this.now().getTime() + LIFETIME_MS);
    }
    const end = new Date(wish);
    if (end <= this.now()) {
      throw invalid({ pointer: '/expiresAt', code: 'past', message: 'lies in the past: delete the token instead' });
    }
    return end;
  }
}

function mustHave(ask: Ask, scopes: readonly string[]): void {
  const missing = scopes.filter((scope) => !allows(ask.caller.scopes, scope));
  if (missing.length > 0) {
    throw new Problem('scope.exceeded', `the token that asks does not have ${[...new Set(missing)].join(', ')}`);
  }
}
