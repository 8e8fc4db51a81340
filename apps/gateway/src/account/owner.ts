import { Refusal } from '@passbroker/model';
import type { Clock } from '@passbroker/platform';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import type { Visit } from '../http/visit.js';
import type { BrowserSessions, SignedIn } from '../session/browser-session.js';
import type { Decisions } from '../sign-in/decision.js';
import { ownDoor, secondFactorHref } from '../sign-in/door.js';
import { pathOfOurs } from '../sign-in/return-to.js';

/** How long a proof is good for changing what the account can be proved by. */
const FRESH_MS = 10 * 60_000;

/** The person whose account this is, or where to go to become that. */
export type Owned = { who: SignedIn } | { answer: Answer };

/** Who may look at their own account, and who may change how it is proved. Policy is asked as for any page. */
export class Owner {
  constructor(
    private readonly parts: {
      sessions: BrowserSessions;
      decisions: Decisions;
      hasSecondFactor: (visit: Visit, account: string) => Promise<boolean>;
      now: Clock;
    },
  ) {}

  /** `unfinished` lets somebody in who still owes their second factor: for the pages where they show it. */
  async of(visit: Visit, back: string, { unfinished = false } = {}): Promise<Owned> {
    const { sessions, decisions } = this.parts;
    const who = await sessions.find(visit.cookies.get(SESSION_COOKIE));
    const door = back.startsWith('/agent/') ? '/agent' : '';
    const decision = await decisions.ask(visit, ownDoor(`${door}/account`, back), { kind: 'navigate', who });
    if (who && (decision.action === 'allow' || (decision.action === 'step_up' && unfinished))) return { who };
    if (who && decision.action === 'step_up') return goTo(visit, secondFactorHref({ returnTo: back }));
    return goTo(visit, `${door}/login?${new URLSearchParams({ return_to: back }).toString()}`);
  }

  /**
   * The same, and they have just proved themselves: by a second factor where they have one, else by a fresh sign-in.
   * A session left open must not be enough to lock its owner out (LINK-010).
   */
  async fresh(visit: Visit, back: string, options: { unfinished?: boolean } = {}): Promise<Owned> {
    const owned = await this.of(visit, back, options);
    if ('answer' in owned) return owned;
    const factor = await this.parts.hasSecondFactor(visit, owned.who.account.id);
    if (this.isFresh(owned.who, factor)) return owned;
    return goTo(visit, factor ? secondFactorHref({ returnTo: back }) : confirmHref(back));
  }

  isFresh({ session }: SignedIn, factor: boolean): boolean {
    const at = factor ? session.mfaAt : session.authTime;
    return at !== undefined && this.parts.now().getTime() - at < FRESH_MS;
  }
}

export const confirmHref = (back: string): string =>
  `/account/confirm?${new URLSearchParams({ return_to: back }).toString()}`;

/** @throws Refusal request.malformed where no page of ours is named */
export function backFrom(visit: Visit, value: string | null | undefined): string {
  const back = pathOfOurs(value ?? undefined, visit.brand.origin);
  if (back === undefined) throw new Refusal('request.malformed', 'no page of ours to go back to');
  return back;
}

const goTo = (visit: Visit, href: string): { answer: Answer } => ({ answer: { goTo: visit.brand.origin + href } });
