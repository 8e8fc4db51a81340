import { Eta } from 'eta';
import type { Brand } from '@passbroker/model';
import { assetNames } from './assets.js';
import { account } from './templates/account.js';
import { layout } from './templates/layout.js';
import { askForAddress, note, setPassword } from './templates/local-accounts.js';
import { guest, portal } from './templates/portal.js';
import { challenge, chooser, newApp, newPasskey, recoveryCodes } from './templates/second-factor.js';
import { confirm, error, postForm, signedOut } from './templates/short.js';
import { signIn } from './templates/sign-in.js';
import { texts } from './texts.en.js';

/** As much of a brand as a page shows. */
export type Face = Pick<Brand, 'name' | 'looks'>;

export interface Way {
  href: string;
  label: string;
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
    const own = { account, challenge, chooser, newApp, newPasskey, recoveryCodes };
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
      ...own,
    };
    for (const [name, template] of Object.entries(templates)) this.eta.loadTemplate(`@${name}`, template);
  }

  signIn(brand: Face, view: SignInView): string {
    const heading = view.agents ? texts.signIn.forAgents : texts.signIn.heading(brand.name);
    const icons = view.icons.map((way) => ({ ...way, initial: initialOf(way.label) }));
    return this.draw('signIn', brand, { ...view, title: texts.signIn.title, heading, icons });
  }

  guest(brand: Face): string {
    return this.draw('guest', brand, { title: brand.name });
  }

  portal(brand: Face, view: { person: PersonView; areas: (Way & { here: boolean })[]; token: string }): string {
    const { name, since } = view.person;
    const sinceText = `${since.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    const person = { ...view.person, since: since.toISOString(), sinceText };
    return this.draw('portal', brand, { ...view, person, title: brand.name, wide: true, avatar: initialOf(name) });
  }

  confirm(brand: Face, view: ConfirmView): string {
    return this.draw('confirm', brand, { ...view });
  }

  postForm(brand: Face, action: string, fields: Readonly<Record<string, string>>): string {
    const hidden = Object.entries(fields).map(([name, value]) => ({ name, value }));
    return this.draw('postForm', brand, { title: texts.postForm.title, action, hidden });
  }

  signedOut(brand: Face): string {
    return this.draw('signedOut', brand, { title: texts.signedOut.title });
  }

  error(
    brand: Face,
    view: { heading: string; text: string; reference: string | undefined; again: Way | undefined },
  ): string {
    return this.draw('error', brand, { ...view, title: texts.error.title });
  }

  askForAddress(brand: Face, view: AddressView): string {
    return this.draw('askForAddress', brand, { ...view });
  }

  setPassword(brand: Face, view: PasswordView): string {
    return this.draw('setPassword', brand, { ...view });
  }

  note(brand: Face, view: NoteView): string {
    return this.draw('note', brand, { ...view });
  }

  /** For rooms that know their own view. */
  draw(template: string, brand: Face, view: Record<string, unknown>): string {
    const assets = assetNames(brand);
    return this.eta.render(`@${template}`, { ...view, brand, assets, texts, initial: initialOf(brand.name) });
  }
}

const initialOf = (name: string): string => [...name.trim()][0]?.toUpperCase() ?? '·';
