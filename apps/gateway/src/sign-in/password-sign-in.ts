import { Refusal, type IdentityAssertion, type UsersourceRecord } from '@passbroker/model';
import type { Accounts, CatalogReader } from '@passbroker/catalog';
import type { LoginPage } from '@passbroker/usersource-policy';
import type { Answer } from '../http/answer.js';
import { DEVICE_COOKIE, SESSION_COOKIE } from '../http/cookies.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import { DEVICE_SECONDS, type KnownDevices } from '../passwords/known-device.js';
import type { Attempt, PasswordThrottle } from '../passwords/throttle.js';
import type { Texts } from '../pages/texts.js';
import type { ExpiredPasswordPage } from '../expired-passwords/expired-password.page.js';
import {
  changeExpired,
  faultFor,
  faultOf,
  newPasswordIn,
  type NewPassword,
} from '../expired-passwords/expired-passwords.js';
import type { BrowserSessions } from '../session/browser-session.js';
import type { OpenUsersources } from '../usersources/open-usersources.js';
import { admit } from './admit.js';
import { denied, type Decisions } from './decision.js';
import type { Door } from './door.js';
import { untilTheBeat } from './even-pace.js';
import type { PasswordSources } from './password-sources.js';
import type { SignInPage, Trouble } from './sign-in.page.js';
import type { CompletionService } from './completion.service.js';
import { Unsettled, type AskUnsettled } from './unsettled.js';

interface Parts {
  sources: PasswordSources;
  accounts: Accounts;
  catalog: CatalogReader;
  sessions: BrowserSessions;
  usersources: OpenUsersources;
  decisions: Decisions;
  throttle: PasswordThrottle;
  devices: KnownDevices;
  completion: CompletionService;
  askUnsettled: AskUnsettled;
  signInPage: SignInPage;
  expiredPage: ExpiredPasswordPage;
  reporter: Reporter;
}

/** One post, and the usersource that is asked just now. */
interface Asked {
  visit: Visit;
  door: Door;
  username: string;
  change: NewPassword | undefined;
  record: UsersourceRecord;
  attempt: Attempt;
  /** When the try was counted, before its password was looked at. */
  at: number;
}

/** An empty or overlong name is still counted as one. */
const MAX_NAME_CHARS = 320;

/** A posted name and password: judged by policy as the page was, counted, checked, admitted. */
export class PasswordSignIn {
  constructor(private readonly parts: Parts) {}

  async submit(visit: Visit, door: Door, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const { sessions, decisions } = this.parts;
    const who = await sessions.find(visit.cookies.get(SESSION_COOKIE));
    const decision = await decisions.askAnew(visit, door, { kind: 'submit', who });
    if (decision.action !== 'verify_password') throw denied(decision.reason);
    const username = fields['username'] ?? '';
    if (username.length > MAX_NAME_CHARS)
      throw new Refusal('request.malformed', 'the name is longer than any real one');
    const change = newPasswordIn(fields);
    const slugs = change ? decision.sources.filter((slug) => slug === change.source) : decision.sources;
    const records = await this.parts.sources.forName(visit.brand, slugs, username);
    const [first] = records;
    if (!first) throw denied('form.not_offered');

    const asked: Asked = {
      visit,
      door,
      username,
      change,
      record: first,
      attempt: this.attempt(visit, first, username),
      at: 0,
    };
    const { wait, at } = await this.parts.throttle.reserve(asked.attempt);
    asked.at = at;
    if (wait > 0) {
      const detail = `tries from ${visit.ip} have to wait ${Math.ceil(wait / 1_000)} s`;
      return this.refused(asked, new Refusal('password.throttled', detail), wait);
    }
    const began = performance.now();
    try {
      if (change) {
        const fault = faultOf(change, visit.texts);
        if (fault) return this.parts.expiredPage.show(visit, door, change, fault);
        await changeExpired(await this.parts.usersources.open(first, visit.brand), change);
        return await this.comeIn(asked, await this.check(asked, { username, password: change.next }));
      }
      return await this.comeIn(asked, await this.firstThatKnows(asked, records, fields));
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      // Built-in accounts spend the same on every name by themselves; what an upstream's own hashes cost, we cannot tell.
      if (decision.sources.length > 1 || first.type !== 'local') await untilTheBeat(began);
      return this.refused(asked, refusal, waitFor(asked.record));
    }
  }

  /** I19: in turn, until one of them knows the name; that one has the last word, whatever it is. */
  private async firstThatKnows(
    asked: Asked,
    records: readonly UsersourceRecord[],
    fields: Readonly<Record<string, string>>,
  ): Promise<IdentityAssertion> {
    let unknown = new Refusal('password.unknown_name', 'nobody was asked');
    for (const record of records) {
      asked.record = record;
      try {
        return await this.check(asked, fields);
      } catch (refusal) {
        if (!(refusal instanceof Refusal) || refusal.code !== 'password.unknown_name') throw refusal;
        unknown = refusal;
      }
    }
    throw unknown;
  }

  private async check(
    { visit, record, attempt }: Asked,
    fields: Readonly<Record<string, string>>,
  ): Promise<IdentityAssertion> {
    const usersource = await this.parts.usersources.open(record, visit.brand);
    const { rawQuery, ip: remoteAddress } = visit;
    const knownDevice = attempt.device !== undefined;
    return usersource.finish({ method: 'POST', rawQuery, fields, remoteAddress, knownDevice }, {});
  }

  private async comeIn(
    { visit, door, record, attempt, at, change }: Asked,
    assertion: IdentityAssertion,
  ): Promise<Answer> {
    const { throttle, devices, completion, reporter } = this.parts;
    const account = await admit(this.parts, visit.brand, record, assertion).catch((error: unknown) => {
      if (error instanceof Unsettled) return error;
      throw error;
    });
    await throttle.forgive(attempt);
    if (account instanceof Unsettled) {
      return this.parts.askUnsettled(visit, record, assertion, account, door.to);
    }
    if (change) reporter.changed(visit, 'password.changed', account.id, { usersource: record.id });
    const { methods, authenticatedAt } = assertion;
    const { who } = await completion.openSession(visit, record, account, methods, authenticatedAt, {
      checkedAt: at,
    });
    if (attempt.device === undefined) {
      visit.cookies.set(DEVICE_COOKIE, devices.issue(attempt.nameHash), DEVICE_SECONDS);
    }
    return completion.goOn(visit, door.to, who);
  }

  private attempt(visit: Visit, record: UsersourceRecord, username: string): Attempt {
    const nameHash = this.parts.throttle.nameHash(visit.brand.id, record.audience, username);
    return { nameHash, ip: visit.ip, device: this.parts.devices.idFor(nameHash, visit.cookies.get(DEVICE_COOKIE)) };
  }

  /** The page they came from, with what went wrong; trouble that is not theirs gets a page of its own. */
  private async refused(asked: Asked, refusal: Refusal, wait: number): Promise<Answer> {
    const { visit, door, username, change, record } = asked;
    const { expiredPage, reporter } = this.parts;
    const answer = (): Promise<Answer> | Answer | undefined => {
      // Only after the right password does a usersource say so.
      if (refusal.code === 'password.must_change') {
        return expiredPage.show(visit, door, { source: record.slug, username });
      }
      if (change) {
        const said = faultFor(refusal, visit.texts, minutes(wait));
        return said && expiredPage.show(visit, door, change, said.fault, said.status);
      }
      const trouble = troubleOf(refusal, username, visit.texts, wait);
      return trouble && this.again(visit, door, trouble);
    };
    const page = await answer();
    if (!page) throw refusal;
    reporter.refused(refusal, visit, { usersource: record.id });
    return page;
  }

  /** The same page policy gives this browser now, with what went wrong. */
  private async again(visit: Visit, door: Door, trouble: Trouble): Promise<Answer> {
    const decision = await this.parts.decisions.ask(visit, door, { kind: 'navigate', who: undefined });
    const page = decision.action === 'login_page' ? decision : FORM_ONLY;
    return this.parts.signInPage.show(visit, door, page, trouble);
  }
}

const FORM_ONLY: LoginPage = {
  action: 'login_page',
  form: ['local'],
  buttons: [],
  icons: [],
  lostPassword: false,
  register: false,
  bypassLink: false,
  prefill: null,
  notice: null,
  reason: 'login.options',
};

/** A disabled account with the right password looks like a wrong password: else it would confirm the guess (PWD-008). */
function troubleOf(refusal: Refusal, username: string, texts: Texts, wait: number): Trouble | undefined {
  switch (refusal.code) {
    case 'password.throttled':
      return {
        ...{ status: 429, error: texts.signIn.throttled(minutes(wait)), username },
        retryAfterSec: wait / 1_000,
      };
    case 'password.wrong':
    case 'password.unknown_name':
    case 'password.unsupported_hash':
    case 'account.disabled':
      return { status: 422, error: texts.signIn.wrong, username };
    case 'password.busy':
    case 'usersource.busy':
      return { status: 503, error: texts.signIn.busy, username, retryAfterSec: 3 };
    default:
      return undefined;
  }
}

const minutes = (ms: number): number => Math.max(1, Math.ceil(ms / 60_000));

/** How long a directory remembers wrong passwords, as far as its settings say so. */
function waitFor({ settings }: UsersourceRecord): number {
  const window = settings['lockoutWindowMin'];
  return (typeof window === 'number' ? window : 15) * 60_000;
}
