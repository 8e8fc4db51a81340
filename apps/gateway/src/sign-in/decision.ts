import { Refusal, type RefusalCode, type SignInAsk } from '@passbroker/model';
import { decide, type Decision, type SessionInput } from '@passbroker/usersource-policy';
import type { Clock } from '@passbroker/platform';
import { PROBE_COOKIE } from '../http/cookies.js';
import type { Visit } from '../http/visit.js';
import type { SignedIn } from '../session/browser-session.js';
import { asksForMfa } from './acr.js';
import type { Door } from './door.js';
import type { Flash } from './flash.js';
import type { PolicyConfigs } from './policy-config.js';

export interface Question {
  kind: 'navigate' | 'fetch' | 'submit';
  who: SignedIn | undefined;
  hops?: number;
  /** Instead of the door's own path: a click on a source. */
  path?: string;
  /** Whether a recovery link was shown, and was one. */
  bypass?: 'recovery_valid' | 'recovery_invalid';
}

/** The one place that asks policy: the page and whatever is posted to it are judged by the same facts (I11). */
export class Decisions {
  constructor(private readonly parts: { configs: PolicyConfigs; flash: Flash; now: Clock }) {}

  async ask(visit: Visit, door: Door, { kind, who, hops = 0, path = door.path, bypass }: Question): Promise<Decision> {
    const told = this.parts.flash.read(visit);
    const config = await this.parts.configs.of(visit.brand, who?.session.brand);
    return decide(config, {
      brand: visit.brand.id,
      path,
      kind,
      client: door.transaction ? { audience: door.transaction.audience } : null,
      session: who ? this.sessionInput(who) : null,
      bypass: bypass ?? (visit.query.get('sso') === 'off' ? 'sso_off' : 'none'),
      prompt: promptOf(answered(door, who)),
      mfaAsked: who?.session.owesFactor === true || asksForMfa(door.ask.acr),
      maxAge: door.ask.maxAge ?? null,
      loginHint: door.ask.loginHint ?? null,
      idpHint: door.ask.usersourceHint ?? null,
      ip: visit.ip,
      // A browser that has shown no cookie yet would be probed again and again: first the cookie, then the probe.
      probe: !visit.bound ? 'no_cookies' : visit.cookies.get(PROBE_COOKIE) === undefined ? 'untried' : 'failed',
      lastError: told.error ?? null,
      justLoggedOut: told.loggedOut ?? false,
      hops,
    });
  }

  /** For somebody who proves the first factor anew: a session that owes its second is no obstacle to that. */
  async askAnew(visit: Visit, door: Door, question: Question): Promise<Decision> {
    const decision = await this.ask(visit, door, question);
    return decision.action === 'step_up' ? this.ask(visit, door, { ...question, who: undefined }) : decision;
  }

  private sessionInput({ session, account, usersource, recovery = false }: SignedIn): SessionInput {
    const now = this.parts.now().getTime();
    const since = (then: number): number => Math.max(0, (now - then) / 1_000);
    return {
      brand: session.brand,
      audience: session.audience,
      usersource: usersource.slug,
      admin: account.admin,
      ageSec: since(session.createdAt),
      idleSec: since(session.lastSeen),
      authAgeSec: since(session.authTime),
      mfa: session.mfa,
      recovery,
    };
  }
}

/** Who signed in since the application asked has answered `prompt=login`: a second factor sends them by here again. */
function answered(door: Door, who: SignedIn | undefined): SignInAsk {
  const { ask, transaction } = door;
  if (!transaction || !who || who.session.authTime <= transaction.openedAt) return ask;
  return { ...ask, forceFresh: false, selectAccount: false };
}

function promptOf(ask: SignInAsk): 'none' | 'login' | 'select_account' | null {
  if (ask.silent) return 'none';
  if (ask.forceFresh) return 'login';
  return ask.selectAccount ? 'select_account' : null;
}

const DENIALS: Partial<Record<string, RefusalCode>> = {
  'brand.unknown': 'brand.unknown',
  'path.not_canonical': 'request.malformed',
  'source.unknown': 'usersource.unknown',
  'local.not_offered': 'usersource.unknown',
  'recovery.refused': 'usersource.unknown',
  'admin.required': 'not_admitted',
  no_signin_method: 'service.unavailable',
};

export const denied = (reason: string): Refusal => new Refusal(DENIALS[reason] ?? 'usersource.not_offered', reason);
