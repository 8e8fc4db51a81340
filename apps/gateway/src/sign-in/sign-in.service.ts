import {
  Refusal,
  type Account,
  type Brand,
  type IdentityAssertion,
  type SignInOutcome,
  type SignInTransaction,
  type UsersourceRecord,
} from '@passbroker/model';
import type { Accounts, CatalogReader, Confirmations } from '@passbroker/catalog';
import type { Clock, Redis, ServiceIdentity } from '@passbroker/platform';
import type { ReplayGuard, SignInTransactions } from '@passbroker/sign-in';
import { capabilityOf, type Decision } from '@passbroker/usersource-policy';
import type { Reply } from '@passbroker/usersources';
import { z } from 'zod';
import type { Answer } from '../http/answer.js';
import { PROBE_COOKIE, PROBE_SECONDS, SESSION_COOKIE } from '../http/cookies.js';
import { newReference } from '../http/reference.js';
import type { RefusalPages } from '../http/refusal-pages.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import { speakAsAsked } from '../languages/choice.js';
import type { Pages } from '../pages/pages.js';
import { OwnershipUnproven } from '../ownership/ownership-unproven.js';
import type { RecoverySessions } from '../recovery/recovery-sessions.js';
import type { BrowserSessions, SignedIn } from '../session/browser-session.js';
import type { OpenUsersources } from '../usersources/open-usersources.js';
import { acrOf } from './acr.js';
import { admit } from './admit.js';
import { denied, type Decisions } from './decision.js';
import {
  applicationDoor,
  destinationHref,
  HOME,
  isSecondFactor,
  ownDoor,
  secondFactorHref,
  type Door,
} from './door.js';
import type { Flash } from './flash.js';
import { countHop } from './hops.js';
import type { PendingSwitches } from './pending-switch.js';
import type { SignInPage } from './sign-in.page.js';
import { upstreamMfaCounts } from './upstream-mfa.js';
import type { Destination, Walk, Walks } from './walks.js';

export interface SignInParts {
  identity: ServiceIdentity;
  now: Clock;
  redis: Redis;
  catalog: CatalogReader;
  accounts: Accounts;
  transactions: SignInTransactions;
  replay: ReplayGuard;
  sessions: BrowserSessions;
  usersources: OpenUsersources;
  decisions: Decisions;
  flash: Flash;
  walks: Walks;
  switches: PendingSwitches;
  /** Whether somebody has set up a second factor that can be asked for on this brand. */
  hasSecondFactor: (visit: Visit, account: string) => Promise<boolean>;
  /** What becomes of an identity that its owner proved in order to link it. */
  linkProved: (
    visit: Visit,
    record: UsersourceRecord,
    assertion: IdentityAssertion,
    owner: NonNullable<Walk['link']>,
  ) => Promise<Answer>;
  recovery: RecoverySessions;
  ownership: {
    /** Leads to the page where they show that the account is theirs. */
    begin(
      visit: Visit,
      record: UsersourceRecord,
      assertion: IdentityAssertion,
      unproven: OwnershipUnproven,
      to: Destination,
    ): Promise<Answer>;
  };
  /** Risky changes of the admins' ways in that wait for one of them to come in. */
  confirmations: Confirmations;
  pages: Pages;
  signInPage: SignInPage;
  refusals: RefusalPages;
  reporter: Reporter;
}

/** What a sign-in has shown beyond its methods: both factors at once, or what an upstream says of its own. */
export interface Shown {
  mfa?: boolean;
  acr?: string;
}

const firstUse = z.object({ cookie: z.string().optional(), goTo: z.string() });

type Begun = Pick<Extract<Decision, { action: 'redirect_idp' }>, 'forceAuthn' | 'selectAccount' | 'loginHint'>;

/**
 * The walk of one sign-in, on the gateway's side of the table:
 *
 *   enter ── decide ──► allow ─────────────────────────────► complete ──► application or page
 *              │   └──► page ──► (password) ──► submit ──┐
 *              └──────► begin ──► (they leave)           │
 *   callback ◄─────────────────── (they return)          │
 *      └─► finish ──► claim once ──► admit ──► open session ──► complete
 */
export class SignInService {
  constructor(private readonly parts: SignInParts) {}

  /** @throws Refusal transaction.expired, transaction.other_browser */
  async applicationDoor(visit: Visit, transaction: string): Promise<Door> {
    const found = await this.parts.transactions.read(transaction, visit.bound ? visit.binding : undefined);
    if (found.brand !== visit.brand.id) throw new Refusal('transaction.expired', 'this sign-in is another brand’s');
    speakAsAsked(visit, found);
    return applicationDoor(found);
  }

  /** A page is asked for: by the person themselves, or by an application that sent them here. */
  async enter(visit: Visit, door: Door, { anew = false, asNobody = false } = {}): Promise<Answer> {
    const { decisions, redis } = this.parts;
    const who = asNobody ? undefined : await this.whoAt(visit, door);
    const question = { kind: visit.kind, who };
    const decide = (hops: number) =>
      anew ? decisions.askAnew(visit, door, { ...question, hops }) : decisions.ask(visit, door, { ...question, hops });
    let decision = await decide(0);
    if (decision.action === 'redirect_idp' || decision.action === 'probe') {
      const hops = await countHop(redis, visit, decision.source);
      if (hops > 0) decision = await decide(hops);
    }
    return this.follow(visit, door, decision, who);
  }

  /** Only the admin pages ask for a session that a recovery link opened. */
  private async whoAt(visit: Visit, door: Door): Promise<SignedIn | undefined> {
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    if (who || door.surface !== 'admin' || door.transaction) return who;
    return this.parts.recovery.find(visit);
  }

  /** A click on a usersource. */
  async start(visit: Visit, door: Door, slug: string): Promise<Answer> {
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    const decision = await this.parts.decisions.ask(visit, door, {
      kind: visit.kind,
      who,
      path: `/sso/start/${slug}`,
    });
    return this.follow(visit, door, decision, who);
  }

  /** A click on a usersource by somebody who wants to link it to the account they are signed in to. */
  async startLink(visit: Visit, door: Door, slug: string, link: NonNullable<Walk['link']>): Promise<Answer> {
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    const path = `/sso/start/${slug}`;
    const decision = await this.parts.decisions.ask(visit, door, { kind: 'navigate', who, path });
    if (decision.action !== 'redirect_idp') throw denied(decision.reason);
    return this.begin(visit, door, decision.source, decision, false, link);
  }

  /** "Prove that it is you": the sign-in page in spite of the session. */
  async again(visit: Visit, back: string): Promise<Answer> {
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    const door = ownDoor(who?.session.audience === 'agents' ? '/agent/login' : '/login', back);
    return this.enter(visit, { ...door, ask: { ...door.ask, forceFresh: true } }, { anew: true });
  }

  /** Somebody comes back from a usersource, or straight from its site. */
  async callback(visit: Visit, record: UsersourceRecord, reply: Reply): Promise<Answer> {
    const walk = visit.bound ? await this.parts.walks.take(record.id, visit.bindingHash) : undefined;
    try {
      const assertion = await this.finish(visit, record, reply, walk);
      const repeated = await this.claimOnce(visit, record, assertion, walk);
      if (repeated) return repeated;
      if (walk?.link) return await this.parts.linkProved(visit, record, assertion, walk.link);
      const account = await this.admit(visit, record, assertion, walk);
      if (account instanceof OwnershipUnproven) return await this.unproven(visit, record, assertion, account, walk);
      return await this.arrive(visit, record, assertion, account, walk);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const passing = walk?.passing;
      // Nobody is signed in there: no trouble, they go on as who they were.
      if (passing && refusal.code === 'upstream.login_required') return { goTo: visit.brand.origin + passing };
      this.parts.flash.leave(visit, { error: { source: record.slug, code: refusal.code } });
      if (passing) return this.failedInPassing(visit, record, refusal, passing);
      return this.turnAway(visit, record, refusal, walk?.to);
    }
  }

  private async finish(
    visit: Visit,
    record: UsersourceRecord,
    reply: Reply,
    walk: Walk | undefined,
  ): Promise<IdentityAssertion> {
    if (!record.enabled) throw new Refusal('usersource.disabled', `${record.slug} is switched off`);
    const usersource = await this.parts.usersources.open(record, visit.brand);
    return usersource.finish(reply, walk?.carry ?? {});
  }

  /** One message, one sign-in, before any session is written. A double click gets its own first result again. */
  private async claimOnce(
    visit: Visit,
    record: UsersourceRecord,
    { once }: IdentityAssertion,
    walk: Walk | undefined,
  ): Promise<Answer | undefined> {
    const { replay, walks } = this.parts;
    if (!once || (await replay.claim(record.id, once.key, once.until))) return undefined;
    // The first use took its own walk; this one took that of another tab, which is still to come.
    if (walk) await walks.remember(record.id, visit.bindingHash, walk);
    const left = visit.bound ? await replay.ownResult(record.id, once.key, visit.binding) : undefined;
    if (left === undefined) throw new Refusal('replayed', `a message of ${record.slug} came a second time`);
    const { cookie, goTo } = firstUse.parse(JSON.parse(left));
    if (cookie !== undefined) visit.cookies.set(SESSION_COOKIE, cookie);
    return { goTo };
  }

  /** Nobody is turned away for our outage and then again for a message that is used up: it is given back. */
  private async admit(
    visit: Visit,
    record: UsersourceRecord,
    assertion: IdentityAssertion,
    walk: Walk | undefined,
  ): Promise<Account | OwnershipUnproven> {
    try {
      return await admit(this.parts.accounts, visit.brand, record, assertion);
    } catch (error) {
      if (error instanceof OwnershipUnproven) return error;
      if (error instanceof Refusal && error.code === 'service.unavailable') {
        if (assertion.once) await this.parts.replay.release(record.id, assertion.once.key);
        if (walk) await this.parts.walks.remember(record.id, visit.bindingHash, walk);
      }
      throw error;
    }
  }

  /** Only who set out from here is asked: else a link in a mail could ask a victim to link its sender's identity. */
  private async unproven(
    visit: Visit,
    record: UsersourceRecord,
    assertion: IdentityAssertion,
    unproven: OwnershipUnproven,
    walk: Walk | undefined,
  ): Promise<Answer> {
    if (!walk || walk.passing) throw unproven;
    this.parts.reporter.refused(unproven, visit, { usersource: record.id, account: unproven.account.id });
    const answer = await this.parts.ownership.begin(visit, record, assertion, unproven, walk.to);
    if (assertion.once && 'goTo' in answer) {
      await this.parts.replay.leaveResult(record.id, assertion.once.key, visit.binding, JSON.stringify(answer));
    }
    return answer;
  }

  private async arrive(
    visit: Visit,
    record: UsersourceRecord,
    assertion: IdentityAssertion,
    account: Account,
    walk: Walk | undefined,
  ): Promise<Answer> {
    const { sessions, switches, replay } = this.parts;
    const landing = assertion.to ?? visit.brand.origin + HOME[record.audience === 'agents' ? 'agent' : 'portal'];
    const current = walk ? undefined : await sessions.find(visit.cookies.get(SESSION_COOKIE));
    let answer: Answer;
    let cookie: string | undefined;
    if (current && current.account.id !== account.id) {
      const id = await switches.leave({
        brand: visit.brand.id,
        browser: visit.bindingHash,
        account: account.id,
        usersource: record.id,
        authTime: assertion.authenticatedAt.getTime(),
        methods: assertion.methods,
        goTo: landing,
      });
      answer = { goTo: `${visit.brand.origin}/sso/continue/${id}` };
    } else {
      const { methods, authenticatedAt } = assertion;
      // Read while the session is written. When it fails, it is told once the session stands.
      const asked = walk && 'transaction' in walk.to ? this.applicationDoor(visit, walk.to.transaction) : undefined;
      asked?.catch(() => undefined);
      const opened = await this.openSession(visit, record, account, methods, authenticatedAt, { acr: assertion.acr });
      cookie = opened.cookie;
      answer = walk ? await this.goOn(visit, walk.to, opened.who, asked) : { goTo: landing };
    }
    if (assertion.once && visit.bound && 'goTo' in answer) {
      await replay.leaveResult(record.id, assertion.once.key, visit.binding, JSON.stringify({ ...answer, cookie }));
    }
    return answer;
  }

  /** The session, under a new id; and the usersource has been seen to work with these settings. */
  async openSession(
    visit: Visit,
    record: UsersourceRecord,
    account: Account,
    methods: string[],
    authTime: Date,
    shown: Shown = {},
  ): Promise<{ cookie: string; who: SignedIn }> {
    const { sessions, accounts, reporter, flash, now } = this.parts;
    const policy = visit.brand.audiences[record.audience];
    const mfa = shown.mfa === true || upstreamMfaCounts(record, policy, methods, shown.acr);
    // Who has set up a second factor is asked for it after a password; after an upstream, as policy says (I15).
    const owesFactor =
      !mfa && capabilityOf(record.type).password && (await this.parts.hasSecondFactor(visit, account.id));
    const { cookie, session } = await sessions.open(
      {
        brand: visit.brand.id,
        audience: record.audience,
        account: account.id,
        usersource: record.id,
        authTime,
        methods,
        mfa,
        owesFactor,
        device: { ip: visit.ip, agent: visit.agent },
      },
      policy,
      visit.cookies.get(SESSION_COOKIE),
    );
    if (record.proven?.settingsVersion !== record.settingsVersion) {
      await accounts.markProven(record.id, record.settingsVersion, now());
    }
    visit.cookies.set(SESSION_COOKIE, cookie);
    flash.use(visit);
    reporter.completed(visit, account.id, { usersource: record.id });
    return { cookie, who: { session, account, usersource: record } };
  }

  async goOn(visit: Visit, to: Destination, who: SignedIn, asked?: Promise<Door>): Promise<Answer> {
    // On their way there already: the pages that ask for it, or set it up.
    if ('returnTo' in to && isSecondFactor(to.returnTo)) return { goTo: visit.brand.origin + to.returnTo };
    const door = await this.doorTo(visit, to, asked);
    if (door.transaction && door.transaction.audience !== who.session.audience) {
      throw new Refusal('usersource.other_audience', `${who.usersource.slug} is for ${who.session.audience}`);
    }
    // They have just done what was asked of the first proof; policy says whether it takes a second.
    const ask = { ...door.ask, forceFresh: false, selectAccount: false, maxAge: undefined };
    const decision = await this.parts.decisions.ask(visit, { ...door, ask }, { kind: 'navigate', who });
    if (decision.action === 'step_up') return { goTo: visit.brand.origin + secondFactorHref(to) };
    if (decision.action === 'error') return this.silently(visit, door, decision.error);
    if (decision.action === 'allow') await this.confirmChange(visit, who);
    return door.transaction
      ? this.complete(visit, door.transaction, who)
      : { goTo: visit.brand.origin + destinationHref(to) };
  }

  /** Operators read how they get in again; guests of the portal need not know that there is such a thing. */
  private noWayIn(visit: Visit): Answer {
    const reference = this.parts.reporter.refused(denied('no_signin_method'), visit);
    const { heading, text } = visit.texts.recovery.noWayIn;
    return this.parts.refusals.page({ status: 503, heading, text: text(RECOVER) }, visit, reference);
  }

  /**
   * An admin is in, second factor and all, in a session of this very minute: what was changed about their way in has
   * not locked them out. Older sessions say nothing of the way in as it is now, and cost nothing here.
   */
  private async confirmChange(visit: Visit, { account, session, usersource, recovery }: SignedIn): Promise<void> {
    const { confirmations, reporter } = this.parts;
    const now = this.parts.now();
    if (!account.admin || recovery || now.getTime() - session.createdAt > CONFIRMING_MS) return;
    const times = { since: new Date(session.createdAt), now };
    const change = await confirmations.confirm(usersource.slug, account.id, times).catch((error: unknown) => {
      // While the database is away nobody is kept out; their next page confirms it.
      if (error instanceof Refusal && error.code === 'service.unavailable') return undefined;
      throw error;
    });
    if (change !== undefined)
      reporter.changed(visit, 'change.confirmed', account.id, { usersource: usersource.id, change });
  }

  private doorTo(visit: Visit, to: Destination, asked?: Promise<Door>): Door | Promise<Door> {
    return 'transaction' in to
      ? (asked ?? this.applicationDoor(visit, to.transaction))
      : ownDoor(HOME.portal, to.returnTo);
  }

  private async complete(visit: Visit, transaction: SignInTransaction, who: SignedIn): Promise<Answer> {
    const application = await this.parts.catalog.application(transaction.application);
    if (!application?.enabled || application.brand !== visit.brand.id) {
      const refusal = new Refusal('application.disabled', `the application ${transaction.application} is switched off`);
      return this.tellApplication(visit, transaction, refusal, { usersource: who.usersource.id });
    }
    const { session } = who;
    const acr = acrOf(session.mfa, transaction.ask.acr);
    return this.leaveOutcome(visit.brand, transaction, {
      admitted: true,
      account: who.account.id,
      usersource: who.usersource.id,
      audience: session.audience,
      session: session.id,
      authTime: Math.floor(session.authTime / 1_000),
      methods: session.methods,
      ...(acr !== undefined && { acr }),
    });
  }

  private async leaveOutcome(brand: Brand, transaction: SignInTransaction, outcome: SignInOutcome): Promise<Answer> {
    await this.parts.transactions.complete(this.parts.identity, transaction, outcome);
    return { goTo: brand.origin + transaction.returnTo };
  }

  private tellApplication(
    visit: Visit,
    transaction: SignInTransaction,
    refusal: Refusal,
    about: { usersource: string },
  ): Promise<Answer> {
    const reference = this.parts.reporter.refused(refusal, visit, { ...about, application: transaction.application });
    const { code } = refusal;
    return this.leaveOutcome(visit.brand, transaction, { admitted: false, code, reference, error: 'access_denied' });
  }

  /** A page of trouble for something they never asked for would keep guests out: the next page says it in a word. */
  private failedInPassing(visit: Visit, record: UsersourceRecord, refusal: Refusal, page: string): Answer {
    this.parts.reporter.refused(refusal, visit, { usersource: record.id });
    return { goTo: visit.brand.origin + page };
  }

  /** Some refusals are the application's to hear; the others are shown here, with a way to try again. */
  private async turnAway(
    visit: Visit,
    record: UsersourceRecord,
    refusal: Refusal,
    to: Destination | undefined,
  ): Promise<Answer> {
    const about = { usersource: record.id };
    if (to && 'transaction' in to && HEARD.has(refusal.code)) {
      const door = await this.applicationDoor(visit, to.transaction).catch(() => undefined);
      if (door?.transaction) return this.tellApplication(visit, door.transaction, refusal, about);
    }
    const home = HOME[record.audience === 'agents' ? 'agent' : 'portal'];
    const href = to && 'transaction' in to ? `/sign-in/${to.transaction}` : (to?.returnTo ?? home);
    return this.parts.refusals.refused(refusal, visit, about, { href, label: visit.texts.error.tryAgain });
  }

  private async follow(visit: Visit, door: Door, decision: Decision, who: SignedIn | undefined): Promise<Answer> {
    switch (decision.action) {
      case 'allow':
        if (!who) throw new Error('policy allowed nobody');
        await this.confirmChange(visit, who);
        if (door.transaction) return this.complete(visit, door.transaction, who);
        if (decision.then === 'return_to') return this.goOn(visit, door.to, who);
        return this.parts.signInPage.portal(visit, door, who);
      case 'login_page':
        this.parts.flash.use(visit);
        return this.parts.signInPage.show(visit, door, decision);
      case 'guest':
        this.parts.flash.use(visit);
        return { show: this.parts.pages.guest(visit), status: 200 };
      case 'redirect_idp':
        return this.begin(visit, door, decision.source, decision, false);
      case 'probe':
        visit.cookies.set(PROBE_COOKIE, 'tried', PROBE_SECONDS);
        return this.begin(visit, door, decision.source, NOTHING, true);
      case 'error':
        return this.silently(visit, door, decision.error);
      case 'deny':
        if (decision.reason === 'no_signin_method' && door.surface !== 'portal') return this.noWayIn(visit);
        throw denied(decision.reason);
      case 'challenge':
        return this.parts.refusals.page(
          { status: 401, heading: visit.texts.signIn.title, text: visit.texts.portal.guestText },
          visit,
          undefined,
        );
      case 'step_up':
        return { goTo: visit.brand.origin + secondFactorHref(door.to) };
      case 'pass':
      case 'recovery':
      case 'logout':
      case 'verify_password':
        throw denied('local.not_offered');
    }
  }

  private async begin(
    visit: Visit,
    door: Door,
    slug: string,
    how: Begun,
    silent: boolean,
    link?: Walk['link'],
  ): Promise<Answer> {
    const { catalog, usersources, walks, pages } = this.parts;
    const record = await catalog.usersourceBySlug(slug);
    if (record?.brand !== visit.brand.id) throw new Refusal('usersource.unknown', `${slug} is not of this brand`);
    const usersource = await usersources.open(record, visit.brand);
    const { forceAuthn, selectAccount, loginHint } = how;
    const step = await usersource.begin(door.transaction?.id ?? '', {
      ...door.ask,
      forceFresh: forceAuthn,
      selectAccount,
      silent,
      ...(loginHint !== null && { loginHint }),
    });
    await walks.remember(record.id, visit.bindingHash, {
      to: door.to,
      carry: { ...step.carry },
      ...(silent && { passing: visit.page }),
      ...(link && { link }),
    });
    switch (step.go) {
      case 'redirect':
        return { goTo: step.to.href };
      case 'post': {
        const show = pages.postForm(visit, step.to.href, step.fields);
        return { show, status: 200, formTargets: [step.to.origin] };
      }
      case 'form':
        throw new Refusal('usersource.not_offered', `${slug} has its form on the sign-in page`);
    }
  }

  /** Nobody is signed in, and no page may be shown: the application hears it, and nobody is to blame. */
  private silently(visit: Visit, door: Door, error: 'login_required' | 'interaction_required'): Promise<Answer> {
    if (!door.transaction) throw new Refusal('session.expired', error);
    return this.leaveOutcome(visit.brand, door.transaction, {
      admitted: false,
      code: 'session.expired',
      reference: newReference(),
      error,
    });
  }
}

const RECOVER = 'npx passbroker recover --admin EMAIL';
/** No change waits longer. */
const CONFIRMING_MS = 10 * 60_000;
const NOTHING: Begun = { forceAuthn: false, selectAccount: false, loginHint: null };
const HEARD: ReadonlySet<string> = new Set([
  'cancelled',
  'account.disabled',
  'usersource.disabled',
  'application.disabled',
]);

export { ownDoor };
