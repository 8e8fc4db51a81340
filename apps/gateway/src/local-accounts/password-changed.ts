import type { Account } from '@passbroker/model';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import type { PostRoom } from '../mail/post-room.js';
import type { BrowserSessions } from '../session/browser-session.js';
import { passwordChangedLetter } from './letters.js';
import { pathOf, type LocalDoor } from './local-door.js';

/** What follows every change of a password: whoever came in by the old one is out, and its owner hears of it. */
export class PasswordChanged {
  constructor(private readonly parts: { sessions: BrowserSessions; post: PostRoom; reporter: Reporter }) {}

  /** @param except the session this was done in, by its public handle */
  async by(visit: Visit, local: LocalDoor, account: Account, except?: string): Promise<void> {
    const { sessions, post, reporter } = this.parts;
    await sessions.endAll(account.id, except);
    reporter.changed(visit, 'password.changed', account.id);
    const { brand, texts } = visit;
    const href = `${brand.origin}${pathOf(local, 'lost-password')}${local.off}`;
    post.later(async () => {
      for (const { value, verified } of account.emails.slice(0, 5)) {
        if (verified) await post.post(brand, passwordChangedLetter(texts, value, brand.name, href));
      }
    });
  }
}
