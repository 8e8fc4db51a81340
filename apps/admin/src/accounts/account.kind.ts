import type { CatalogWriter, NewAccount, Stored } from '@passbroker/catalog';
import type { Account } from '@passbroker/model';
import { allows } from '../auth/caller.js';
import type { Ask } from '../http/ask.js';
import { invalid } from '../http/complaints.js';
import { Problem } from '../http/problem.js';
import type { PolicyBook } from '../policies/policy-book.js';
import { stampsOf } from '../records/members.js';
import type { Kind, Prepared, Wish } from '../records/shelf.js';
import type { AccountSessions } from '../sessions/account-sessions.js';
import { accountDraft, accountFilters, accountWriteQuery, type AccountDraft } from './account.schema.js';
import { passwordHash } from './password-hash.js';
import { passwordComplaint } from './password-complaint.js';

type AccountToWrite = NewAccount & { disabled?: boolean };

/** How accounts are written. A password goes in as text, is kept as a hash, and comes back never. */
export class AccountKind implements Kind<Account, AccountToWrite, AccountDraft> {
  readonly noun = 'account';
  readonly schema = accountDraft;
  readonly filters = accountFilters;
  readonly writeQuery = accountWriteQuery;
  readonly hasSlug = false;
  readonly ifMatch = 'optional';
  readonly collection: CatalogWriter['accounts'];

  constructor(
    private readonly writer: CatalogWriter,
    private readonly policies: PolicyBook,
    private readonly sessions: AccountSessions,
  ) {
    this.collection = writer.accounts;
  }

  async draftOf(item: Stored<Account>): Promise<Record<string, unknown>> {
    const { audience, admin, username, name, emails, groups, attributes, disabled } = item;
    return { audience, admin, username, name, emails, groups, attributes, disabled };
  }

  async view(item: Stored<Account>): Promise<Record<string, unknown>> {
    return { id: item.id, ...(await this.draftOf(item)), ...stampsOf(item) };
  }

  async prepare({
    ask,
    current,
    draft,
    said,
  }: Wish<Account, AccountDraft>): Promise<Prepared<Account, AccountToWrite>> {
    mustBeAllowed(ask, current?.admin === true || draft.admin);
    if (current && current.audience !== draft.audience) {
      throw invalid({ pointer: '/audience', code: 'immutable', message: 'an account holds one audience for good' });
    }
    const { password: _unread, ...record } = draft;
    const password = passwordSaid(said);
    if (typeof password === 'string') mustBeGood(password, draft);
    if (current?.admin) await this.#keepAWayIn(current.id, draft, password);
    const hash = typeof password === 'string' ? await passwordHash(password) : password;
    const over = current && (password !== undefined || (draft.disabled && !current.disabled));
    return {
      record,
      ...(current?.disabled && !draft.disabled && { begin: () => this.#forget(current.id) }),
      ...(password !== undefined && { alsoChanged: ['/password'] }),
      ...((over || hash !== undefined) && {
        finish: async (written) => {
          if (hash !== undefined) await this.writer.setPasswordHash(written.id, hash);
          if (over) await this.sessions.end(written.id);
          return written;
        },
      }),
    };
  }

  async beforeDelete(item: Stored<Account>, ask: Ask): Promise<void> {
    mustBeAllowed(ask, item.admin);
    if (item.admin) await this.#keepAWayIn(item.id, undefined, undefined);
  }

  async #forget(id: string) {
    await this.sessions.mustEnd(id);
    return { once: {}, undo: () => Promise.resolve() };
  }

  async #keepAWayIn(id: string, after: AccountDraft | undefined, password: string | null | undefined): Promise<void> {
    const { snapshot } = await this.policies.read();
    const admins = snapshot.admins.flatMap((admin) => {
      if (admin.id !== id) return [admin];
      if (!after?.admin) return [];
      const kept = password === undefined ? admin.password === true : password !== null;
      return [{ ...admin, active: !after.disabled, password: kept }];
    });
    await this.policies.mustAccept({ admins });
  }
}

/** Who may make an admin, or sign in as one, may do everything: so it takes more than writing accounts (ADM-008). */
export function mustBeAllowed(ask: Ask, admin: boolean): void {
  if (!admin || allows(ask.caller.scopes, 'admins:write')) return;
  throw new Problem('scope.insufficient', 'an admin’s account is changed with the scope admins:write', {
    headers: {
      'www-authenticate': 'Bearer realm="passbroker admin", error="insufficient_scope", scope="admins:write"',
    },
  });
}

function mustBeGood(password: string, draft: AccountDraft): void {
  const names = [
    draft.username ?? '',
    draft.name,
    ...draft.emails.flatMap(({ value }) => [value, value.split('@')[0] ?? '']),
  ];
  const message = passwordComplaint(password, names);
  if (message !== undefined) throw invalid({ pointer: '/password', code: 'too_weak', message });
}

/** Its type was checked with the rest of the draft; the merge that made the draft has eaten a null. */
function passwordSaid(said: unknown): string | null | undefined {
  if (typeof said !== 'object' || said === null || !('password' in said)) return undefined;
  return typeof said.password === 'string' || said.password === null ? said.password : undefined;
}
