import { Refusal, type Account, type IdentityAssertion, type UsersourceRecord } from '@passbroker/model';
import type { Accounts, CatalogReader } from '@passbroker/catalog';
import type { SignInTransactions } from '@passbroker/sign-in';
import type { Answer } from '../http/answer.js';
import type { Reporter } from '../http/reporter.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { MailThrottle } from '../local-accounts/mail-throttle.js';
import { mailAddress } from '../mail/letter.js';
import type { PostRoom } from '../mail/post-room.js';
import { OwnershipUnproven } from '../ownership/ownership-unproven.js';
import type { OwnershipService } from '../ownership/ownership.service.js';
import type { Pages } from '../pages/pages.js';
import { admit } from '../sign-in/admit.js';
import type { CompletionService } from '../sign-in/completion.service.js';
import { formTargets } from '../sign-in/form-targets.js';
import type { Destination } from '../sign-in/walks.js';
import { addressLetter } from './address.letter.js';
import type { PendingAddress, PendingAddresses } from './pending-addresses.js';

interface Parts {
  pending: PendingAddresses;
  accounts: Accounts;
  catalog: CatalogReader;
  transactions: Pick<SignInTransactions, 'read'>;
  ownership: Pick<OwnershipService, 'begin'>;
  completion: CompletionService;
  throttle: MailThrottle;
  post: PostRoom;
  pages: Pages;
  reporter: Reporter;
}

interface Meant {
  pending: PendingAddress;
  record: UsersourceRecord;
}

const pathOf = (id: string): string => `/address/${id}`;

/**
 * "Which address can we write to?" A newcomer whose usersource names none types one, and then a code that was mailed
 * there; after that the linking table decides as if they had come with it. An address that is somebody's account leads
 * to the question whose account that is, and nothing else: typing links nothing.
 */
export class AddressesAsked {
  constructor(private readonly parts: Parts) {}

  async begin(visit: Visit, record: UsersourceRecord, assertion: IdentityAssertion, to: Destination): Promise<Answer> {
    const pending = { brand: visit.brand.id, browser: visit.bindingHash, usersource: record.id, to };
    const id = await this.parts.pending.leave(pending, assertion);
    return { goTo: visit.brand.origin + pathOf(id) };
  }

  async ask(visit: Visit, id: string): Promise<Answer> {
    const meant = await this.meant(visit, await this.parts.pending.look(id, visit.bindingHash));
    return this.addressPage(visit, id, meant, '');
  }

  /** Answered before anybody is looked up, and the same for every address: it says nothing of who is known here. */
  async mail(visit: Visit, id: string, typed: string): Promise<Answer> {
    const meant = await this.meant(visit, await this.parts.pending.look(id, visit.bindingHash));
    const { throttle, post, pending } = this.parts;
    const email = mailAddress(typed);
    if (email === undefined) {
      const page = await this.addressPage(visit, id, meant, typed, visit.texts.localAccounts.faults.address);
      return { ...page, status: 422 };
    }
    const wait = await throttle.address(visit.ip);
    if (wait > 0) {
      const page = await this.addressPage(visit, id, meant, typed, visit.texts.signIn.throttled(minutes(wait)));
      return { ...page, status: 429, retryAfterSec: wait / 1_000 };
    }
    if (!(await pending.type(id, meant.pending, email))) throw over();
    post.later(async () => {
      if (!(await throttle.mailbox(visit.brand.id, 'address', email))) return;
      const code = await pending.newCode(id, email);
      await post.post(visit.brand, addressLetter(visit, email, meant.record.label, code));
    });
    return this.codePage(visit, id, meant, email);
  }

  async code(visit: Visit, id: string, typed: string): Promise<Answer> {
    const { pending, completion } = this.parts;
    const meant = await this.meant(visit, await pending.look(id, visit.bindingHash));
    const { email } = meant.pending;
    if (email === undefined) return { goTo: visit.brand.origin + pathOf(id) };
    if (!(await pending.isCode(id, email, typed))) {
      const about = { usersource: meant.record.id };
      this.parts.reporter.refused(new Refusal('account.none', 'a wrong code for a typed address'), visit, about);
      return { ...(await this.codePage(visit, id, meant, email, visit.texts.ownership.wrongCode)), status: 422 };
    }
    const { record, pending: taken } = await this.meant(visit, await pending.take(id, visit.bindingHash, email));
    const { assertion, to } = taken;
    const account = await this.admitted(visit, record, assertion, email);
    if (account instanceof OwnershipUnproven) {
      const shown = { ...assertion, claims: { ...assertion.claims, email } };
      this.parts.reporter.refused(account, visit, { usersource: record.id, account: account.account.id });
      return this.parts.ownership.begin(visit, record, shown, account, to);
    }
    const { subject, session, methods, authenticatedAt, acr } = assertion;
    const upstream = session && { subject, ...session, until: session.until?.getTime() };
    const shown = { ...(acr !== undefined && { acr }), ...(upstream && { upstream }) };
    const { who } = await completion.openSession(visit, record, account, methods, authenticatedAt, shown);
    return completion.goOn(visit, to, who);
  }

  private async admitted(
    visit: Visit,
    record: UsersourceRecord,
    assertion: IdentityAssertion,
    email: string,
  ): Promise<Account | OwnershipUnproven> {
    try {
      return await admit(this.parts, visit.brand, record, assertion, email);
    } catch (error) {
      if (error instanceof OwnershipUnproven) return error;
      throw error;
    }
  }

  /** Minutes may have passed: what was switched off meanwhile lets nobody in (LINK-013). */
  private async meant(visit: Visit, pending: PendingAddress | undefined): Promise<Meant> {
    if (pending?.brand !== visit.brand.id) throw over();
    const record = await this.parts.catalog.usersource(pending.usersource);
    if (!record?.enabled) throw new Refusal('usersource.disabled', `the usersource ${pending.usersource} is off`);
    return { pending, record };
  }

  private async addressPage(visit: Visit, id: string, { pending, record }: Meant, typed: string, error?: string) {
    const { title, heading, text } = visit.texts.addressAsked;
    const show = this.parts.pages.askForAddress(visit, {
      ...{ title, heading, text: text(record.label), submit: visit.texts.ownership.submit },
      ...{ field: 'email', label: visit.texts.localAccounts.email, value: typed.slice(0, 320), error },
      ...{ action: pathOf(id), token: formToken(visit.binding), returnTo: undefined },
      back: { href: backTo(pending.to, record), label: visit.texts.localAccounts.backToSignIn },
    });
    return { show, status: 200, formTargets: await this.targets(visit, pending) };
  }

  private async codePage(visit: Visit, id: string, { pending }: Meant, email: string, error?: string) {
    const { title, codeText, otherAddress: otherWay } = visit.texts.addressAsked;
    const show = this.parts.pages.draw('ownershipCode', visit, {
      ...{ title, heading: visit.texts.ownership.codeHeading, text: codeText(email), error, otherWay },
      ...{ action: pathOf(id), token: formToken(visit.binding) },
    });
    return { show, status: 200, formTargets: await this.targets(visit, pending) };
  }

  /** What is posted here ends at the application that asked, if one did. */
  private async targets(visit: Visit, { to }: PendingAddress): Promise<string[]> {
    if (!('transaction' in to)) return [];
    const found = await this.parts.transactions.read(to.transaction, visit.binding).catch(() => undefined);
    return formTargets(found && (await this.parts.catalog.application(found.application)));
  }
}

const over = (): Refusal => new Refusal('session.expired', 'no newcomer is waiting here for an address');
const minutes = (ms: number): number => Math.max(1, Math.ceil(ms / 60_000));
const backTo = (to: Destination, { audience }: UsersourceRecord): string =>
  'transaction' in to ? `/sign-in/${to.transaction}` : audience === 'agents' ? '/agent/login' : '/login';
