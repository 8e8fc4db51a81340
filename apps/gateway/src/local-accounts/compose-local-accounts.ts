import type { Provider } from '@nestjs/common';
import type { Accounts, CatalogReader, LocalAccounts } from '@passbroker/catalog';
import type { Breached, Clock, Redis, ServiceIdentity } from '@passbroker/platform';
import type { PasswordHasher } from '@passbroker/usersources';
import type { Reporter } from '../http/reporter.js';
import type { PostRoom } from '../mail/post-room.js';
import type { Pages } from '../pages/pages.js';
import type { PasswordThrottle } from '../passwords/throttle.js';
import type { BrowserSessions } from '../session/browser-session.js';
import type { Decisions } from '../sign-in/decision.js';
import type { CompletionService } from '../sign-in/completion.service.js';
import { ChangePassword } from './change-password.js';
import { LocalDoors } from './local-door.js';
import { LocalPages } from './local-pages.js';
import { LostPassword } from './lost-password.js';
import { MailThrottle } from './mail-throttle.js';
import { MailedLinks } from './mailed-links.js';
import { NewPasswords } from './new-password.js';
import { PasswordChanged } from './password-changed.js';
import { Registration } from './registration.js';

interface Parts {
  now: Clock;
  redis: Redis;
  identity: ServiceIdentity;
  catalog: CatalogReader;
  accounts: Accounts;
  localAccounts: LocalAccounts;
  breached: Breached | undefined;
  hasher: PasswordHasher;
  throttle: PasswordThrottle;
  sessions: BrowserSessions;
  decisions: Decisions;
  completion: CompletionService;
  pages: Pages;
  post: PostRoom;
  reporter: Reporter;
}

/** What the doors of the built-in accounts lead to. */
export function localAccountProviders(parts: Parts): Provider[] {
  const { now, redis, identity, sessions, post, reporter } = parts;
  const shared = {
    ...parts,
    local: parts.localAccounts,
    doors: new LocalDoors(parts.decisions),
    pages: new LocalPages(parts.pages),
    passwords: new NewPasswords(parts.breached),
    changed: new PasswordChanged({ sessions, post, reporter }),
  };
  const byMail = {
    ...shared,
    links: new MailedLinks({ redis, now }),
    throttle: new MailThrottle({ redis, key: identity.derive('mailboxes written to', 32) }),
  };
  return [
    { provide: Registration, useValue: new Registration(byMail) },
    { provide: LostPassword, useValue: new LostPassword(byMail) },
    { provide: ChangePassword, useValue: new ChangePassword(shared) },
  ];
}
