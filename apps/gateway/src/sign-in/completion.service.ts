import {
  Refusal,
  type Account,
  type Brand,
  type SignInOutcome,
  type SignInTransaction,
  type UsersourceRecord,
} from '@passbroker/model';
import type { Accounts, CatalogReader, Confirmations } from '@passbroker/catalog';
import type { Clock, ServiceIdentity } from '@passbroker/platform';
import type { SignInTransactions } from '@passbroker/sign-in';
import { capabilityOf } from '@passbroker/usersource-policy';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import { newReference } from '../http/reference.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import { speakAsAsked } from '../languages/choice.js';
import type { BrowserSession, BrowserSessions, SignedIn } from '../session/browser-session.js';
import { acrOf } from './acr.js';
import type { Decisions } from './decision.js';
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
import { upstreamMfaCounts } from './upstream-mfa.js';
import type { Destination } from './walks.js';

interface Parts {
  identity: ServiceIdentity;
  now: Clock;
  catalog: CatalogReader;
  accounts: Accounts;
  transactions: SignInTransactions;
  sessions: BrowserSessions;
  decisions: Decisions;
  flash: Flash;
  /** Whether somebody has set up a second factor that can be asked for on this brand. */
  hasSecondFactor: (visit: Visit, account: string) => Promise<boolean>;
  /** Risky changes of the admins' ways in that wait for one of them to come in. */
  confirmations: Confirmations;
  reporter: Reporter;
}

/** What a sign-in has shown beyond its methods: both factors at once, or what an upstream says of its own. */
export interface Shown {
  mfa?: boolean;
  acr?: string;
  /** The session upstream, where its end can be asked for or heard of. */
  upstream?: BrowserSession['upstream'];
  /** When the proof was looked at, where ending all sessions makes it worthless; by Redis's clock. */
  checkedAt?: number;
}

/** From a proof of who somebody is to the page or the application they were on their way to. */
export class CompletionService {
  constructor(private readonly parts: Parts) {}

  /** @throws Refusal transaction.expired, transaction.other_browser */
  async applicationDoor(visit: Visit, transaction: string): Promise<Door> {
    const found = await this.parts.transactions.read(transaction, visit.bound ? visit.binding : undefined);
    if (found.brand !== visit.brand.id) throw new Refusal('transaction.expired', 'this sign-in is another brand’s');
    speakAsAsked(visit, found);
    return applicationDoor(found);
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
        ...(shown.upstream && { upstream: shown.upstream }),
        ...(shown.checkedAt !== undefined && { checkedAt: shown.checkedAt }),
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

  /**
   * An admin is in, second factor and all, in a session of this very minute: what was changed about their way in has
   * not locked them out. Older sessions say nothing of the way in as it is now, and cost nothing here.
   */
  async confirmChange(visit: Visit, { account, session, usersource, recovery }: SignedIn): Promise<void> {
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

  async complete(visit: Visit, transaction: SignInTransaction, who: SignedIn): Promise<Answer> {
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

  tellApplication(
    visit: Visit,
    transaction: SignInTransaction,
    refusal: Refusal,
    about: { usersource: string },
  ): Promise<Answer> {
    const reference = this.parts.reporter.refused(refusal, visit, { ...about, application: transaction.application });
    const { code } = refusal;
    return this.leaveOutcome(visit.brand, transaction, { admitted: false, code, reference, error: 'access_denied' });
  }

  /** Nobody is signed in, and no page may be shown: the application hears it, and nobody is to blame. */
  silently(visit: Visit, door: Door, error: 'login_required' | 'interaction_required'): Promise<Answer> {
    if (!door.transaction) throw new Refusal('session.expired', error);
    return this.leaveOutcome(visit.brand, door.transaction, {
      admitted: false,
      code: 'session.expired',
      reference: newReference(),
      error,
    });
  }

  private doorTo(visit: Visit, to: Destination, asked?: Promise<Door>): Door | Promise<Door> {
    return 'transaction' in to
      ? (asked ?? this.applicationDoor(visit, to.transaction))
      : ownDoor(HOME.portal, to.returnTo);
  }

  private async leaveOutcome(brand: Brand, transaction: SignInTransaction, outcome: SignInOutcome): Promise<Answer> {
    await this.parts.transactions.complete(this.parts.identity, transaction, outcome);
    return { goTo: brand.origin + transaction.returnTo };
  }
}

/** No change waits longer. */
const CONFIRMING_MS = 10 * 60_000;
