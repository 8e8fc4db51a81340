import { Eta } from 'eta';
import type { Brand } from '@passbroker/model';
import { withAddresses } from './addresses.js';
import { assetNames } from './assets.js';
import { markOf } from './marks/marks.js';
import { account } from './templates/account.js';
import { expiredPassword } from './templates/expired-password.js';
import { layout } from './templates/layout.js';
import { askForAddress, note, setPassword } from './templates/local-accounts.js';
import { guest, portal } from './templates/portal.js';
import { ownership, ownershipCode } from './templates/ownership.js';
import { recovery } from './templates/recovery.js';
import { challenge, chooser, newApp, newPasskey, recoveryCodes } from './templates/second-factor.js';
import { confirm, error, postForm, signedOut } from './templates/short.js';
import { signIn } from './templates/sign-in.js';
import { trial } from './templates/trial.js';
import { LANGUAGES } from '../languages/language.js';
import { momentIn } from '../languages/dates.js';
import type { Texts } from './texts.js';

/** Whose page it is, in which words: what a visit knows of itself. */
export interface Face {
  brand: Pick<Brand, 'name' | 'looks'>;
  texts: Texts;
  /** The page itself, to come back to in another language. Left out or empty: it speaks one. */
  page?: string;
}

export interface Way {
  href: string;
  label: string;
  /** Of the usersource it leads to: its mark is drawn where it is an icon. */
  type?: string | undefined;
}

export interface SignInView {
  agents: boolean;
  application: string | undefined;
  notice: string | undefined;
  error: string | undefined;
  form: { action: string; token: string; username: string; returnTo: string | undefined } | undefined;
  buttons: Way[];
  icons: Way[];
  bypassHref: string | undefined;
  /** Where a built-in account's form is, its passkey will do as well. */
  passkeyHref: string | undefined;
  lostPasswordHref: string | undefined;
  registerHref: string | undefined;
}

export interface PersonView {
  name: string;
  email: string | undefined;
  through: string;
  since: Date;
  role: string;
}

export interface ConfirmView {
  title: string;
  heading: string;
  text: string;
  action: string;
  token: string;
  hidden: { name: string; value: string }[];
  yes: string;
  no: string;
}

export interface AddressView {
  title: string;
  heading: string;
  text: string;
  submit: string;
  field: 'email' | 'username';
  label: string;
  value: string;
  error: string | undefined;
  action: string;
  token: string;
  returnTo: string | undefined;
  back: Way;
}

export interface PasswordView {
  title: string;
  text: string;
  submit: string;
  action: string;
  token: string;
  /** Whose password, for the person and their password manager. */
  email: string;
  name?: string;
  old?: boolean;
  fault: { field: string; text: string } | undefined;
}

export interface NoteView {
  title: string;
  heading: string;
  paragraphs: readonly string[];
  way: Way;
}

/** Draws. Compiled once at start; every value is escaped by the template engine, none is trusted. */
export class Pages {
  private readonly eta = new Eta({ autoEscape: true, autoTrim: false });

  constructor() {
    const own = {
      account,
      challenge,
      chooser,
      newApp,
      newPasskey,
      recoveryCodes,
      recovery,
      ownership,
      ownershipCode,
      trial,
    };
    const templates = {
      layout,
      signIn,
      guest,
      portal,
      confirm,
      postForm,
      error,
      signedOut,
      askForAddress,
      note,
      setPassword,
      expiredPassword,
      ...own,
    };
    for (const [name, template] of Object.entries(templates)) this.eta.loadTemplate(`@${name}`, template);
  }

  signIn(face: Face, view: SignInView): string {
    const { brand, texts } = face;
    const heading = view.agents ? texts.signIn.forAgents : texts.signIn.heading(brand.name);
    const icons = view.icons.map((way) => ({ ...way, initial: initialOf(way.label), mark: markOf(way.type) }));
    return this.draw('signIn', face, { ...view, title: texts.signIn.title, heading, icons });
  }

  guest(face: Face): string {
    return this.draw('guest', face, { title: face.brand.name });
  }

  portal(face: Face, view: { person: PersonView; areas: (Way & { here: boolean })[]; token: string }): string {
    const { name, since } = view.person;
    const sinceText = momentIn(face.texts.lang, since);
    const person = { ...view.person, since: since.toISOString(), sinceText };
    return this.draw('portal', face, { ...view, person, title: face.brand.name, wide: true, avatar: initialOf(name) });
  }

  confirm(face: Face, view: ConfirmView): string {
    return this.draw('confirm', face, { ...view });
  }

  postForm(face: Face, action: string, fields: Readonly<Record<string, string>>): string {
    const hidden = Object.entries(fields).map(([name, value]) => ({ name, value }));
    return this.draw('postForm', face, { title: face.texts.postForm.title, action, hidden });
  }

  signedOut(face: Face): string {
    return this.draw('signedOut', face, { title: face.texts.signedOut.title });
  }

  error(
    face: Face,
    view: { heading: string; text: string; reference: string | undefined; again: Way | undefined },
  ): string {
    return this.draw('error', face, { ...view, title: face.texts.error.title });
  }

  askForAddress(face: Face, view: AddressView): string {
    return this.draw('askForAddress', face, { ...view });
  }

  setPassword(face: Face, view: PasswordView): string {
    return this.draw('setPassword', face, { ...view });
  }

  note(face: Face, view: NoteView): string {
    return this.draw('note', face, { ...view });
  }

  /** For rooms that know their own view. */
  draw(template: string, face: Face, view: Record<string, unknown>): string {
    const { brand, texts, page } = face;
    const about = { brand, texts, withAddresses, assets: assetNames(brand), initial: initialOf(brand.name) };
    return this.eta.render(`@${template}`, { ...view, ...about, languages: languagesFor(texts.lang, page) });
  }
}

const initialOf = (name: string): string => [...name.trim()][0]?.toUpperCase() ?? '·';

/** Links, so that they work without script and lead back to any page. */
const languagesFor = (
  spoken: string,
  page: string | undefined,
): { lang: string; name: string; href: string; here: boolean }[] =>
  page === undefined || page === ''
    ? []
    : Object.entries(LANGUAGES).map(([lang, name]) => ({
        lang,
        name,
        href: `/language/${lang}?${new URLSearchParams({ return_to: page }).toString()}`,
        here: lang === spoken,
      }));
