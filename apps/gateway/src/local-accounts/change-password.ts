import { Refusal } from '@passbroker/model';
import type { LocalAccounts } from '@passbroker/catalog';
import type { PasswordHasher } from '@passbroker/usersources';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import type { Texts } from '../pages/texts.js';
import type { PasswordThrottle } from '../passwords/throttle.js';
import type { BrowserSessions, SignedIn } from '../session/browser-session.js';
import type { LocalDoors } from './local-door.js';
import { homeOf, pathOf } from './local-door.js';
import type { LocalPages } from './local-pages.js';
import { namesOf, type Fault, type NewPasswords } from './new-password.js';
import type { PasswordChanged } from './password-changed.js';
import { spent } from './mailed-links.js';

interface Parts {
  local: LocalAccounts;
  doors: LocalDoors;
  pages: LocalPages;
  passwords: NewPasswords;
  hasher: PasswordHasher;
  throttle: PasswordThrottle;
  sessions: BrowserSessions;
  changed: PasswordChanged;
  reporter: Reporter;
}

const MAX_PASSWORD_BYTES = 1_024;

/** Somebody signed in replaces a password they know. An unlocked screen is not enough: the old one is asked for. */
export class ChangePassword {
  constructor(private readonly parts: Parts) {}

  async ask(visit: Visit): Promise<Answer> {
    const { who, away } = await this.whoIsHere(visit);
    if (!who) return away;
    const local = await this.parts.doors.enter(visit, undefined, who);
    await this.hashOf(who);
    return this.parts.pages.changePassword(visit, local, who.account);
  }

  async finish(visit: Visit, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const { doors, pages, passwords, hasher, local: accounts, sessions, changed } = this.parts;
    const { who, away } = await this.whoIsHere(visit);
    if (!who) return away;
    const local = await doors.enter(visit, undefined, who);
    const { account, session } = who;
    const from = await this.hashOf(who);
    const again = (fault: Fault, status?: number) => pages.changePassword(visit, local, account, fault, status);

    const known = await this.known(visit, who, from, fields['old_password'] ?? '');
    if (known !== true) return again(known.fault, known.status);
    const fault = (await passwords.fault(fields, namesOf(account), visit.texts)) ?? unchanged(fields, visit.texts);
    if (fault) return again(fault);

    const to = await hasher.hash(fields['password'] ?? '');
    if (!(await accounts.changePassword(account.id, { from, to })))
      throw spent('the password has been changed meanwhile');
    const cookie = await sessions.renew(
      visit.cookies.get(SESSION_COOKIE),
      session,
      visit.brand.audiences[session.audience],
    );
    await changed.by(visit, local, account, session.id);
    if (cookie !== undefined) visit.cookies.set(SESSION_COOKIE, cookie);
    return pages.changed(visit, homeOf(local));
  }

  /** Counted like sign-ins, and on the same account: a stolen session is no place to guess in peace. */
  private async known(
    visit: Visit,
    { account, session }: SignedIn,
    hash: string,
    password: string,
  ): Promise<true | { fault: Fault; status: number }> {
    const { throttle, hasher, reporter } = this.parts;
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES)
      throw new Refusal('request.malformed', 'an overlong password');
    const nameHash = throttle.nameHash(visit.brand.id, session.audience, `account ${account.id}`);
    const attempt = { nameHash, ip: visit.ip, device: undefined };
    const { wait } = await throttle.reserve(attempt);
    if (wait > 0) {
      reporter.refused(new Refusal('password.throttled', 'tries at an old password have to wait'), visit, {
        account: account.id,
      });
      return {
        fault: { field: 'old_password', text: visit.texts.signIn.throttled(Math.ceil(wait / 60_000)) },
        status: 429,
      };
    }
    if (await hasher.verify(hash, password)) {
      await throttle.forgive(attempt);
      return true;
    }
    reporter.refused(new Refusal('password.wrong', 'the old password is another'), visit, { account: account.id });
    return { fault: { field: 'old_password', text: visit.texts.localAccounts.faults.old }, status: 422 };
  }

  /** Nobody: to the sign-in page and back. An agent on the portal's page: to the page of agents. */
  private async whoIsHere(
    visit: Visit,
  ): Promise<{ who: SignedIn; away?: undefined } | { who?: undefined; away: Answer }> {
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    const agents = visit.path.startsWith('/agent/') || visit.path.startsWith('/admin/');
    if (!who || (who.session.audience === 'users' && agents)) {
      const local = await this.parts.doors.enter(visit, undefined);
      const query = new URLSearchParams({ return_to: visit.path, ...(local.off && { sso: 'off' }) });
      return { away: { goTo: `${visit.brand.origin}${pathOf(local, 'login')}?${query.toString()}` } };
    }
    if (who.session.audience === 'agents' && !agents) {
      return { away: { goTo: `${visit.brand.origin}/agent/change-password` } };
    }
    return { who };
  }

  private async hashOf({ account }: SignedIn): Promise<string> {
    const hash = await this.parts.local.hashOf(account.id);
    if (hash === undefined) throw new Refusal('usersource.not_offered', `${account.id} has no password here`);
    return hash;
  }
}

const unchanged = (fields: Readonly<Record<string, string>>, texts: Texts): Fault | undefined =>
  fields['password'] === fields['old_password']
    ? { field: 'password', text: texts.localAccounts.faults.same }
    : undefined;
