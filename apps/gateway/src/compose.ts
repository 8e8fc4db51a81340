import type { RequestListener } from 'node:http';
import type { Provider } from '@nestjs/common';
import { Counter, type Registry } from 'prom-client';
import { EndedAnnouncements, type QuestionHandlers } from '@passbroker/bus';
import type {
  AdminAddresses,
  RecoveryLinks,
  Accounts,
  CatalogReader,
  KeptPasswords,
  Confirmations,
  SecondFactorStore,
  LocalAccounts,
} from '@passbroker/catalog';
import {
  trustedProxies,
  type Breached,
  type CheckSignature,
  type Clock,
  type Logger,
  type MayReach,
  type Redis,
  type ServiceIdentity,
} from '@passbroker/platform';
import { EndedSessions, ReplayGuard, SignInTransactions } from '@passbroker/sign-in';
import type { PasswordHasher } from '@passbroker/usersources';
import { AddressesAsked } from './addresses-asked/addresses-asked.service.js';
import { PendingAddresses } from './addresses-asked/pending-addresses.js';
import { ExpiredPasswordPage } from './expired-passwords/expired-password.page.js';
import { openServer } from './http/server.js';
import { RefusalPages } from './http/refusal-pages.js';
import { RefusalFilter } from './http/refusal.filter.js';
import { Reporter, type Audit } from './http/reporter.js';
import { Visits } from './http/visit.js';
import { localAccountProviders } from './local-accounts/compose-local-accounts.js';
import { MailThrottle } from './local-accounts/mail-throttle.js';
import type { Mailer } from './mail/letter.js';
import { Outbox } from './mail/outbox.js';
import { PostRoom } from './mail/post-room.js';
import { Negotiate } from './negotiate/negotiate.js';
import { Pages } from './pages/pages.js';
import { Argon2Hasher } from './passwords/argon2.hasher.js';
import { KnownDevices } from './passwords/known-device.js';
import { passwordBook } from './passwords/password-book.js';
import { shadowsIn } from './passwords/password-shadow.js';
import { PasswordThrottle } from './passwords/throttle.js';
import { OwnershipUnproven } from './ownership/ownership-unproven.js';
import { OwnershipService } from './ownership/ownership.service.js';
import { PendingProofs } from './ownership/pending-proofs.js';
import { MailedRecovery } from './recovery/mailed-recovery.js';
import { RecoveryService } from './recovery/recovery.service.js';
import { RecoverySessions } from './recovery/recovery-sessions.js';
import { RecoveryTries } from './recovery/recovery-tries.js';
import { composeSecondFactors } from './second-factors/compose-second-factors.js';
import { BrowserSessions } from './session/browser-session.js';
import { sessionQuestions } from './session/session.questions.js';
import { CompletionService } from './sign-in/completion.service.js';
import { Decisions } from './sign-in/decision.js';
import { Flash } from './sign-in/flash.js';
import { PasswordSources } from './sign-in/password-sources.js';
import { PasswordSignIn } from './sign-in/password-sign-in.js';
import { PendingSwitches } from './sign-in/pending-switch.js';
import { PostedReplies } from './sign-in/posted-replies.js';
import { PolicyConfigs } from './sign-in/policy-config.js';
import { SignInPage } from './sign-in/sign-in.page.js';
import { SignInService } from './sign-in/sign-in.service.js';
import { ArrivalService } from './sign-in/arrival.service.js';
import { BrandUsersources } from './sign-in/brand-usersources.js';
import { SwitchService } from './sign-in/switch.service.js';
import type { AskUnsettled } from './sign-in/unsettled.js';
import { Walks } from './sign-in/walks.js';
import { SignOutService } from './sign-out/sign-out.service.js';
import { UpstreamSignOutService } from './sign-out/upstream-sign-out.service.js';
import { trialQuestions } from './trials/trial.questions.js';
import { TrialService } from './trials/trial.service.js';
import { Trials } from './trials/trials.js';
import { HealthBoard } from './usersources/health-board.js';
import { OpenUsersources } from './usersources/open-usersources.js';
import { usersourceQuestions } from './usersources/usersource.questions.js';
import { Watch } from './usersources/watch.js';

/** The world, handed in: tests build two gateways in one process, with a clock that stands still. */
export interface GatewayParts {
  config: { PUBLIC_URL: string; TRUSTED_PROXIES: string[]; MAIL_FROM?: string | undefined };
  now: Clock;
  log: Logger;
  redis: Redis;
  identity: ServiceIdentity;
  /** Signatures of the other services, for the sign-out that the minter hands over. */
  check: CheckSignature;
  catalog: CatalogReader;
  accounts: Accounts;
  /** Without it no usersource can keep hashes of its own making. */
  keptPasswords?: KeptPasswords;
  secondFactors: SecondFactorStore;
  localAccounts: LocalAccounts;
  confirmations: Confirmations;
  recoveryLinks: Pick<RecoveryLinks, 'use'> & AdminAddresses;
  mailer: Mailer;
  /** Whether a password is in a published leak, where the operator has a copy of one. */
  breached?: Breached;
  audit: Audit;
  /** safe-fetch. */
  fetch: typeof fetch;
  /** Where directories and databases may be. */
  mayReach: MayReach;
  metrics?: Registry;
  hasher?: PasswordHasher;
}

export interface Gateway {
  handler: RequestListener;
  /** What the admin may ask over the bus; the caller connects it. */
  questions: QuestionHandlers;
  ready(): Promise<Record<string, string>>;
  close(): Promise<void>;
}

export async function composeGateway(parts: GatewayParts): Promise<Gateway> {
  const { now, log, redis, identity, check, catalog, accounts, audit, config } = parts;
  const secureByDefault = config.PUBLIC_URL.startsWith('https:');
  const hasher = parts.hasher ?? (await warmHasher());
  const signIns = new Counter({
    name: 'passbroker_sign_ins_total',
    help: 'Sign-ins by outcome: completed, or the code of the refusal',
    labelNames: ['outcome'],
    registers: parts.metrics ? [parts.metrics] : [],
  });

  const pages = new Pages();
  const reporter = new Reporter({ log, audit, signIns });
  const refusals = new RefusalPages({ pages, reporter });
  const visits = new Visits(catalog, trustedProxies(config.TRUSTED_PROXIES));
  const flash = new Flash({ key: identity.derive('flash cookie', 32), now });
  const announcements = new EndedAnnouncements({ identity, now });
  const sessions = new BrowserSessions({ redis, catalog, ended: new EndedSessions(redis, now), announcements, now });
  const recovery = new RecoverySessions({ redis, catalog, now });
  const board = new HealthBoard({ redis, now, log, metrics: parts.metrics });
  const decisions = new Decisions({ configs: new PolicyConfigs(catalog, board), flash, now });
  const usersources = new OpenUsersources({
    identity,
    now,
    redis,
    fetch: parts.fetch,
    mayReach: parts.mayReach,
    hasher,
    passwords: (audience) => passwordBook(accounts, audience),
    shadows: parts.keptPasswords && shadowsIn(parts.keptPasswords),
    board,
    keysChanged: (usersource, change) => reporter.keysChanged(usersource, change),
  });
  const signInPage = new SignInPage({ catalog, pages, board });
  const shared = { identity, now, redis, catalog, accounts, sessions, decisions, pages, reporter };
  const secondFactors = composeSecondFactors({ ...shared, store: parts.secondFactors });
  const outbox = new Outbox(log);
  const post = new PostRoom({ mailer: parts.mailer, outbox, from: config.MAIL_FROM ?? noReply(config.PUBLIC_URL) });
  const transactions = new SignInTransactions(redis, now);
  const mailThrottle = new MailThrottle({ redis, key: identity.derive('mailboxes written to', 32) });
  const ownership = new OwnershipService({
    transactions,
    ...{ ...shared, hasSecondFactor: secondFactors.hasSecondFactor, post, proofs: new PendingProofs(redis) },
    throttle: mailThrottle,
  });
  const switches = new PendingSwitches(redis);
  const completion = new CompletionService({
    ...{ identity, now, catalog, accounts, transactions, sessions, decisions, flash, reporter },
    hasSecondFactor: secondFactors.hasSecondFactor,
    confirmations: parts.confirmations,
  });
  const addresses = new AddressesAsked({
    ...{ accounts, catalog, transactions, ownership, completion, post, pages, reporter },
    ...{ pending: new PendingAddresses(redis), throttle: mailThrottle },
  });
  const askUnsettled: AskUnsettled = (visit, record, assertion, unsettled, to) =>
    unsettled instanceof OwnershipUnproven
      ? ownership.begin(visit, record, assertion, unsettled, to)
      : addresses.begin(visit, record, assertion, to);
  const walks = new Walks(redis);
  const replay = new ReplayGuard(redis, now);
  const signIn = new SignInService({
    ...{ redis, catalog, sessions, usersources, decisions, flash, walks, recovery },
    ...{ completion, pages, signInPage, refusals, reporter },
  });
  const trials = new Trials(redis);
  const trying = new TrialService({ trials, accounts, pages, reporter, now });
  const arrival = new ArrivalService({
    trials: trying,
    ...{ accounts, catalog, replay, sessions, usersources, flash, walks, switches, completion, refusals, reporter },
    askUnsettled,
    linkProved: secondFactors.linkProved,
  });
  const throttle = new PasswordThrottle({ redis, now, key: identity.derive('throttled names', 32) });
  const password = new PasswordSignIn({
    sources: new PasswordSources({ catalog, accounts }),
    accounts,
    catalog,
    sessions,
    usersources,
    decisions,
    throttle,
    devices: new KnownDevices(identity.derive('device cookie', 32)),
    askUnsettled,
    completion,
    signInPage,
    expiredPage: new ExpiredPasswordPage(pages),
    reporter,
  });
  const localAccounts = localAccountProviders({
    now,
    redis,
    identity,
    catalog,
    accounts,
    localAccounts: parts.localAccounts,
    breached: parts.breached,
    hasher,
    throttle,
    sessions,
    decisions,
    completion,
    pages,
    post,
    reporter,
  });
  const upstream = new UpstreamSignOutService({ redis, accounts, replay, sessions, usersources, pages, reporter });
  const signOut = new SignOutService({
    ...{ identity, check, now, catalog, sessions, recovery, upstream, flash, pages, reporter },
  });
  const recovering = new RecoveryService({
    ...{ links: parts.recoveryLinks, admins: parts.recoveryLinks, tries: new RecoveryTries(redis) },
    mailed: new MailedRecovery({ redis, accounts, throttle: mailThrottle, post, now, log }),
    ...{ accounts, sessions, recovery, decisions, pages, refusals, reporter, post, now, log },
  });
  const filter = new RefusalFilter(refusals, visits);
  catalog.onChange((change) => {
    if (change.kind === 'usersource') usersources.forget(change.id);
  });
  const watch = new Watch({ catalog, usersources, board, log });
  board.start();
  watch.start();

  const providers: Provider[] = [
    { provide: Visits, useValue: visits },
    { provide: SignInService, useValue: signIn },
    { provide: ArrivalService, useValue: arrival },
    { provide: CompletionService, useValue: completion },
    { provide: PostedReplies, useValue: new PostedReplies(redis) },
    { provide: OpenUsersources, useValue: usersources },
    { provide: Negotiate, useValue: new Negotiate({ usersources, pages }) },
    { provide: TrialService, useValue: trying },
    { provide: UpstreamSignOutService, useValue: upstream },
    { provide: PasswordSignIn, useValue: password },
    {
      provide: SwitchService,
      useValue: new SwitchService({ catalog, sessions, switches, completion, flash, pages }),
    },
    { provide: OwnershipService, useValue: ownership },
    { provide: AddressesAsked, useValue: addresses },
    { provide: RecoveryService, useValue: recovering },
    { provide: SignOutService, useValue: signOut },
    ...secondFactors.providers(completion),
    { provide: BrandUsersources, useValue: new BrandUsersources(catalog) },
    { provide: RefusalPages, useValue: refusals },
    { provide: Pages, useValue: pages },
    ...localAccounts,
  ];
  const server = await openServer({ providers, filter, visits, log, secureByDefault });

  return {
    handler: server.handler,
    questions: {
      ...sessionQuestions(sessions),
      ...trialQuestions(trials, catalog),
      ...usersourceQuestions(usersources, board, catalog),
    },
    ready: async () => ({ redis: await stateOf(redis.ping()), catalog: await stateOf(catalog.ping()) }),
    close: async () => {
      board.stop();
      watch.stop();
      await server.close();
      await outbox.close();
      await parts.mailer.close();
    },
  };
}

const noReply = (publicUrl: string): string => `no-reply@${new URL(publicUrl).hostname}`;

async function warmHasher(): Promise<Argon2Hasher> {
  const hasher = new Argon2Hasher();
  await hasher.warmUp();
  return hasher;
}

const stateOf = (check: Promise<unknown>): Promise<string> =>
  check.then(
    () => 'ok',
    (error: unknown) => (error instanceof Error ? error.message : 'away'),
  );
