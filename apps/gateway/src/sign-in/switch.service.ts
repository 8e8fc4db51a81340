import { Refusal, type Account, type UsersourceRecord } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { ConfirmView, Pages } from '../pages/pages.js';
import type { BrowserSessions } from '../session/browser-session.js';
import { destinationHref } from './door.js';
import type { Flash } from './flash.js';
import { originOf } from './form-targets.js';
import type { PendingSwitch, PendingSwitches } from './pending-switch.js';
import { isSwitchId } from './pending-switch.js';
import type { CompletionService } from './completion.service.js';

type Question = Pick<ConfirmView, 'title' | 'heading' | 'text' | 'yes' | 'no'>;

/** "You are signed in as A. Continue as B?", and "You wanted to be A. Are you B?" */
export class SwitchService {
  constructor(
    private readonly parts: {
      catalog: CatalogReader;
      sessions: BrowserSessions;
      switches: PendingSwitches;
      completion: CompletionService;
      flash: Flash;
      pages: Pages;
    },
  ) {}

  async ask(visit: Visit, id: string): Promise<Answer> {
    const pending = isSwitchId(id) ? await this.parts.switches.look(id, visit.bindingHash) : undefined;
    const { account, record, proof } = await this.meant(visit, pending);
    const show = this.parts.pages.confirm(visit, {
      ...(proof.expected ? insteadOf(visit, proof.expected, account, record) : await this.besides(visit, account)),
      action: `/sso/continue/${id}`,
      token: formToken(visit.binding),
      hidden: [],
    });
    return { show, status: 200, formTargets: originOf(pending?.goTo ?? '') };
  }

  async answer(visit: Visit, id: string, yes: boolean): Promise<Answer> {
    const pending = isSwitchId(id) ? await this.parts.switches.take(id, visit.bindingHash) : undefined;
    const { account, record, proof } = await this.meant(visit, pending);
    const { completion, flash } = this.parts;
    const { expected, methods, acr, upstream } = proof;
    if (!yes) {
      if (!expected) return { goTo: `${visit.brand.origin}/` };
      // Automatic SSO would bring the same person straight back.
      flash.leave(visit, { error: { source: record.slug, code: 'cancelled' } });
      return { goTo: visit.brand.origin + destinationHref(expected.to) };
    }
    const shown = { acr, ...(upstream && { upstream }) };
    const { who } = await completion.openSession(visit, record, account, methods, new Date(proof.authTime), shown);
    return expected ? completion.goOn(visit, expected.to, who) : { goTo: proof.goTo };
  }

  private async besides(visit: Visit, account: Account): Promise<Question> {
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    const { title, heading, text, confirm, stay } = visit.texts.change;
    const here = who?.account.name ?? '—';
    return { title, heading: heading(here), text: text(account.name), yes: confirm(account.name), no: stay(here) };
  }

  /** Minutes may have passed: whoever was switched off meanwhile does not come in by this door either. */
  private async meant(visit: Visit, pending: PendingSwitch | undefined) {
    if (pending?.brand !== visit.brand.id)
      throw new Refusal('session.expired', 'no such change of accounts is waiting');
    const [account, record] = await Promise.all([
      this.parts.catalog.account(pending.account),
      this.parts.catalog.usersource(pending.usersource),
    ]);
    if (!account || account.disabled) throw new Refusal('account.disabled', `the account ${pending.account} is off`);
    if (!record?.enabled) throw new Refusal('usersource.disabled', `the usersource ${pending.usersource} is off`);
    return { account, record, proof: pending };
  }
}

function insteadOf(
  visit: Visit,
  { hint, email }: NonNullable<PendingSwitch['expected']>,
  account: Account,
  record: UsersourceRecord,
): Question {
  const { title, heading, text, confirm, other } = visit.texts.mismatch;
  return {
    title,
    heading: heading(email),
    text: text(hint, record.label),
    yes: confirm(account.name),
    no: other,
  };
}
