import type { SignInAsk, SignInTransaction, Surface } from '@passbroker/model';
import { surfaceOf } from '@passbroker/usersource-policy';
import type { Destination } from './walks.js';

const NOTHING_ASKED: SignInAsk = { forceFresh: false, silent: false };

/** Where somebody stands who may have to sign in: as policy sees it, and where they go from there. */
export interface Door {
  /** The path that policy judges. */
  path: string;
  surface: Surface;
  transaction: SignInTransaction | undefined;
  to: Destination;
  ask: SignInAsk;
}

/** The page and the posts of an application's walk are the login page of its audience, asked for by a client. */
export const applicationDoor = (transaction: SignInTransaction): Door => ({
  path: '/login',
  surface: transaction.audience === 'agents' ? 'agent' : 'portal',
  transaction,
  to: { transaction: transaction.id },
  ask: transaction.ask,
});

export function ownDoor(path: string, returnTo: string | undefined): Door {
  const surface = surfaceOf(path);
  return { path, surface, transaction: undefined, to: { returnTo: returnTo ?? HOME[surface] }, ask: NOTHING_ASKED };
}

export const HOME: Record<Surface, string> = { portal: '/', agent: '/agent/', admin: '/admin/' };

/** Where the form of this door posts to, and where its buttons lead. */
export function formAction(door: Door): string {
  if (door.transaction) return `/sign-in/${door.transaction.id}`;
  return door.surface === 'portal' ? '/login' : `/${door.surface}/login`;
}

/** What goes with somebody through pages in between, so that they get where they were going. */
export const destinationQuery = (to: Destination): string =>
  new URLSearchParams('transaction' in to ? to : { return_to: to.returnTo }).toString();

export const destinationHref = (to: Destination): string =>
  'transaction' in to ? `/sign-in/${to.transaction}` : to.returnTo;

export const secondFactorHref = (to: Destination): string => `/second-factor?${destinationQuery(to)}`;

export const isSecondFactor = (path: string): boolean => /^\/second-factor(?=[/?]|$)/.test(path);

/** Where a passkey stands in for the form of this door. */
export const passkeyAction = (door: Door): string =>
  door.surface === 'portal' || door.transaction ? '/passkey' : `/${door.surface}/passkey`;

/** Where the sign-in page's own link leads. */
export const passkeyHref = (door: Door, off: boolean): string =>
  `${passkeyAction(door)}?${destinationQuery(door.to)}${off ? '&sso=off' : ''}`;

export function startHref(door: Door, slug: string, ssoOff: boolean): string {
  const query = new URLSearchParams('transaction' in door.to ? door.to : { return_to: door.to.returnTo });
  if (ssoOff) query.set('sso', 'off');
  return `/sso/start/${encodeURIComponent(slug)}?${query.toString()}`;
}

/** The pages of the built-in accounts, on the same face of the brand; they lead back to this walk. */
export function localHref(door: Door, page: 'lost-password' | 'register', ssoOff: boolean): string {
  const path = door.surface === 'portal' ? `/${page}` : `/${door.surface}/${page}`;
  const back = 'transaction' in door.to ? `/sign-in/${door.to.transaction}` : door.to.returnTo;
  const query = new URLSearchParams(back === HOME[door.surface] ? {} : { return_to: back });
  if (ssoOff) query.set('sso', 'off');
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}
