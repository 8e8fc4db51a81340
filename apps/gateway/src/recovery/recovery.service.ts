import { Refusal } from '@passbroker/model';
import type { Accounts, AdminAddresses, RecoveryLinks } from '@passbroker/catalog';
import type { Clock, Logger } from '@passbroker/platform';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import type { RefusalPages } from '../http/refusal-pages.js';
import type { Reporter } from '../http/reporter.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { PostRoom } from '../mail/post-room.js';
import type { Pages } from '../pages/pages.js';
import type { BrowserSessions } from '../session/browser-session.js';
import { denied, type Decisions } from '../sign-in/decision.js';
import { ownDoor } from '../sign-in/door.js';
import type { MailedRecovery } from './mailed-recovery.js';
import { recoveryLetter } from './recovery.letter.js';
import type { RecoverySessions } from './recovery-sessions.js';
import type { RecoveryTries } from './recovery-tries.js';

interface Parts {
  links: Pick<RecoveryLinks, 'use'>;
  admins: AdminAddresses;
  accounts: Pick<Accounts, 'byId'>;
  sessions: BrowserSessions;
  recovery: RecoverySessions;
  tries: RecoveryTries;
  mailed: MailedRecovery;
  decisions: Decisions;
  pages: Pages;
  refusals: RefusalPages;
  reporter: Reporter;
  post: PostRoom;
  now: Clock;
  log: Logger;
}

/**
 * The way in when there is no other (3.3): no usersource, no cache and no flow engine in between. Whatever is wrong
 * with a token, its age, its owner or its sender is answered as if there were no such page.
 */
export class RecoveryService {
  constructor(private readonly parts: Parts) {}

  page(visit: Visit): Answer {
    const { title, heading, text } = visit.texts.recovery;
    const mail = this.parts.mailed.isOffered(visit);
    const view = { title, heading, text, action: '/recover', mail, token: formToken(visit.binding) };
    return { show: this.parts.pages.draw('recovery', visit, view), status: 200, scripts: true };
  }

  /** The same words for everybody who asks; where it is not offered, there is no such page (I11). */
  async mail(visit: Visit, typed: string | undefined): Promise<Answer> {
    const { mailed, refusals, pages } = this.parts;
    if (typed === undefined || !mailed.isOffered(visit)) return refusals.notFound(visit);
    const wait = await mailed.ask(visit, typed);
    const { title, sentHeading, sentText, back } = visit.texts.recovery;
    const paragraphs = [wait > 0 ? visit.texts.signIn.throttled(Math.ceil(wait / 60_000)) : sentText];
    const view = { title, heading: sentHeading, paragraphs, way: { href: '/recover', label: back } };
    const show = pages.note(visit, view);
    return wait > 0 ? { show, status: 429, retryAfterSec: wait / 1_000 } : { show, status: 200 };
  }

  async exchange(visit: Visit, pasted: string | undefined): Promise<Answer> {
    const { tries, decisions, refusals, reporter, log } = this.parts;
    // A post that another site had somebody's browser send is none of their tries.
    const account =
      pasted !== undefined && (await tries.reserve(visit.ip)) ? await this.owner(visit, pasted) : undefined;
    const bypass = account ? 'recovery_valid' : 'recovery_invalid';
    const decision = await decisions.ask(visit, ownDoor('/recover', undefined), {
      kind: 'fetch',
      who: undefined,
      bypass,
    });
    if (decision.action === 'recovery' && account) return this.letIn(visit, account);
    const refusal =
      decision.action === 'deny' ? denied(decision.reason) : new Refusal('usersource.unknown', 'recovery');
    const reference = reporter.refused(refusal, visit);
    log.warn({ reference, ip: visit.ip }, 'a recovery link was refused');
    return refusals.notFound(visit);
  }

  /** The token, or the whole link around it; used up by this. */
  private async owner(visit: Visit, pasted: string): Promise<string | undefined> {
    const token = /^(?:.{0,300}#)?([A-Za-z0-9_-]{43})$/.exec(pasted.trim())?.[1];
    const { links, mailed, now } = this.parts;
    const id = token && ((await links.use(token, now())) ?? (await mailed.use(visit, token)));
    const account = id ? await this.parts.accounts.byId(id) : undefined;
    return account?.admin && account.audience === 'agents' && !account.disabled ? account.id : undefined;
  }

  private async letIn(visit: Visit, account: string): Promise<Answer> {
    const { sessions, recovery, reporter, log, post, admins } = this.parts;
    await sessions.end(visit.cookies.get(SESSION_COOKIE));
    visit.cookies.clear(SESSION_COOKIE);
    await recovery.open(visit, account);
    log.warn({ account, ip: visit.ip, brand: visit.brand.slug }, 'an admin came in by a recovery link');
    reporter.changed(visit, 'recovery.used', account);
    const when = this.parts.now();
    post.later(async () => {
      const addresses = await admins.addresses();
      await Promise.allSettled(addresses.map((to) => post.post(visit.brand, recoveryLetter(visit, to, when))));
    });
    return { goTo: `${visit.brand.origin}/admin/` };
  }
}
