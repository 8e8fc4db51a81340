import { Refusal, type UsersourceRecord } from '@passbroker/model';
import type { Accounts, CatalogReader, LocalAccounts } from '@passbroker/catalog';
import type { Clock } from '@passbroker/platform';
import type { PasswordHasher } from '@passbroker/usersources';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import { mailAddress } from '../mail/letter.js';
import type { PostRoom } from '../mail/post-room.js';
import type { Texts } from '../pages/texts.js';
import type { BrowserSessions } from '../session/browser-session.js';
import { HOME } from '../sign-in/door.js';
import type { CompletionService } from '../sign-in/completion.service.js';
import { alreadyRegisteredLetter, registerLetter } from './letters.js';
import { homeOf, pathOf, type LocalDoor, type LocalDoors } from './local-door.js';
import type { LocalPages } from './local-pages.js';
import type { MailThrottle } from './mail-throttle.js';
import { spent, type MailedLinks } from './mailed-links.js';
import { namesOf, type Fault, type NewPasswords } from './new-password.js';

interface Parts {
  catalog: CatalogReader;
  accounts: Accounts;
  local: LocalAccounts;
  doors: LocalDoors;
  pages: LocalPages;
  links: MailedLinks;
  throttle: MailThrottle;
  passwords: NewPasswords;
  hasher: PasswordHasher;
  post: PostRoom;
  sessions: BrowserSessions;
  completion: CompletionService;
  reporter: Reporter;
  now: Clock;
}

const MAX_NAME_CHARS = 200;

/**
 * An account of one's own:
 *
 *   ask (address) ──► the same page for everybody ··· letter ··· open (link) ──► finish (name, password) ──► signed in
 *
 * There is no account until the owner of the mailbox has chosen its password, so nobody can prepare one for somebody
 * else's address and wait for them to move in (LINK-005).
 */
export class Registration {
  constructor(private readonly parts: Parts) {}

  async ask(visit: Visit): Promise<Answer> {
    const local = await this.parts.doors.enter(visit, visit.query.get('return_to') ?? undefined);
    if (await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE))) {
      return { goTo: visit.brand.origin + homeOf(local) };
    }
    return this.parts.pages.askForAddress(visit, local, 'register');
  }

  async requested(visit: Visit, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const { doors, pages, throttle, post } = this.parts;
    const local = await doors.enter(visit, fields['return_to']);
    const typed = fields['email'] ?? '';
    const email = mailAddress(typed);
    if (email === undefined) return pages.askForAddress(visit, local, 'register', { typed, trouble: 'address' });
    const wait = await throttle.address(visit.ip);
    if (wait > 0) return pages.askForAddress(visit, local, 'register', { typed, trouble: 'throttled', wait });
    post.later(() => this.write(visit, local, email));
    return pages.sent(visit, local, 'register', email);
  }

  /** After the answer: whether the address is known is told to its mailbox and to nobody else (PWD-001). */
  private async write({ brand, bindingHash, texts }: Visit, local: LocalDoor, email: string): Promise<void> {
    const { accounts, links, throttle, post } = this.parts;
    if (!(await throttle.mailbox(brand.id, 'register', email))) return;
    const [owner, namesake] = await Promise.all([accounts.byEmail(email), accounts.byUsername(email)]);
    if (owner ?? namesake) {
      const agents = (owner ?? namesake)?.audience === 'agents';
      const href = brand.origin + HOME[agents ? 'agent' : 'portal'] + (agents ? '' : 'login');
      return post.post(brand, alreadyRegisteredLetter(texts, email, brand.name, href));
    }
    const { returnTo } = local;
    const link = { brand: brand.id, email, browser: bindingHash, ...(returnTo !== undefined && { returnTo }) };
    const token = await links.issue('register', link);
    const href = `${brand.origin}${pathOf(local, 'register')}/${token}${local.off}`;
    await post.post(brand, registerLetter(texts, email, brand.name, href));
  }

  async open(visit: Visit, token: string): Promise<Answer> {
    const local = await this.parts.doors.enter(visit, undefined);
    const { email } = await this.parts.links.look('register', token, visit);
    return this.parts.pages.finishRegistration(visit, local, { email, name: '' });
  }

  async finish(visit: Visit, token: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const { doors, links, pages, passwords, hasher, local: accounts, completion, reporter, now } = this.parts;
    const local = await doors.enter(visit, undefined);
    const { email } = await links.look('register', token, visit);
    const name = (fields['name'] ?? '').trim().replaceAll(/\s+/g, ' ');
    const person = { name, username: null, emails: [{ value: email, verified: true }] };
    const fault = nameFault(name, visit.texts) ?? (await passwords.fault(fields, namesOf(person), visit.texts));
    if (fault) return pages.finishRegistration(visit, local, { email, name: name.slice(0, MAX_NAME_CHARS) }, fault);

    const source = await this.source(visit);
    const hash = await hasher.hash(fields['password'] ?? '');
    const link = await links.take('register', token, visit);
    const account = await accounts.register({ name, email }, hash);
    if (!account) throw spent('the address has become somebody’s meanwhile');
    reporter.changed(visit, 'account.registered', account.id);
    const { who } = await completion.openSession(visit, source, account, ['pwd'], now());
    const returnTo = link.browser === visit.bindingHash ? link.returnTo : undefined;
    return completion.goOn(visit, { returnTo: returnTo ?? homeOf(local) }, who);
  }

  private async source({ brand }: Visit): Promise<UsersourceRecord> {
    const records = await this.parts.catalog.usersourcesOf(brand.id);
    const found = records.find(({ type, audience, enabled }) => type === 'local' && audience === 'users' && enabled);
    if (!found) throw new Refusal('usersource.unknown', 'policy offered registration without built-in accounts');
    return found;
  }
}

const nameFault = (name: string, texts: Texts): Fault | undefined =>
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  name === '' || name.length > MAX_NAME_CHARS || /[\u0000-\u001f\u007f]/.test(name)
    ? { field: 'name', text: texts.localAccounts.faults.name }
    : undefined;
