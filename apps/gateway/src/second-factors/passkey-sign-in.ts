import { Refusal, type UsersourceRecord } from '@passbroker/model';
import type { Accounts, CatalogReader } from '@passbroker/catalog';
import type { Clock } from '@passbroker/platform';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import type { Reporter } from '../http/reporter.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { BrowserSessions } from '../session/browser-session.js';
import { admit } from '../sign-in/admit.js';
import { denied, type Decisions } from '../sign-in/decision.js';
import { destinationQuery, formAction, passkeyAction, type Door } from '../sign-in/door.js';
import type { CompletionService } from '../sign-in/completion.service.js';
import { destinationFields, targetsOf } from './destination.js';
import type { Passkeys } from './passkeys.js';

interface Parts {
  catalog: CatalogReader;
  accounts: Accounts;
  sessions: BrowserSessions;
  decisions: Decisions;
  passkeys: Passkeys;
  completion: CompletionService;
  pages: Pages;
  reporter: Reporter;
  now: Clock;
}

const METHODS = { hardware: ['hwk', 'user', 'mfa'], synced: ['swk', 'user', 'mfa'] };

/**
 * A passkey instead of a password: another proof of a built-in account, so it is offered where their form is, and
 * only to those who have a password. Who comes by an upstream alone goes on coming by it: else a passkey would let
 * them in after the upstream has shut them out.
 */
export class PasskeySignIn {
  constructor(private readonly parts: Parts) {}

  async ask(visit: Visit, door: Door, error?: string): Promise<Answer> {
    await this.offered(visit, door);
    const { pages, passkeys, completion, catalog } = this.parts;
    const { title, signInHeading, signInText, usePasskey, needsScript, otherWays } = visit.texts.secondFactor;
    const off = visit.query.get('sso') === 'off' ? '?sso=off' : '';
    const show = pages.draw('newPasskey', visit, {
      title,
      heading: signInHeading,
      text: signInText,
      error,
      needsScript,
      token: formToken(visit.binding),
      hidden: destinationFields(door.to),
      passkey: {
        kind: 'get',
        action: passkeyAction(door) + off,
        options: await passkeys.toAuthenticate(visit, 'sign_in', null),
        submit: usePasskey,
      },
      others: [{ href: `${formAction(door)}?${destinationQuery(door.to)}${off.replace('?', '&')}`, label: otherWays }],
      script: true,
    });
    const formTargets = await targetsOf(completion, catalog, visit, door.to);
    return { show, status: error === undefined ? 200 : 422, scripts: true, formTargets };
  }

  async answer(visit: Visit, door: Door, credential: string | undefined): Promise<Answer> {
    const record = await this.offered(visit, door);
    const { passkeys, accounts, completion, reporter, now } = this.parts;
    try {
      const passkey = await passkeys.authenticate(visit, 'sign_in', null, credential);
      const methods = passkey.synced ? METHODS.synced : METHODS.hardware;
      if (!(await accounts.hasPassword(passkey.account))) {
        throw new Refusal('passkey.refused', 'the account is no built-in one');
      }
      const at = now();
      const assertion = { usersource: record.slug, subject: passkey.account, claims: {}, authenticatedAt: at, methods };
      const account = await admit(this.parts, visit.brand, record, assertion);
      const { who } = await completion.openSession(visit, record, account, methods, at, { mfa: true });
      return await completion.goOn(visit, door.to, who);
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || !NOT_YOU.has(refusal.code)) throw refusal;
      reporter.refused(refusal, visit, { usersource: record.id });
      return this.ask(visit, door, visit.texts.secondFactor.passkeyRefused);
    }
  }

  /** As a posted password is judged: where the page has the built-in form. @throws Refusal usersource.not_offered */
  private async offered(visit: Visit, door: Door): Promise<UsersourceRecord> {
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    const decision = await this.parts.decisions.askAnew(visit, door, { kind: 'submit', who });
    if (decision.action !== 'verify_password') throw denied(decision.reason);
    const records = await Promise.all(decision.sources.map((slug) => this.parts.catalog.usersourceBySlug(slug)));
    const record = records.find((one) => one?.type === 'local' && one.brand === visit.brand.id);
    if (!record) throw denied('form.not_offered');
    return record;
  }
}

/** A wrong passkey and a right one of somebody who may not come in look alike (PWD-008). */
const NOT_YOU: ReadonlySet<string> = new Set([
  'passkey.refused',
  'account.disabled',
  'account.none',
  'audience.mismatch',
  'not_admitted',
]);
