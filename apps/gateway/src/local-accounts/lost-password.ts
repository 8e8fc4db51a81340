import type { Account } from '@passbroker/model';
import type { Accounts, LocalAccounts } from '@passbroker/catalog';
import type { PasswordHasher } from '@passbroker/usersources';
import type { Answer } from '../http/answer.js';
import type { Visit } from '../http/visit.js';
import type { PostRoom } from '../mail/post-room.js';
import { lostPasswordLetter, noPasswordLetter } from './letters.js';
import { pathOf, signInPath, type LocalDoor, type LocalDoors } from './local-door.js';
import type { LocalPages } from './local-pages.js';
import type { MailThrottle } from './mail-throttle.js';
import { printOf, spent, type MailedLink, type MailedLinks } from './mailed-links.js';
import { namesOf, type NewPasswords } from './new-password.js';
import type { PasswordChanged } from './password-changed.js';

interface Parts {
  accounts: Accounts;
  local: LocalAccounts;
  doors: LocalDoors;
  pages: LocalPages;
  links: MailedLinks;
  throttle: MailThrottle;
  passwords: NewPasswords;
  hasher: PasswordHasher;
  post: PostRoom;
  changed: PasswordChanged;
}

const MAX_NAME_CHARS = 320;

/**
 * A new password for who reads the mailbox:
 *
 *   ask (name) ──► the same page for everybody ··· letter ··· open (link) ──► finish (password) ──► sign in
 *
 * Nothing leads to the last step but the link (PWD-015). Who has a password here may replace it; an account that comes
 * in by other usersources, or whose password an admin took away, does not gain one by this door.
 */
export class LostPassword {
  constructor(private readonly parts: Parts) {}

  async ask(visit: Visit): Promise<Answer> {
    const local = await this.parts.doors.enter(visit, visit.query.get('return_to') ?? undefined);
    return this.parts.pages.askForAddress(visit, local, 'lost-password');
  }

  async requested(visit: Visit, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const { doors, pages, throttle, post } = this.parts;
    const local = await doors.enter(visit, fields['return_to']);
    const typed = (fields['username'] ?? '').trim();
    if (typed === '' || typed.length > MAX_NAME_CHARS || typed.includes('\0')) {
      return pages.askForAddress(visit, local, 'lost-password', { typed: '', trouble: 'name' });
    }
    const wait = await throttle.address(visit.ip);
    if (wait > 0) return pages.askForAddress(visit, local, 'lost-password', { typed, trouble: 'throttled', wait });
    post.later(() => this.write(visit, local, typed));
    return pages.sent(visit, local, 'lost-password', typed);
  }

  /** After the answer, which is the same for every name and takes the same time (PWD-001, PWD-002). */
  private async write(visit: Visit, local: LocalDoor, typed: string): Promise<void> {
    const { accounts, throttle, post } = this.parts;
    const { brand } = visit;
    const found = await accounts.credential(typed, local.audience);
    const account = found?.account ?? (await accounts.byEmail(typed)) ?? (await accounts.byUsername(typed));
    if (!account || account.disabled || account.audience !== local.audience) return;
    const to = mailboxOf(account, typed);
    if (to === undefined || !(await throttle.mailbox(brand.id, 'lost-password', to))) return;
    if (!found) {
      return post.post(
        brand,
        noPasswordLetter(visit.texts, to, brand.name, brand.origin + signInPath({ ...local, returnTo: undefined })),
      );
    }
    const href = await this.linkFor(visit, local, account, to, found.hash);
    await post.post(brand, lostPasswordLetter(visit.texts, to, brand.name, href));
  }

  /** On the brand's own origin, whatever host the request named (PWD-014). */
  private async linkFor(
    visit: Visit,
    local: LocalDoor,
    account: Account,
    email: string,
    hash: string,
  ): Promise<string> {
    const token = await this.parts.links.issue('lost_password', {
      brand: visit.brand.id,
      email,
      account: account.id,
      replaces: printOf(hash),
      browser: visit.bindingHash,
      ...(local.returnTo !== undefined && { returnTo: local.returnTo }),
    });
    return `${visit.brand.origin}${pathOf(local, 'lost-password')}/${token}${local.off}`;
  }

  async open(visit: Visit, token: string): Promise<Answer> {
    const local = await this.parts.doors.enter(visit, undefined);
    const { link } = await this.standing(await this.parts.links.look('lost_password', token, visit), local);
    return this.parts.pages.resetPassword(visit, local, link.email);
  }

  async finish(visit: Visit, token: string, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const { doors, links, pages, passwords, hasher, local: accounts, changed } = this.parts;
    const local = await doors.enter(visit, undefined);
    const { link, account } = await this.standing(await links.look('lost_password', token, visit), local);
    const fault = await passwords.fault(fields, namesOf(account), visit.texts);
    if (fault) return pages.resetPassword(visit, local, link.email, fault);

    const to = await hasher.hash(fields['password'] ?? '');
    const taken = await this.standing(await links.take('lost_password', token, visit), local);
    const change = { from: taken.hash, to, proves: link.email };
    if (!(await accounts.changePassword(account.id, change))) throw spent('the password has been changed meanwhile');
    await changed.by(visit, local, account);
    const returnTo = link.browser === visit.bindingHash ? link.returnTo : undefined;
    return pages.changed(visit, signInPath({ ...local, returnTo }));
  }

  /** Who the link is for may have been switched off since, or have a new password by an earlier one. */
  private async standing(link: MailedLink, { audience }: LocalDoor) {
    const account = await this.parts.accounts.byId(link.account ?? '');
    if (!account || account.disabled || account.audience !== audience)
      throw spent('the account is gone or switched off');
    if (!account.emails.some(({ value }) => value === link.email))
      throw spent('the address is no longer the account’s');
    const hash = await this.parts.local.hashOf(account.id);
    if (hash === undefined || printOf(hash) !== link.replaces) throw spent('the password is another already');
    return { link, account, hash };
  }
}

/**
 * The address that was typed, as the account has it; for a username, its first. One that nobody ever proved may be
 * anybody's: a typing mistake, or what some usersource said.
 */
function mailboxOf({ emails }: Account, typed: string): string | undefined {
  const named = emails.find(({ value }) => value.toLowerCase() === typed.toLowerCase());
  const chosen = named ?? emails.find(({ verified }) => verified);
  return chosen?.verified ? chosen.value : undefined;
}
