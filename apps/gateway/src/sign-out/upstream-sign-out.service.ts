import { Refusal, type UsersourceRecord } from '@passbroker/model';
import type { Accounts } from '@passbroker/catalog';
import type { Redis } from '@passbroker/platform';
import type { ReplayGuard } from '@passbroker/sign-in';
import type { UpstreamSignOut } from '@passbroker/usersources';
import type { Answer } from '../http/answer.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { BrowserSessions, SignedIn } from '../session/browser-session.js';
import { replyTo, type RawReply } from '../sign-in/reply.js';
import { stepAnswer } from '../sign-in/step-answer.js';
import type { OpenUsersources } from '../usersources/open-usersources.js';

/** How long somebody may take at the upstream's own pages before they are taken for gone. */
const AWAY_SECONDS = 300;

interface Parts {
  redis: Redis;
  accounts: Accounts;
  replay: ReplayGuard;
  sessions: BrowserSessions;
  usersources: OpenUsersources;
  pages: Pages;
  reporter: Reporter;
}

/**
 * Sign-out across the door to a usersource, both ways. Our own session has ended before upstream is asked to end
 * its own, so that an upstream which never answers leaves nobody signed in here.
 */
export class UpstreamSignOutService {
  constructor(private readonly parts: Parts) {}

  /** The way over the upstream to where `then` leads; `then` itself when the upstream cannot or must not be asked. */
  async over(visit: Visit, who: SignedIn, then: { goTo: string }): Promise<Answer> {
    const { usersource: record, session } = who;
    if (!record.slo || !session.upstream) return then;
    try {
      const usersource = await this.parts.usersources.open(record, visit.brand);
      const step = await usersource.end?.(session.upstream, visit.requestId);
      if (!step) return then;
      await this.parts.redis.set(keyOf(record.id, visit.bindingHash), then.goTo, 'EX', AWAY_SECONDS);
      return stepAnswer(this.parts.pages, visit, step);
    } catch (refusal) {
      // They have left here. That the upstream could not be asked is for its admin to know.
      if (!(refusal instanceof Refusal)) throw refusal;
      this.parts.reporter.refused(refusal, visit, { usersource: record.id });
      return then;
    }
  }

  /** Something at the sign-out door: upstream's question, or its answer to ours. */
  async heard(visit: Visit, record: UsersourceRecord, raw: RawReply): Promise<Answer> {
    const usersource = await this.parts.usersources.open(record, visit.brand);
    if (!usersource.ended) throw new Refusal('request.malformed', `${record.slug} has no sign-out`);
    let said: UpstreamSignOut | undefined;
    try {
      said = await usersource.ended(replyTo(usersource, visit, raw));
    } catch (refusal) {
      if (refusal instanceof Refusal && raw.method === 'GET' && (await this.isAway(visit, record))) {
        // Theirs here ended before they left. Not every upstream signs what it answers, nor ends all it was asked to.
        this.parts.reporter.refused(refusal, visit, { usersource: record.id });
        return this.back(visit, record);
      }
      throw refusal;
    }
    if (!said) return raw.method === 'POST' ? { goTo: backOf(visit, record) } : this.back(visit, record);
    if (said.once && !(await this.parts.replay.claim(record.id, said.once.key, said.once.until))) {
      throw new Refusal('replayed', `a sign-out message of ${record.slug} came a second time`);
    }
    await this.endSessions(visit, record, said);
    return said.answer ? stepAnswer(this.parts.pages, visit, said.answer) : { show: '', status: 200 };
  }

  /** Back from the upstream, in the browser that went there. */
  async back(visit: Visit, record: UsersourceRecord): Promise<Answer> {
    const goTo = visit.bound ? await this.parts.redis.getdel(keyOf(record.id, visit.bindingHash)) : null;
    return { goTo: goTo ?? `${visit.brand.origin}/signed-out` };
  }

  private async isAway(visit: Visit, record: UsersourceRecord): Promise<boolean> {
    return visit.bound && (await this.parts.redis.exists(keyOf(record.id, visit.bindingHash))) === 1;
  }

  private async endSessions(
    visit: Visit,
    record: UsersourceRecord,
    { subject, index }: { subject?: string; index?: string },
  ): Promise<void> {
    const { accounts, sessions, reporter } = this.parts;
    const account =
      subject === undefined
        ? await sessions.accountAt(record.id, index ?? '')
        : (await accounts.byLink(record.id, subject))?.id;
    if (account === undefined) return;
    const ended = await sessions.endUpstream(account, record.id, index);
    if (ended > 0) reporter.ended(visit, account);
  }
}

/** Answered by a redirect to ourselves: a post from another site comes without the cookie that tells the browser. */
const backOf = (visit: Visit, { slug }: UsersourceRecord): string => `${visit.brand.origin}/sso/${slug}/slo?left=1`;

const keyOf = (usersource: string, binding: string): string => `leaving:${usersource}:${binding}`;
