import { Refusal, type UsersourceRecord } from '@passbroker/model';
import type { Accounts, CatalogReader } from '@passbroker/catalog';
import type { LoginPage } from '@passbroker/usersource-policy';
import type { Answer } from '../http/answer.js';
import { DEVICE_COOKIE, SESSION_COOKIE } from '../http/cookies.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import { DEVICE_SECONDS, type KnownDevices } from '../passwords/known-device.js';
import type { Attempt, PasswordThrottle } from '../passwords/throttle.js';
import type { Texts } from '../pages/texts.js';
import { OwnershipUnproven } from '../ownership/ownership-unproven.js';
import type { OwnershipService } from '../ownership/ownership.service.js';
import type { BrowserSessions } from '../session/browser-session.js';
import type { OpenUsersources } from '../usersources/open-usersources.js';
import { admit } from './admit.js';
import { denied, type Decisions } from './decision.js';
import type { Door } from './door.js';
import type { SignInPage, Trouble } from './sign-in.page.js';
import type { CompletionService } from './completion.service.js';

interface Parts {
  catalog: CatalogReader;
  accounts: Accounts;
  sessions: BrowserSessions;
  usersources: OpenUsersources;
  decisions: Decisions;
  throttle: PasswordThrottle;
  devices: KnownDevices;
  completion: CompletionService;
  ownership: Pick<OwnershipService, 'begin'>;
  signInPage: SignInPage;
  reporter: Reporter;
}

/** An empty or overlong name is still counted as one. */
const MAX_NAME_CHARS = 320;

/** A posted name and password: judged by policy as the page was, counted, checked, admitted. */
export class PasswordSignIn {
  constructor(private readonly parts: Parts) {}

  async submit(visit: Visit, door: Door, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const { sessions, decisions, catalog } = this.parts;
    const who = await sessions.find(visit.cookies.get(SESSION_COOKIE));
    const decision = await decisions.askAnew(visit, door, { kind: 'submit', who });
    if (decision.action !== 'verify_password') throw denied(decision.reason);
    // I19: a typed password goes to one source. Where several share the form, that is the first of them.
    const record = await catalog.usersourceBySlug(decision.sources[0] ?? '');
    if (record?.brand !== visit.brand.id) throw denied('form.not_offered');

    const username = fields['username'] ?? '';
    if (username.length > MAX_NAME_CHARS)
      throw new Refusal('request.malformed', 'the name is longer than any real one');
    const attempt = this.attempt(visit, record, username);
    const wait = await this.parts.throttle.reserve(attempt);
    if (wait > 0) return this.tooMany(visit, door, record, username, wait);
    try {
      return await this.check(visit, door, record, fields, attempt);
    } catch (refusal) {
      const trouble = refusal instanceof Refusal ? troubleOf(refusal, username, visit.texts) : undefined;
      if (!(refusal instanceof Refusal) || !trouble) throw refusal;
      this.parts.reporter.refused(refusal, visit, { usersource: record.id });
      return this.again(visit, door, trouble);
    }
  }

  private async check(
    visit: Visit,
    door: Door,
    record: UsersourceRecord,
    fields: Readonly<Record<string, string>>,
    attempt: Attempt,
  ): Promise<Answer> {
    const { usersources, accounts, throttle, devices, completion } = this.parts;
    const usersource = await usersources.open(record, visit.brand);
    const assertion = await usersource.finish(
      { method: 'POST', rawQuery: visit.rawQuery, fields, remoteAddress: visit.ip },
      {},
    );
    const account = await admit(accounts, visit.brand, record, assertion).catch((error: unknown) => {
      if (error instanceof OwnershipUnproven) return error;
      throw error;
    });
    await throttle.forgive(attempt);
    if (account instanceof OwnershipUnproven) {
      return this.parts.ownership.begin(visit, record, assertion, account, door.to);
    }
    const { methods, authenticatedAt } = assertion;
    const { who } = await completion.openSession(visit, record, account, methods, authenticatedAt);
    if (attempt.device === undefined) {
      visit.cookies.set(DEVICE_COOKIE, devices.issue(attempt.nameHash), DEVICE_SECONDS);
    }
    return completion.goOn(visit, door.to, who);
  }

  private attempt(visit: Visit, record: UsersourceRecord, username: string): Attempt {
    const nameHash = this.parts.throttle.nameHash(visit.brand.id, record.audience, username);
    return { nameHash, ip: visit.ip, device: this.parts.devices.idFor(nameHash, visit.cookies.get(DEVICE_COOKIE)) };
  }

  private tooMany(visit: Visit, door: Door, record: UsersourceRecord, username: string, wait: number): Promise<Answer> {
    const refusal = new Refusal(
      'password.throttled',
      `tries from ${visit.ip} have to wait ${Math.ceil(wait / 1_000)} s`,
    );
    this.parts.reporter.refused(refusal, visit, { usersource: record.id });
    const error = visit.texts.signIn.throttled(Math.ceil(wait / 60_000));
    return this.again(visit, door, { status: 429, error, username, retryAfterSec: wait / 1_000 });
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
function troubleOf(refusal: Refusal, username: string, texts: Texts): Trouble | undefined {
  switch (refusal.code) {
    case 'password.wrong':
    case 'password.unknown_name':
    case 'password.unsupported_hash':
    case 'account.disabled':
      return { status: 422, error: texts.signIn.wrong, username };
    case 'password.busy':
      return { status: 503, error: texts.signIn.busy, username, retryAfterSec: 3 };
    default:
      return undefined;
  }
}
