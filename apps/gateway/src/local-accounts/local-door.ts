import type { Audience } from '@passbroker/model';
import { Refusal } from '@passbroker/model';
import type { Visit } from '../http/visit.js';
import type { SignedIn } from '../session/browser-session.js';
import { denied, type Decisions } from '../sign-in/decision.js';
import { HOME, ownDoor, type Door } from '../sign-in/door.js';
import { pathOfOurs } from '../sign-in/return-to.js';

export type LocalPage = 'register' | 'lost-password' | 'change-password';

/** Where one of the built-in accounts' pages stands: on the face of the brand it was asked for on. */
export interface LocalDoor {
  door: Door;
  audience: Audience;
  /** `?sso=off` where that brought the person here: without it the page would not be offered under Automatic SSO. */
  off: string;
  returnTo: string | undefined;
}

/**
 * The pages of the built-in accounts are there exactly when the sign-in page of this request shows their link (rule
 * 13): policy is asked what it would say to a post of them, for a page that cannot be posted shall not be shown (I11).
 */
export class LocalDoors {
  constructor(private readonly decisions: Decisions) {}

  /** @throws Refusal usersource.unknown where the page is not offered */
  async enter(visit: Visit, returnTo: string | undefined, who?: SignedIn): Promise<LocalDoor> {
    const door = ownDoor(visit.path, undefined);
    const decision = await this.decisions.ask(visit, door, { kind: 'submit', who });
    if (decision.action === 'step_up') throw new Refusal('not_admitted', 'a second factor comes first');
    if (decision.action !== 'pass') throw denied(decision.reason);
    return {
      door,
      audience: door.surface === 'portal' ? 'users' : 'agents',
      off: visit.query.get('sso') === 'off' ? '?sso=off' : '',
      returnTo: pathOfOurs(returnTo, visit.brand.origin),
    };
  }
}

export const pathOf = ({ door }: LocalDoor, page: LocalPage | 'login'): string =>
  door.surface === 'portal' ? `/${page}` : `/${door.surface}/${page}`;

export const homeOf = ({ door }: LocalDoor): string => HOME[door.surface];

/** Back to where the sign-in began, or to the sign-in page. */
export function signInPath(local: LocalDoor): string {
  const { returnTo, off } = local;
  if (returnTo?.startsWith('/sign-in/')) return `${returnTo}${off}`;
  const query = new URLSearchParams(returnTo === undefined ? {} : { return_to: returnTo });
  if (off) query.set('sso', 'off');
  const asked = query.toString();
  return asked === '' ? pathOf(local, 'login') : `${pathOf(local, 'login')}?${asked}`;
}
