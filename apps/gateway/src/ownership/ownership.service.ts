import { Refusal, type Account, type IdentityAssertion, type UsersourceRecord } from '@passbroker/model';
import { WriteConflict, type Accounts, type CatalogReader } from '@passbroker/catalog';
import type { Clock } from '@passbroker/platform';
import type { SignInTransactions } from '@passbroker/sign-in';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import type { Reporter } from '../http/reporter.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { MailThrottle } from '../local-accounts/mail-throttle.js';
import type { PostRoom } from '../mail/post-room.js';
import type { Pages } from '../pages/pages.js';
import type { BrowserSessions, SignedIn } from '../session/browser-session.js';
import type { Decisions } from '../sign-in/decision.js';
import { HOME, ownDoor, secondFactorHref } from '../sign-in/door.js';
import { formTargets } from '../sign-in/form-targets.js';
import type { CompletionService } from '../sign-in/completion.service.js';
import type { SignInService } from '../sign-in/sign-in.service.js';
import type { Destination } from '../sign-in/walks.js';
import { codeLetter } from './ownership.letter.js';
import type { OwnershipUnproven } from './ownership-unproven.js';
import type { PendingProof, PendingProofs } from './pending-proofs.js';

interface Parts {
  proofs: PendingProofs;
  transactions: Pick<SignInTransactions, 'read'>;
  accounts: Accounts;
  catalog: CatalogReader;
  sessions: BrowserSessions;
  decisions: Decisions;
  hasSecondFactor: (visit: Visit, account: string) => Promise<boolean>;
  throttle: MailThrottle;
  post: PostRoom;
  pages: Pages;
  reporter: Reporter;
  now: Clock;
}

interface Meant {
  proof: PendingProof;
  record: UsersourceRecord;
  account: Account;
}

const pathOf = (id: string): string => `/link/${id}`;

/**
 * "This address has an account here. Is it yours?" The owner signs in as they always did, or types a code that was
 * mailed, and says yes. What is offered is the same for every account, so that the page tells nobody how it is kept.
 */
export class OwnershipService {
  constructor(private readonly parts: Parts) {}

  /** Somebody came from a usersource with the address of an account that is not linked to them. */
  async begin(
    visit: Visit,
    record: UsersourceRecord,
    assertion: IdentityAssertion,
    { account, override }: OwnershipUnproven,
    to: Destination,
  ): Promise<Answer> {
    const { claims, subject, methods, authenticatedAt, acr } = assertion;
    const id = await this.parts.proofs.leave({
      ...{ brand: visit.brand.id, browser: visit.bindingHash, usersource: record.id, subject },
      ...{ name: claims.name ?? claims.email ?? subject, email: claims.email ?? '' },
      ...{ account: account.id, override, at: this.parts.now().getTime() },
      ...{ authTime: authenticatedAt.getTime(), methods, ...(acr !== undefined && { acr }), to },
    });
    return { goTo: visit.brand.origin + pathOf(id) };
  }

  async ask(visit: Visit, id: string): Promise<Answer> {
    const meant = await this.meant(visit, await this.parts.proofs.look(id, visit.bindingHash));
    const who = await this.provedBy(visit, meant.proof);
    if (who === 'step_up') return { goTo: visit.brand.origin + secondFactorHref({ returnTo: pathOf(id) }) };
    return who ? this.question(visit, id, meant) : this.offer(visit, id, meant);
  }

  /** The sign-in page as if nobody were signed in, and back here. */
  async signIn(visit: Visit, id: string, signIn: SignInService): Promise<Answer> {
    const { account } = await this.meant(visit, await this.parts.proofs.look(id, visit.bindingHash));
    const login = account.audience === 'agents' ? '/agent/login' : '/login';
    return signIn.enter(visit, ownDoor(login, pathOf(id)), { asNobody: true });
  }

  /** The owner's word, after they have signed in. */
  async answer(visit: Visit, id: string, yes: boolean, completion: CompletionService): Promise<Answer> {
    const { proofs } = this.parts;
    const proof = await proofs.look(id, visit.bindingHash);
    if (!yes) {
      await proofs.take(id, visit.bindingHash);
      return { goTo: `${visit.brand.origin}/` };
    }
    const { record } = await this.meant(visit, proof);
    const who = proof && (await this.provedBy(visit, proof));
    if (!who || who === 'step_up') return { goTo: visit.brand.origin + pathOf(id) };
    const taken = await this.meant(visit, await proofs.take(id, visit.bindingHash));
    await this.link(visit, taken);
    // Whoever was in by the subject that has lost its place is out.
    if (taken.proof.override) await this.parts.sessions.endThrough(taken.account.id, record.id, who.session.id);
    return completion.goOn(visit, taken.proof.to, who);
  }

  /** Answered before anybody is looked up: how long it takes says nothing. */
  async mail(visit: Visit, id: string): Promise<Answer> {
    const meant = await this.meant(visit, await this.parts.proofs.look(id, visit.bindingHash));
    const { throttle, post, proofs } = this.parts;
    const wait = await throttle.address(visit.ip);
    if (wait > 0) {
      const error = visit.texts.signIn.throttled(Math.ceil(wait / 60_000));
      return { ...(await this.codePage(visit, id, meant, error)), status: 429, retryAfterSec: wait / 1_000 };
    }
    post.later(async () => {
      const to = await this.mailbox(visit, meant);
      if (to === undefined || !(await throttle.mailbox(visit.brand.id, 'ownership', to))) return;
      await post.post(visit.brand, codeLetter(visit, to, meant.record.label, await proofs.newCode(id)));
    });
    return this.codePage(visit, id, meant);
  }

  /** A code is proof and word in one: it was mailed for this and nothing else. */
  async code(visit: Visit, id: string, typed: string, completion: CompletionService): Promise<Answer> {
    const { proofs } = this.parts;
    const meant = await this.meant(visit, await proofs.look(id, visit.bindingHash));
    const mayBe = (await this.mailbox(visit, meant)) !== undefined;
    if (!(await proofs.isCode(id, typed)) || !mayBe) {
      this.parts.reporter.refused(new Refusal('link.prove', 'a wrong code'), visit, { account: meant.account.id });
      return { ...(await this.codePage(visit, id, meant, visit.texts.ownership.wrongCode)), status: 422 };
    }
    const { proof, record, account } = await this.meant(visit, await proofs.take(id, visit.bindingHash));
    await this.link(visit, { proof, record, account });
    const { methods, authTime, acr } = proof;
    const shown = acr === undefined ? {} : { acr };
    const { who } = await completion.openSession(visit, record, account, methods, new Date(authTime), shown);
    return completion.goOn(visit, proof.to, who);
  }

  /**
   * Where a code may be mailed: to an address that the account has shown to be its own, as long as the mailbox is as
   * good as what opens the account. For an address that was never verified it is not (an account can be made with
   * somebody else's, LINK-005), nor for admins, nor past a second factor, nor where the address may have a new owner.
   */
  private async mailbox(visit: Visit, { proof, account }: Meant): Promise<string | undefined> {
    if (account.admin || proof.override) return undefined;
    const own = account.emails.find(({ value }) => value.toLowerCase() === proof.email.toLowerCase());
    if (!own?.verified || (await this.parts.hasSecondFactor(visit, account.id))) return undefined;
    return own.value;
  }

  /** Who is signed in, when that is the account's owner, all the way, in a session that began for this. */
  private async provedBy(visit: Visit, proof: PendingProof): Promise<SignedIn | 'step_up' | undefined> {
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    if (who?.account.id !== proof.account || who.session.createdAt < proof.at) return undefined;
    const home = HOME[who.session.audience === 'agents' ? 'agent' : 'portal'];
    const decision = await this.parts.decisions.ask(visit, ownDoor(home, undefined), { kind: 'navigate', who });
    if (decision.action === 'step_up') return 'step_up';
    return decision.action === 'allow' ? who : undefined;
  }

  /** Minutes may have passed: what was switched off meanwhile is not linked (LINK-013). */
  private async meant(visit: Visit, proof: PendingProof | undefined): Promise<Meant> {
    if (proof?.brand !== visit.brand.id) throw new Refusal('session.expired', 'no such identity is waiting here');
    const { catalog, accounts } = this.parts;
    const [record, account] = await Promise.all([catalog.usersource(proof.usersource), accounts.byId(proof.account)]);
    if (!record?.enabled) throw new Refusal('usersource.disabled', `the usersource ${proof.usersource} is off`);
    if (record.linking.mode === 'never') throw new Refusal('link.refused', `${record.slug} links nobody any more`);
    if (!account || account.disabled) throw new Refusal('account.disabled', `the account ${proof.account} is off`);
    if (account.audience !== record.audience) throw new Refusal('audience.mismatch', 'an account of another audience');
    return { proof, record, account };
  }

  private async link(visit: Visit, { proof, record, account }: Meant): Promise<void> {
    const { accounts, reporter } = this.parts;
    const link = { usersource: record.id, subject: proof.subject, account: account.id, createdBy: 'prove' } as const;
    try {
      await accounts.addLink(link, { replacing: proof.override });
    } catch (error) {
      if (error instanceof WriteConflict) throw new Refusal('link.refused', 'somebody else has this identity by now');
      throw error;
    }
    reporter.changed(visit, 'link.added', account.id, { usersource: record.id });
  }

  private offer(visit: Visit, id: string, { proof, record }: Meant): Promise<Answer> {
    const { title, heading, text } = visit.texts.ownership;
    const view = { title, heading, text: text(proof.email, record.label), action: pathOf(id) };
    return this.show(visit, proof, 'ownership', view);
  }

  private codePage(visit: Visit, id: string, { proof }: Meant, error?: string) {
    const { title, codeHeading: heading, codeText: text } = visit.texts.ownership;
    return this.show(visit, proof, 'ownershipCode', { title, heading, text, action: pathOf(id), error });
  }

  private async show(visit: Visit, proof: PendingProof, template: string, view: Record<string, unknown>) {
    const show = this.parts.pages.draw(template, visit, { ...view, token: formToken(visit.binding) });
    return { show, status: 200, formTargets: await this.targets(visit, proof) };
  }

  /** What is posted here ends at the application that asked, if one did. */
  private async targets(visit: Visit, { to }: PendingProof): Promise<string[]> {
    if (!('transaction' in to)) return [];
    const found = await this.parts.transactions.read(to.transaction, visit.binding).catch(() => undefined);
    return formTargets(found && (await this.parts.catalog.application(found.application)));
  }

  private async question(visit: Visit, id: string, { proof, record }: Meant): Promise<Answer> {
    const { title, linkHeading, linkText, yes, no } = visit.texts.ownership;
    const show = this.parts.pages.confirm(visit, {
      ...{ title, heading: linkHeading(record.label), text: linkText(record.label, proof.name) },
      ...{ action: pathOf(id), token: formToken(visit.binding), hidden: [], yes, no },
    });
    return { show, status: 200, formTargets: await this.targets(visit, proof) };
  }
}
