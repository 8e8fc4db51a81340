import type { SignInTransaction } from '@passbroker/model';
import { LANGUAGE_COOKIE, type Cookies } from '../http/cookies.js';
import { textsIn, type Texts } from '../pages/texts.js';
import { firstSpoken, isLanguage, type Language } from './language.js';

const YEAR_SECONDS = 31_536_000;

/** The part of a visit that a language is spoken to. */
export interface Listener {
  cookies: Cookies;
  texts: Texts;
}

/**
 * What somebody chose at the foot of a page, and on which application's walk they did: there it comes before the
 * wish of the application, which they have just overruled; on others it does not.
 */
export function chosen(cookie: string | undefined): { language: Language; on: string | undefined } | undefined {
  const [language, on, ...rest] = (cookie ?? '').split('.');
  return isLanguage(language) && rest.length === 0 ? { language, on } : undefined;
}

const WALK = /(?:\/sign-in\/|[?&]transaction=)([A-Za-z0-9_-]{1,64})/;

export function choose(visit: Pick<Listener, 'cookies'>, language: Language, page: string): void {
  const walk = WALK.exec(decoded(page))?.[1];
  visit.cookies.set(LANGUAGE_COOKIE, walk === undefined ? language : `${language}.${walk}`, YEAR_SECONDS);
}

/** An application said in which language it was speaking to them (`ui_locales`): we go on in it. */
export function speakAsAsked(visit: Listener, { id, ask }: SignInTransaction): void {
  const asked = firstSpoken(ask.uiLocales);
  if (!asked) return;
  const choice = chosen(visit.cookies.get(LANGUAGE_COOKIE));
  if (choice?.on === id) return;
  visit.texts = textsIn(asked);
  // The walk leads over pages that do not know of the application, "lost password" for one: until the browser closes.
  if (!choice) visit.cookies.set(LANGUAGE_COOKIE, asked);
}

function decoded(page: string): string {
  try {
    return decodeURIComponent(page);
  } catch {
    return page;
  }
}
