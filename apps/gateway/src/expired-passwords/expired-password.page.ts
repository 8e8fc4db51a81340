import type { Answer } from '../http/answer.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import { formAction, type Door } from '../sign-in/door.js';
import type { Fault, NewPassword } from './expired-passwords.js';

/**
 * The directory wants a new password before it lets somebody in. The form posts where the sign-in form did, so that
 * policy judges it as it judged that one. It holds their name, and no password: whoever finds the page open has to
 * know the current one.
 */
export class ExpiredPasswordPage {
  constructor(private readonly pages: Pages) {}

  show(visit: Visit, door: Door, asked: Pick<NewPassword, 'source' | 'username'>, fault?: Fault, status = 422): Answer {
    const off = visit.query.get('sso') === 'off';
    const { title, text, submit } = visit.texts.expiredPassword;
    const show = this.pages.draw('expiredPassword', visit, {
      ...{ title, text, submit, fault },
      action: `${formAction(door)}${off ? '?sso=off' : ''}`,
      token: formToken(visit.binding),
      source: asked.source,
      username: asked.username,
      returnTo: 'returnTo' in door.to ? door.to.returnTo : undefined,
    });
    return { show, status: fault ? status : 200 };
  }
}
