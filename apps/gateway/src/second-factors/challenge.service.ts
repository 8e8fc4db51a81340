import { Refusal } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import { Owner } from '../account/owner.js';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import type { Reporter } from '../http/reporter.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { BrowserSessions, SignedIn } from '../session/browser-session.js';
import { destinationHref, destinationQuery, secondFactorHref } from '../sign-in/door.js';
import type { CompletionService } from '../sign-in/completion.service.js';
import type { Destination } from '../sign-in/walks.js';
import { destinationFields, targetsOf } from './destination.js';
import type { Passkeys } from './passkeys.js';
import type { SecondFactors } from './second-factors.js';

export interface ChallengeParts {
  owner: Owner;
  catalog: CatalogReader;
  sessions: BrowserSessions;
  factors: SecondFactors;
  passkeys: Passkeys;
  completion: CompletionService;
  pages: Pages;
  reporter: Reporter;
}

interface Trouble {
  status: number;
  error: string;
  retryAfterSec?: number;
}

/** RFC 8176. A synced passkey's key is in software, however well it is kept. */
const methodOf = (synced: boolean): string => (synced ? 'swk' : 'hwk');

/** "Show your second factor": asked after the first proof, and again before something that matters. */
export class ChallengeService {
  constructor(private readonly parts: ChallengeParts) {}

  async ask(visit: Visit, to: Destination, byRecoveryCode: boolean): Promise<Answer> {
    const owned = await this.parts.owner.of(visit, secondFactorHref(to), { unfinished: true });
    if ('answer' in owned) return owned.answer;
    const { who } = owned;
    if (!(await this.parts.factors.has(visit, who.account.id))) return this.chooser(visit, to);
    if (who.session.mfa && this.parts.owner.isFresh(who, true)) return this.goOn(visit, to);
    return this.page(visit, who, to, byRecoveryCode);
  }

  async answer(visit: Visit, to: Destination, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const owned = await this.parts.owner.of(visit, secondFactorHref(to), { unfinished: true });
    if ('answer' in owned) return owned.answer;
    const { who } = owned;
    const byPasskey = fields['credential'] !== undefined;
    const wait = byPasskey ? 0 : await this.parts.factors.reserve(who.account.id);
    if (wait > 0) return this.tooMany(visit, who, to, wait);
    try {
      const method = byPasskey
        ? await this.byPasskey(visit, who, fields['credential'])
        : await this.byCode(who, fields['code'] ?? '');
      await this.stepUp(visit, who, method);
      return this.goOn(visit, to);
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || !WRONG.has(refusal.code)) throw refusal;
      this.parts.reporter.refused(refusal, visit, { account: who.account.id });
      const error = byPasskey ? visit.texts.secondFactor.passkeyRefused : visit.texts.secondFactor.wrong;
      return this.page(visit, who, to, fields['with'] === 'recovery', { status: 422, error });
    }
  }

  /** The session under a new id, with what was shown (SESS-001). */
  async stepUp(visit: Visit, who: SignedIn, method: string): Promise<void> {
    const { sessions, catalog, reporter } = this.parts;
    const home = (await catalog.brand(who.session.brand)) ?? visit.brand;
    const policy = home.audiences[who.session.audience];
    const cookie = visit.cookies.get(SESSION_COOKIE);
    const next = await sessions.stepUp(cookie, who.session, policy, [method, 'mfa']);
    if (next === undefined) throw new Refusal('session.expired', 'the session ended while its owner stepped up');
    visit.cookies.set(SESSION_COOKIE, next);
    reporter.changed(visit, 'session.stepped_up', who.account.id);
  }

  private async byPasskey(visit: Visit, who: SignedIn, credential: string | undefined): Promise<string> {
    const passkey = await this.parts.passkeys.authenticate(visit, 'second_factor', who.account.id, credential);
    return methodOf(passkey.synced);
  }

  private async byCode(who: SignedIn, code: string): Promise<string> {
    await this.parts.factors.check(who.account.id, code);
    return 'otp';
  }

  private tooMany(visit: Visit, who: SignedIn, to: Destination, wait: number): Promise<Answer> {
    const refusal = new Refusal('second_factor.throttled', `codes have to wait ${Math.ceil(wait / 1_000)} s`);
    this.parts.reporter.refused(refusal, visit, { account: who.account.id });
    const error = visit.texts.signIn.throttled(Math.ceil(wait / 60_000));
    return this.page(visit, who, to, false, { status: 429, error, retryAfterSec: wait / 1_000 });
  }

  private async page(
    visit: Visit,
    who: SignedIn,
    to: Destination,
    byRecoveryCode: boolean,
    trouble?: Trouble,
  ): Promise<Answer> {
    const { factors, passkeys, pages, completion, catalog } = this.parts;
    const { id } = who.account;
    const has = await factors.of(visit, id);
    const recovery = byRecoveryCode && has.recoveryCodes > 0;
    const withPasskey = has.passkeys.length > 0 && !recovery;
    const { title, heading, text, recoveryText } = visit.texts.secondFactor;
    const show = pages.draw('challenge', visit, {
      title,
      heading,
      text: recovery ? recoveryText : text,
      error: trouble?.error,
      token: formToken(visit.binding),
      hidden: destinationFields(to),
      passkey: withPasskey && {
        kind: 'get',
        action: '/second-factor',
        options: await passkeys.toAuthenticate(visit, 'second_factor', id),
        submit: visit.texts.secondFactor.usePasskey,
      },
      code: recovery ? 'recovery' : has.app && 'app',
      others: [
        ...(recovery && (has.app || has.passkeys.length > 0)
          ? [{ href: secondFactorHref(to), label: visit.texts.secondFactor.useOther }]
          : []),
        ...(!recovery && has.recoveryCodes > 0
          ? [{ href: `${secondFactorHref(to)}&with=recovery`, label: visit.texts.secondFactor.useRecoveryCode }]
          : []),
      ],
      script: withPasskey,
    });
    return {
      show,
      status: trouble?.status ?? 200,
      scripts: withPasskey,
      formTargets: await targetsOf(completion, catalog, visit, to),
      ...(trouble?.retryAfterSec !== undefined && { retryAfterSec: trouble.retryAfterSec }),
    };
  }

  /** They need one and have none: first set one up. */
  private chooser(visit: Visit, to: Destination): Answer {
    const { title, setUpHeading, setUpText, app, passkey } = visit.texts.secondFactor;
    const query = destinationQuery(to);
    const show = this.parts.pages.draw('chooser', visit, {
      title,
      heading: setUpHeading,
      text: setUpText,
      token: formToken(visit.binding),
      ways: [
        { href: `/second-factor/app?${query}`, label: app },
        { href: `/second-factor/passkey?${query}`, label: passkey },
      ],
    });
    return { show, status: 200 };
  }

  private goOn(visit: Visit, to: Destination): Answer {
    return { goTo: visit.brand.origin + destinationHref(to) };
  }
}

const WRONG: ReadonlySet<string> = new Set(['second_factor.wrong', 'passkey.refused']);
