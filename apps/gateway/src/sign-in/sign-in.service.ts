import { Refusal, type UsersourceRecord } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import type { Redis } from '@passbroker/platform';
import type { Decision } from '@passbroker/usersource-policy';
import type { NextStep } from '@passbroker/usersources';
import type { Answer } from '../http/answer.js';
import { PROBE_COOKIE, PROBE_SECONDS, SESSION_COOKIE } from '../http/cookies.js';
import type { RefusalPages } from '../http/refusal-pages.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { RecoverySessions } from '../recovery/recovery-sessions.js';
import type { BrowserSessions, SignedIn } from '../session/browser-session.js';
import type { OpenUsersources } from '../usersources/open-usersources.js';
import type { CompletionService } from './completion.service.js';
import { denied, type Decisions } from './decision.js';
import { HOME, ownDoor, secondFactorHref, type Door } from './door.js';
import type { Flash } from './flash.js';
import { countHop } from './hops.js';
import type { SignInPage } from './sign-in.page.js';
import type { Trial } from '../trials/trials.js';
import { stepAnswer } from './step-answer.js';
import type { Walk, Walks } from './walks.js';

interface Parts {
  redis: Redis;
  catalog: CatalogReader;
  sessions: BrowserSessions;
  usersources: OpenUsersources;
  decisions: Decisions;
  flash: Flash;
  walks: Walks;
  recovery: RecoverySessions;
  completion: CompletionService;
  pages: Pages;
  signInPage: SignInPage;
  refusals: RefusalPages;
  reporter: Reporter;
}

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
  constructor(private readonly parts: Parts) {}

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
    return this.begin(visit, door, decision.source, decision, false, { link });
  }

  /** An admin tries a usersource's settings. Policy is not asked: it may be switched off, and nobody is signed in. */
  startTrial(visit: Visit, record: UsersourceRecord, trial: Trial): Promise<Answer> {
    return this.begin(visit, ownDoor('/login', HOME.portal), record.slug, { ...NOTHING, forceAuthn: true }, false, {
      trial,
    });
  }

  /** "Prove that it is you": the sign-in page in spite of the session. */
  async again(visit: Visit, back: string): Promise<Answer> {
    const who = await this.parts.sessions.find(visit.cookies.get(SESSION_COOKIE));
    const door = ownDoor(who?.session.audience === 'agents' ? '/agent/login' : '/login', back);
    return this.enter(visit, { ...door, ask: { ...door.ask, forceFresh: true } }, { anew: true });
  }

  private async follow(visit: Visit, door: Door, decision: Decision, who: SignedIn | undefined): Promise<Answer> {
    const { completion } = this.parts;
    switch (decision.action) {
      case 'allow':
        if (!who) throw new Error('policy allowed nobody');
        await completion.confirmChange(visit, who);
        if (door.transaction) return completion.complete(visit, door.transaction, who);
        if (decision.then === 'return_to') return completion.goOn(visit, door.to, who);
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
        return completion.silently(visit, door, decision.error);
      case 'deny':
        if (decision.reason === 'no_signin_method' && door.surface !== 'portal') return this.noWayIn(visit);
        if (decision.reason === 'no_signin_method' && door.path === HOME.portal) return this.nothingYet(visit);
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
    purpose: Pick<Walk, 'link' | 'trial'> = {},
  ): Promise<Answer> {
    const { catalog, usersources, walks, pages } = this.parts;
    const record = await catalog.usersourceBySlug(slug);
    if (record?.brand !== visit.brand.id) throw new Refusal('usersource.unknown', `${slug} is not of this brand`);
    const usersource = await usersources.open(record, visit.brand);
    const { forceAuthn, selectAccount } = how;
    // Chosen by themselves, the way in is their wish; whom the application expects, it still expects.
    const loginHint = how.loginHint ?? door.ask.loginHint;
    const step = await usersource.begin(door.transaction?.id ?? '', {
      ...door.ask,
      forceFresh: forceAuthn,
      selectAccount,
      silent,
      ...(loginHint !== undefined && { loginHint }),
    });
    await walks.remember(record.id, visit.bindingHash, {
      to: door.to,
      carry: { ...step.carry },
      ...stateOf(step),
      ...(loginHint !== undefined && { hint: loginHint }),
      ...(silent && { passing: visit.page }),
      ...purpose,
    });
    return stepAnswer(pages, visit, step);
  }

  /** Who comes by has done nothing wrong, and nothing is broken: what an admin has to do is for the log. */
  private nothingYet(visit: Visit): Answer {
    const what = `${visit.brand.slug} has no usersource that is switched on: POST /v1/usersources makes one`;
    this.parts.reporter.refused(new Refusal('service.unavailable', what), visit);
    const { guestHeading, emptyText } = visit.texts.portal;
    const kind = { status: 200, heading: guestHeading(visit.brand.name), text: emptyText };
    return {
      ...this.parts.refusals.page(kind, visit, undefined, { href: HOME.agent, label: visit.texts.portal.agentSignIn }),
    };
  }

  /** Operators read how they get in again; guests of the portal need not know that there is such a thing. */
  private noWayIn(visit: Visit): Answer {
    const reference = this.parts.reporter.refused(denied('no_signin_method'), visit);
    const { heading, text } = visit.texts.recovery.noWayIn;
    return this.parts.refusals.page({ status: 503, heading, text: text(RECOVER) }, visit, reference);
  }
}

const RECOVER = 'npx passbroker recover --admin EMAIL';
const NOTHING: Begun = { forceAuthn: false, selectAccount: false, loginHint: null };

/** A pushed request leaves none in the address; the usersource then carries it. */
function stateOf(step: NextStep): Pick<Walk, 'state'> {
  const sent =
    step.go === 'redirect' ? Object.fromEntries(step.to.searchParams) : step.go === 'post' ? step.fields : {};
  const state = step.carry['state'] ?? sent['state'] ?? sent['RelayState'];
  return state === undefined ? {} : { state };
}
