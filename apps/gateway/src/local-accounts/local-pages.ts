import type { Account } from '@passbroker/model';
import type { Answer } from '../http/answer.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import { pathOf, signInPath, type LocalDoor } from './local-door.js';
import type { Fault } from './new-password.js';

type Asking = 'register' | 'lost-password';

/** What a post of the first page came to, to be said on that page. */
interface Trouble {
  typed: string;
  trouble: 'address' | 'name' | 'throttled';
  wait?: number;
}

/** Draws the pages of the built-in accounts. */
export class LocalPages {
  constructor(private readonly pages: Pages) {}

  askForAddress(visit: Visit, local: LocalDoor, page: Asking, trouble?: Trouble): Answer {
    const { register, lostPassword, faults } = visit.texts.localAccounts;
    const wait = trouble?.wait ?? 0;
    const words = page === 'register' ? register : lostPassword;
    const errors = {
      address: faults.address,
      name: faults.username,
      throttled: visit.texts.signIn.throttled(minutes(wait)),
    };
    const show = this.pages.askForAddress(visit, {
      title: words.title,
      heading: words.heading,
      text: words.text,
      submit: words.submit,
      field: page === 'register' ? 'email' : 'username',
      label: page === 'register' ? visit.texts.localAccounts.email : visit.texts.signIn.username,
      value: trouble?.typed.slice(0, 320) ?? '',
      error: trouble && errors[trouble.trouble],
      action: `${pathOf(local, page)}${local.off}`,
      token: formToken(visit.binding),
      returnTo: local.returnTo,
      back: { href: signInPath(local), label: visit.texts.localAccounts.backToSignIn },
    });
    if (!trouble) return { show, status: 200 };
    return { show, status: wait > 0 ? 429 : 422, ...(wait > 0 && { retryAfterSec: wait / 1_000 }) };
  }

  /** One page for every address. */
  sent(visit: Visit, local: LocalDoor, page: Asking, typed: string): Answer {
    const { register, lostPassword, backToSignIn, mailHint } = visit.texts.localAccounts;
    const { sentTitle: title, sent } = page === 'register' ? register : lostPassword;
    const way = { href: signInPath(local), label: backToSignIn };
    const show = this.pages.note(visit, { title, heading: title, paragraphs: [sent(typed), mailHint], way });
    return { show, status: 200 };
  }

  finishRegistration(visit: Visit, local: LocalDoor, person: { email: string; name: string }, fault?: Fault): Answer {
    const { finishTitle: title, finishText: text, finishSubmit: submit } = visit.texts.localAccounts.register;
    return this.setPassword(visit, local, { title, text, submit, email: person.email, name: person.name }, fault);
  }

  resetPassword(visit: Visit, local: LocalDoor, email: string, fault?: Fault): Answer {
    const { finishTitle: title, finishText: text, finishSubmit: submit } = visit.texts.localAccounts.lostPassword;
    return this.setPassword(visit, local, { title, text, submit, email }, fault);
  }

  changePassword(visit: Visit, local: LocalDoor, account: Account, fault?: Fault, status?: number): Answer {
    const { title, text, submit } = visit.texts.localAccounts.changePassword;
    const email = account.emails[0]?.value ?? account.username ?? account.name;
    return this.setPassword(visit, local, { title, text, submit, email, old: true }, fault, status);
  }

  changed(visit: Visit, href: string): Answer {
    const { doneTitle: title, done, go } = visit.texts.localAccounts.changePassword;
    const show = this.pages.note(visit, { title, heading: title, paragraphs: [done], way: { href, label: go } });
    return { show, status: 200 };
  }

  private setPassword(
    visit: Visit,
    local: LocalDoor,
    view: { title: string; text: string; submit: string; email: string; name?: string; old?: boolean },
    fault: Fault | undefined,
    status = 422,
  ): Answer {
    const show = this.pages.setPassword(visit, {
      ...view,
      action: `${visit.path}${local.off}`,
      token: formToken(visit.binding),
      fault,
    });
    return { show, status: fault ? status : 200 };
  }
}

const minutes = (ms: number): number => Math.ceil(ms / 60_000);
