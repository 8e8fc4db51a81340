import { renderSVG } from 'uqr';
import { Refusal } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import { Owner } from '../account/owner.js';
import type { Answer } from '../http/answer.js';
import type { Reporter } from '../http/reporter.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { SignedIn } from '../session/browser-session.js';
import { destinationHref, destinationQuery } from '../sign-in/door.js';
import type { Destination } from '../sign-in/walks.js';
import { deviceName } from './device-name.js';
import { destinationFields } from './destination.js';
import type { ChallengeService } from './challenge.service.js';
import type { Passkeys } from './passkeys.js';
import type { SecondFactors, Setup } from './second-factors.js';

interface Parts {
  owner: Owner;
  catalog: CatalogReader;
  factors: SecondFactors;
  passkeys: Passkeys;
  challenge: ChallengeService;
  pages: Pages;
  reporter: Reporter;
}

type Fields = Readonly<Record<string, string>>;

const MAX_LABEL_CHARS = 60;

/** Setting up, renewing and taking away: always just after a proof, so that an open session is not enough. */
export class EnrolmentService {
  constructor(private readonly parts: Parts) {}

  async app(visit: Visit, to: Destination): Promise<Answer> {
    const owned = await this.fresh(visit, 'app', to);
    if ('answer' in owned) return owned.answer;
    return this.appPage(visit, to, this.parts.factors.beginSetup(visit, owned.who.account));
  }

  async confirmApp(visit: Visit, to: Destination, fields: Fields): Promise<Answer> {
    const owned = await this.fresh(visit, 'app', to);
    if ('answer' in owned) return owned.answer;
    const { factors, reporter } = this.parts;
    const { account } = owned.who;
    const sealed = fields['setup'] ?? '';
    try {
      await factors.confirmSetup(account.id, sealed, fields['code'] ?? '');
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || refusal.code !== 'second_factor.wrong') throw refusal;
      reporter.refused(refusal, visit, { account: account.id });
      const setup = factors.resumeSetup(visit, account, sealed);
      return this.appPage(visit, to, setup, visit.texts.secondFactor.wrongSetup);
    }
    return this.added(visit, owned.who, to, 'otp');
  }

  async passkey(visit: Visit, to: Destination, error?: string): Promise<Answer> {
    const owned = await this.fresh(visit, 'passkey', to);
    if ('answer' in owned) return owned.answer;
    const { title, passkeyHeading, passkeyText, addPasskey, needsScript } = visit.texts.secondFactor;
    const show = this.parts.pages.draw('newPasskey', visit, {
      title,
      heading: passkeyHeading,
      text: passkeyText,
      error,
      needsScript,
      token: formToken(visit.binding),
      hidden: destinationFields(to),
      passkey: {
        kind: 'create',
        action: '/second-factor/passkey',
        options: await this.parts.passkeys.toRegister(visit, owned.who.account),
        submit: addPasskey,
        label: deviceName(visit.agent),
      },
      others: [{ href: `/second-factor/app?${destinationQuery(to)}`, label: visit.texts.secondFactor.useApp }],
      script: true,
    });
    return { show, status: error === undefined ? 200 : 422, scripts: true };
  }

  async addPasskey(visit: Visit, to: Destination, fields: Fields): Promise<Answer> {
    const owned = await this.fresh(visit, 'passkey', to);
    if ('answer' in owned) return owned.answer;
    const { account } = owned.who;
    const label = (fields['label'] ?? '').trim().slice(0, MAX_LABEL_CHARS) || deviceName(visit.agent);
    try {
      await this.parts.passkeys.register(visit, account, label, fields['credential']);
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || refusal.code !== 'passkey.refused') throw refusal;
      this.parts.reporter.refused(refusal, visit, { account: account.id });
      return this.passkey(visit, to, visit.texts.secondFactor.passkeyRefused);
    }
    return this.added(visit, owned.who, to, 'hwk');
  }

  async renewCodes(visit: Visit, to: Destination): Promise<Answer> {
    const owned = await this.parts.owner.fresh(visit, destinationHref(to));
    if ('answer' in owned) return owned.answer;
    const { account } = owned.who;
    // Codes alone would be a second factor that is only ever used up.
    if (!(await this.parts.factors.has(visit, account.id))) throw new Refusal('not_admitted', 'no factor to recover');
    this.parts.reporter.changed(visit, 'second_factor.codes_renewed', account.id);
    return this.codesPage(visit, account.id, to);
  }

  async remove(visit: Visit, to: Destination, fields: Fields): Promise<Answer> {
    const owned = await this.parts.owner.fresh(visit, destinationHref(to));
    if ('answer' in owned) return owned.answer;
    const { account } = owned.who;
    const { passkey, app } = fields;
    if (passkey !== undefined) await this.parts.factors.remove(account.id, { passkey });
    else if (app !== undefined) await this.parts.factors.remove(account.id, { app: true });
    this.parts.reporter.changed(visit, 'second_factor.removed', account.id);
    return { goTo: visit.brand.origin + destinationHref(to) };
  }

  private fresh(visit: Visit, page: 'app' | 'passkey', to: Destination) {
    const back = `/second-factor/${page}?${destinationQuery(to)}`;
    return this.parts.owner.fresh(visit, back, { unfinished: true });
  }

  /** Who has just set one up has just shown it; and gets codes for the day it is lost. */
  private async added(visit: Visit, who: SignedIn, to: Destination, method: string): Promise<Answer> {
    const { factors, challenge, reporter } = this.parts;
    reporter.changed(visit, 'second_factor.added', who.account.id);
    await challenge.stepUp(visit, who, method);
    const { recoveryCodes } = await factors.of(visit, who.account.id);
    if (recoveryCodes > 0) return { goTo: visit.brand.origin + destinationHref(to) };
    return this.codesPage(visit, who.account.id, to);
  }

  private async codesPage(visit: Visit, account: string, to: Destination): Promise<Answer> {
    const codes = await this.parts.factors.renewRecoveryCodes(account);
    const { codesTitle, codesText, codesKept } = visit.texts.secondFactor;
    const show = this.parts.pages.draw('recoveryCodes', visit, {
      title: codesTitle,
      text: codesText,
      codes,
      next: { href: destinationHref(to), label: codesKept },
    });
    return { show, status: 200 };
  }

  private appPage(visit: Visit, to: Destination, setup: Setup, error?: string): Answer {
    const { appTitle, appText } = visit.texts.secondFactor;
    const show = this.parts.pages.draw('newApp', visit, {
      title: appTitle,
      text: appText,
      error,
      qr: renderSVG(setup.uri, { ecc: 'M', border: 2 }),
      uri: setup.uri,
      secret: setup.secret.replace(/(.{4})(?=.)/g, '$1 '),
      setup: setup.sealed,
      token: formToken(visit.binding),
      hidden: destinationFields(to),
    });
    return { show, status: error === undefined ? 200 : 422 };
  }
}
