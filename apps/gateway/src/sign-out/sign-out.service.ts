import { z } from 'zod';
import { Refusal } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import { openFrame, sealFrame, type CheckSignature, type Clock, type ServiceIdentity } from '@passbroker/platform';
import type { Answer } from '../http/answer.js';
import { PROBE_COOKIE, PROBE_SECONDS, SESSION_COOKIE } from '../http/cookies.js';
import type { Reporter } from '../http/reporter.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { RecoverySessions } from '../recovery/recovery-sessions.js';
import type { BrowserSessions, SignedIn } from '../session/browser-session.js';
import type { Flash } from '../sign-in/flash.js';
import { formTargets } from '../sign-in/form-targets.js';
import type { UpstreamSignOutService } from './upstream-sign-out.service.js';

const HAND_BACK_MS = 5 * 60_000;

/** What the minter says when an application asked to sign somebody out. */
const askShape = z.object({
  id: z.string().min(1).max(128),
  /** Where the minter takes the sign-out back. */
  returnTo: z
    .string()
    .max(1024)
    .regex(/^\/oidc\/[\w\-./~]*$/),
  /** The application showed whose pass it holds (a valid id_token_hint): nobody needs to be asked. */
  confirmed: z.boolean(),
  /** Handle or account the hint was about: a hint about somebody else confirms nothing. */
  session: z.string().optional(),
  account: z.string().optional(),
  application: z.string().optional(),
});
type SignOutAsk = z.infer<typeof askShape>;

/** Without the application's name the page cannot know where its post will end. */
const ANY_APPLICATION = ['https:', 'http://localhost:*', 'http://127.0.0.1:*'];

interface Parts {
  identity: ServiceIdentity;
  check: CheckSignature;
  now: Clock;
  catalog: CatalogReader;
  sessions: BrowserSessions;
  recovery: RecoverySessions;
  /** The way over the usersource, where its session can be ended too. */
  upstream: Pick<UpstreamSignOutService, 'over'>;
  flash: Flash;
  pages: Pages;
  reporter: Reporter;
}

/**
 * Leaving: here first, then the minter tells the applications. It hands an application's wish over in a signed
 * frame (`then`) and is told in another what became of it; neither calls the other.
 */
export class SignOutService {
  constructor(private readonly parts: Parts) {}

  /** GET: asks, unless an application has already shown that it may (WEB-002). */
  async ask(visit: Visit): Promise<Answer> {
    const then = visit.query.get('then') ?? undefined;
    const wish = then === undefined ? undefined : this.wish(then);
    const who = await this.who(visit);
    if (!who) {
      this.parts.flash.leave(visit, { loggedOut: true });
      return wish ? this.handBack(visit, wish.returnTo, wish.id, true) : { goTo: `${visit.brand.origin}/signed-out` };
    }
    if (wish?.confirmed && isAbout(wish, who)) return this.leave(visit, who, wish);
    return this.question(visit, who, wish, then);
  }

  /** POST of that page, or of the portal's own button. */
  async answer(visit: Visit, fields: Readonly<Record<string, string>>): Promise<Answer> {
    const then = fields['then'];
    const wish = then === undefined ? undefined : this.wish(then);
    if (fields['answer'] === 'no') {
      return wish ? this.handBack(visit, wish.returnTo, wish.id, false) : { goTo: `${visit.brand.origin}/` };
    }
    const who = await this.who(visit);
    return this.leave(visit, who, wish);
  }

  private async who(visit: Visit): Promise<SignedIn | undefined> {
    const { sessions, recovery } = this.parts;
    return (await sessions.find(visit.cookies.get(SESSION_COOKIE))) ?? recovery.find(visit);
  }

  private async leave(visit: Visit, who: SignedIn | undefined, wish: SignOutAsk | undefined): Promise<Answer> {
    const { sessions, recovery, flash, reporter } = this.parts;
    await sessions.end(visit.cookies.get(SESSION_COOKIE));
    await recovery.end(visit);
    visit.cookies.clear(SESSION_COOKIE);
    // Automatic SSO must not sign them straight in again.
    flash.leave(visit, { loggedOut: true });
    // Nor background SSO, which would do so at the page after the next.
    visit.cookies.set(PROBE_COOKIE, 'tried', PROBE_SECONDS);
    if (who) reporter.ended(visit, who.account.id);
    const back = this.handBack(visit, wish?.returnTo ?? '/oidc/session/ended', wish?.id ?? '', true);
    return who ? this.parts.upstream.over(visit, who, back) : back;
  }

  private handBack(visit: Visit, returnTo: string, id: string, ended: boolean): { goTo: string } {
    const deadline = new Date(this.parts.now().getTime() + HAND_BACK_MS);
    const frame = sealFrame(this.parts.identity, 'signed-out', { id, ended }, deadline);
    return { goTo: `${visit.brand.origin}${returnTo}?signed_out=${frame}` };
  }

  private async question(
    visit: Visit,
    who: SignedIn,
    wish: SignOutAsk | undefined,
    then: string | undefined,
  ): Promise<Answer> {
    const { title, question, text, confirm, stay } = visit.texts.signOut;
    const application =
      wish?.application === undefined ? undefined : await this.parts.catalog.application(wish.application);
    const show = this.parts.pages.confirm(visit, {
      title,
      heading: question(who.account.name),
      text,
      action: '/logout',
      token: formToken(visit.binding),
      hidden: then === undefined ? [] : [{ name: 'then', value: then }],
      yes: confirm,
      no: stay,
    });
    const targets = application ? formTargets(application) : wish ? ANY_APPLICATION : [];
    return { show, status: 200, formTargets: targets };
  }

  /** @throws Refusal bus.unauthentic, bus.late, request.malformed */
  private wish(frame: string): SignOutAsk {
    if (frame.length > 4_096) throw new Refusal('request.malformed', 'the sign-out frame is too long');
    const opened = openFrame(frame, 'sign-out', 'minter', this.parts.check, this.parts.now());
    const wish = askShape.safeParse(opened.body);
    if (!wish.success) throw new Refusal('request.malformed', 'the sign-out frame has another shape');
    return wish.data;
  }
}

function isAbout(wish: SignOutAsk, who: SignedIn): boolean {
  if (wish.session !== undefined && wish.session !== who.session.id) return false;
  return wish.account === undefined || wish.account === who.account.id;
}
