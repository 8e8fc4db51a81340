import { Refusal } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { BrowserSessions } from '../session/browser-session.js';
import { originOf } from './form-targets.js';
import type { PendingSwitch, PendingSwitches } from './pending-switch.js';
import { isSwitchId } from './pending-switch.js';
import type { CompletionService } from './completion.service.js';

/** "You are signed in as A. Continue as B?" */
export class SwitchService {
  constructor(
    private readonly parts: {
      catalog: CatalogReader;
      sessions: BrowserSessions;
      switches: PendingSwitches;
      completion: CompletionService;
      pages: Pages;
    },
  ) {}

  async ask(visit: Visit, id: string): Promise<Answer> {
    const pending = isSwitchId(id) ? await this.parts.switches.look(id, visit.bindingHash) : undefined;
    const { account } = await this.meant(visit, pending);
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    const { title, heading, text, confirm, stay } = visit.texts.change;
    const show = this.parts.pages.confirm(visit, {
      title,
      heading: heading(who?.account.name ?? '—'),
      text: text(account.name),
      action: `/sso/continue/${id}`,
      token: formToken(visit.binding),
      hidden: [],
      yes: confirm(account.name),
      no: stay(who?.account.name ?? '—'),
    });
    return { show, status: 200, formTargets: originOf(pending?.goTo ?? '') };
  }

  async answer(visit: Visit, id: string, yes: boolean): Promise<Answer> {
    const pending = isSwitchId(id) ? await this.parts.switches.take(id, visit.bindingHash) : undefined;
    const { account, record, proof } = await this.meant(visit, pending);
    if (!yes) return { goTo: `${visit.brand.origin}/` };
    await this.parts.completion.openSession(visit, record, account, proof.methods, new Date(proof.authTime));
    return { goTo: proof.goTo };
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
