import { Refusal, type Account, type IdentityAssertion, type UsersourceRecord } from '@passbroker/model';
import type { Accounts, CatalogReader } from '@passbroker/catalog';
import type { ReplayGuard } from '@passbroker/sign-in';
import { z } from 'zod';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import type { RefusalPages } from '../http/refusal-pages.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import type { BrowserSessions } from '../session/browser-session.js';
import type { OpenUsersources } from '../usersources/open-usersources.js';
import { admit } from './admit.js';
import type { CompletionService, Shown } from './completion.service.js';
import { destinationHref, destinationQuery, HOME } from './door.js';
import type { Flash } from './flash.js';
import type { PendingSwitch, PendingSwitches } from './pending-switch.js';
import type { TrialService } from '../trials/trial.service.js';
import { replyTo, stateOf, type RawReply } from './reply.js';
import { Unsettled, type AskUnsettled } from './unsettled.js';
import type { Destination, Walk, Walks } from './walks.js';

interface Parts {
  accounts: Accounts;
  catalog: CatalogReader;
  replay: ReplayGuard;
  sessions: BrowserSessions;
  usersources: OpenUsersources;
  flash: Flash;
  walks: Walks;
  switches: PendingSwitches;
  completion: CompletionService;
  /** What becomes of an identity that its owner proved in order to link it. */
  linkProved: (
    visit: Visit,
    record: UsersourceRecord,
    assertion: IdentityAssertion,
    owner: NonNullable<Walk['link']>,
  ) => Promise<Answer>;
  /** Leads to the page where they say whose account it is. */
  askUnsettled: AskUnsettled;
  trials: Pick<TrialService, 'passed' | 'failed'>;
  refusals: RefusalPages;
  reporter: Reporter;
}

const firstUse = z.object({ cookie: z.string().optional(), goTo: z.string() });

/**
 * Somebody comes back from a usersource:
 *
 *   finish ──► claim once ──► admit ──► open session ──► go on
 */
export class ArrivalService {
  constructor(private readonly parts: Parts) {}

  /** Somebody comes back from a usersource, or straight from its site. */
  async callback(visit: Visit, record: UsersourceRecord, reply: RawReply): Promise<Answer> {
    const walk = visit.bound ? await this.parts.walks.take(record.id, visit.bindingHash, stateOf(reply)) : undefined;
    try {
      const assertion = await this.finish(visit, record, reply, walk);
      const repeated = await this.claimOnce(visit, record, assertion, walk);
      if (repeated) return repeated;
      if (walk?.trial) return await this.parts.trials.passed(visit, record, assertion, walk.trial);
      if (walk?.link) return await this.parts.linkProved(visit, record, assertion, walk.link);
      const unexpected = walk && (await this.somebodyElse(record, assertion, walk));
      const account = await this.admit(visit, record, assertion, walk);
      if (account instanceof Unsettled) return await this.unsettled(visit, record, assertion, account, walk);
      return await this.arrive(visit, record, assertion, account, walk, unexpected);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (walk?.trial) return this.parts.trials.failed(visit, record, refusal);
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
    reply: RawReply,
    walk: Walk | undefined,
  ): Promise<IdentityAssertion> {
    if (!record.enabled && !walk?.trial) throw new Refusal('usersource.disabled', `${record.slug} is switched off`);
    const usersource = await this.parts.usersources.open(record, visit.brand);
    const assertion = await usersource.finish(replyTo(usersource, visit, reply), walk?.carry ?? {});
    if (assertion.answer !== undefined) visit.proof = assertion.answer;
    return assertion;
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
  ): Promise<Account | Unsettled> {
    try {
      return await admit(this.parts, visit.brand, record, assertion);
    } catch (error) {
      if (error instanceof Unsettled) return error;
      if (error instanceof Refusal && error.code === 'service.unavailable') {
        if (assertion.once) await this.parts.replay.release(record.id, assertion.once.key);
        if (walk) await this.parts.walks.remember(record.id, visit.bindingHash, walk);
      }
      throw error;
    }
  }

  /** Only who set out from here is asked: else a link in a mail could ask a victim to link its sender's identity. */
  private async unsettled(
    visit: Visit,
    record: UsersourceRecord,
    assertion: IdentityAssertion,
    unsettled: Unsettled,
    walk: Walk | undefined,
  ): Promise<Answer> {
    if (!walk || walk.passing) throw unsettled;
    this.parts.reporter.refused(unsettled, visit, { usersource: record.id, account: unsettled.accountId });
    const answer = await this.parts.askUnsettled(visit, record, assertion, unsettled, walk.to);
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
    unexpected: PendingSwitch['expected'],
  ): Promise<Answer> {
    const { sessions, switches, replay, completion } = this.parts;
    const landing = assertion.to ?? visit.brand.origin + HOME[record.audience === 'agents' ? 'agent' : 'portal'];
    const current = walk ? undefined : await sessions.find(visit.cookies.get(SESSION_COOKIE));
    let answer: Answer;
    let cookie: string | undefined;
    if (unexpected || (current && current.account.id !== account.id)) {
      const id = await switches.leave({
        brand: visit.brand.id,
        browser: visit.bindingHash,
        account: account.id,
        usersource: record.id,
        authTime: assertion.authenticatedAt.getTime(),
        methods: assertion.methods,
        goTo: landing,
        ...shownBy(assertion),
        ...(unexpected && { expected: unexpected }),
      });
      answer = { goTo: `${visit.brand.origin}/sso/continue/${id}` };
    } else {
      const { methods, authenticatedAt } = assertion;
      // Read while the session is written. When it fails, it is told once the session stands.
      const asked =
        walk && 'transaction' in walk.to ? completion.applicationDoor(visit, walk.to.transaction) : undefined;
      asked?.catch(() => undefined);
      const opened = await completion.openSession(visit, record, account, methods, authenticatedAt, shownBy(assertion));
      cookie = opened.cookie;
      answer = walk ? await completion.goOn(visit, walk.to, opened.who, asked) : { goTo: landing };
    }
    if (assertion.once && visit.bound && 'goTo' in answer) {
      await replay.leaveResult(record.id, assertion.once.key, visit.binding, JSON.stringify({ ...answer, cookie }));
    }
    return answer;
  }

  /**
   * On the first sign-in: the upstream had somebody else's session than the one that was asked for. Later the account
   * is theirs, whatever address they typed.
   */
  private async somebodyElse(
    record: UsersourceRecord,
    { subject, claims: { email } }: IdentityAssertion,
    { hint, to, passing }: Walk,
  ): Promise<PendingSwitch['expected']> {
    if (passing !== undefined || !hint?.includes('@') || email === undefined) return undefined;
    if (email.toLowerCase() === hint.toLowerCase()) return undefined;
    return (await this.parts.catalog.accountByLink(record.id, subject)) ? undefined : { hint, email, to };
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
    const { completion, refusals } = this.parts;
    const about = { usersource: record.id };
    if (to && 'transaction' in to && HEARD.has(refusal.code)) {
      const door = await completion.applicationDoor(visit, to.transaction).catch(() => undefined);
      if (door?.transaction) return completion.tellApplication(visit, door.transaction, refusal, about);
    }
    const home = HOME[record.audience === 'agents' ? 'agent' : 'portal'];
    // They were sent there unasked, as often as not, and did nothing wrong: the page has other ways.
    if (refusal.code === 'upstream.login_required' && to) {
      this.parts.reporter.refused(refusal, visit, about);
      return { goTo: visit.brand.origin + signInHref(to, record.audience) };
    }
    const href = to && 'transaction' in to ? `/sign-in/${to.transaction}` : (to?.returnTo ?? home);
    return refusals.refused(refusal, visit, about, { href, label: visit.texts.error.tryAgain });
  }
}

const signInHref = (to: Destination, audience: UsersourceRecord['audience']): string =>
  'transaction' in to
    ? destinationHref(to)
    : `${audience === 'agents' ? '/agent/login' : '/login'}?${destinationQuery(to)}`;

const HEARD: ReadonlySet<string> = new Set([
  'cancelled',
  'account.disabled',
  'usersource.disabled',
  'application.disabled',
]);

/** What the session keeps of the upstream's. */
function shownBy({ acr, subject, session }: IdentityAssertion): Shown {
  if (!session) return { acr };
  const { until, ...upstream } = session;
  return { acr, upstream: { subject, ...upstream, ...(until && { until: until.getTime() }) } };
}
