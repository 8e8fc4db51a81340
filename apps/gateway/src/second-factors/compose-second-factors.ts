import type { Provider } from '@nestjs/common';
import type { Accounts, CatalogReader, SecondFactorStore } from '@passbroker/catalog';
import type { Clock, Redis, ServiceIdentity } from '@passbroker/platform';
import { AccountService } from '../account/account.service.js';
import { LinkingService } from '../account/linking.service.js';
import { Owner } from '../account/owner.js';
import { PendingLinks } from '../account/pending-links.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { BrowserSessions } from '../session/browser-session.js';
import type { Decisions } from '../sign-in/decision.js';
import type { CompletionService } from '../sign-in/completion.service.js';
import { ChallengeService } from './challenge.service.js';
import { EnrolmentService } from './enrolment.service.js';
import { PasskeySignIn } from './passkey-sign-in.js';
import { Passkeys } from './passkeys.js';
import { SecondFactors } from './second-factors.js';
import { SecondFactorTries } from './tries.js';

interface Parts {
  identity: ServiceIdentity;
  now: Clock;
  redis: Redis;
  catalog: CatalogReader;
  accounts: Accounts;
  store: SecondFactorStore;
  sessions: BrowserSessions;
  decisions: Decisions;
  pages: Pages;
  reporter: Reporter;
}

/** What the sign-in asks of these rooms, and then, given the sign-in, their doors. */
export function composeSecondFactors(parts: Parts) {
  const { identity, redis, now, store, decisions, sessions } = parts;
  const keys = { secrets: identity.derive('totp secrets', 32), codes: identity.derive('recovery codes', 32) };
  const factors = new SecondFactors({ store, tries: new SecondFactorTries(redis), now, keys });
  const passkeys = new Passkeys({ redis, now, store });
  const hasSecondFactor = (visit: Visit, account: string) => factors.has(visit, account);
  const owner = new Owner({ sessions, decisions, hasSecondFactor, now });
  const linking = new LinkingService({ ...parts, owner, pending: new PendingLinks(redis) });

  return {
    hasSecondFactor,
    linkProved: linking.proved.bind(linking),
    providers(completion: CompletionService): Provider[] {
      const own = { ...parts, owner, factors, passkeys, completion };
      const challenge = new ChallengeService(own);
      return [
        { provide: ChallengeService, useValue: challenge },
        { provide: EnrolmentService, useValue: new EnrolmentService({ ...own, challenge }) },
        { provide: PasskeySignIn, useValue: new PasskeySignIn(own) },
        { provide: AccountService, useValue: new AccountService(own) },
        { provide: LinkingService, useValue: linking },
      ];
    },
  };
}
