import type { UsersourceRecord } from '@passbroker/model';
import type { Accounts, CatalogReader } from '@passbroker/catalog';
import { capabilityOf } from '@passbroker/usersource-policy';
import type { Answer } from '../http/answer.js';
import type { Reporter } from '../http/reporter.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import { dayIn, momentIn } from '../languages/dates.js';
import type { Pages } from '../pages/pages.js';
import { deviceName } from '../second-factors/device-name.js';
import type { SecondFactors } from '../second-factors/second-factors.js';
import type { BrowserSession, BrowserSessions, SignedIn } from '../session/browser-session.js';
import type { Decisions } from '../sign-in/decision.js';
import { HOME, ownDoor } from '../sign-in/door.js';
import { Owner } from './owner.js';

interface Parts {
  owner: Owner;
  catalog: CatalogReader;
  accounts: Accounts;
  sessions: BrowserSessions;
  decisions: Decisions;
  factors: SecondFactors;
  pages: Pages;
  reporter: Reporter;
}

const ACCOUNT = '/account';
const AGENT_ACCOUNT = '/agent/account';

/** Somebody's own page: who they are here, how they prove it, and where they are signed in. */
export class AccountService {
  constructor(private readonly parts: Parts) {}

  async page(visit: Visit, trouble?: { status: number; error: string }): Promise<Answer> {
    const owned = await this.parts.owner.of(visit, visit.path === AGENT_ACCOUNT ? AGENT_ACCOUNT : ACCOUNT);
    if ('answer' in owned) return owned.answer;
    const { who } = owned;
    if (visit.path === ACCOUNT && who.session.audience === 'agents') {
      return { goTo: visit.brand.origin + AGENT_ACCOUNT };
    }
    const { account, session } = who;
    const [factors, open, links, passwordHref] = await Promise.all([
      this.parts.factors.of(visit, account.id),
      this.parts.sessions.of(account.id),
      this.links(visit, who),
      this.passwordHref(visit, who),
    ]);
    const { lang } = visit.texts;
    const show = this.parts.pages.draw('account', visit, {
      title: visit.texts.account.title,
      wide: true,
      error: trouble?.error,
      token: formToken(visit.binding),
      person: account,
      passwordHref,
      app: factors.app && dayIn(lang, factors.app.since),
      passkeys: factors.passkeys.map(({ id, label, createdAt }) => ({ id, label, added: dayIn(lang, createdAt) })),
      recoveryCodes: factors.recoveryCodes,
      ...links,
      sessions: await Promise.all(open.map((one) => this.device(lang, one, session.id))),
      homeHref: session.audience === 'agents' ? HOME.agent : HOME.portal,
    });
    return { show, status: trouble?.status ?? 200 };
  }

  /** One by its handle, or all the others. Needs no fresh proof: somebody who sees a stranger there is in a hurry. */
  async endSessions(visit: Visit, which: string): Promise<Answer> {
    const owned = await this.parts.owner.of(visit, ACCOUNT);
    if ('answer' in owned) return owned.answer;
    const { sessions, reporter } = this.parts;
    const { account, session } = owned.who;
    if (which === 'others') await sessions.endAll(account.id, session.id);
    else await sessions.endOne(account.id, which);
    reporter.changed(visit, 'session.revoked', account.id);
    return { goTo: visit.brand.origin + ACCOUNT };
  }

  private async links(visit: Visit, who: SignedIn) {
    const { accounts, catalog } = this.parts;
    const [held, offered] = await Promise.all([
      accounts.linksOf(who.account.id),
      catalog.usersourcesOf(visit.brand.id),
    ]);
    const records = await Promise.all(held.map(({ usersource }) => catalog.usersource(usersource)));
    const linked = records.filter((record) => record !== undefined);
    const free = offered.filter(
      (record) =>
        record.audience === who.session.audience &&
        record.display !== 'hidden' &&
        capabilityOf(record.type).redirect &&
        !linked.some(({ id }) => id === record.id),
    );
    const linkable = await Promise.all(
      free.map(async (record) => ((await this.mayStart(visit, who, record)) ? record : undefined)),
    );
    return {
      links: linked.map(({ id, label }) => ({ usersource: id, label })),
      linkable: linkable.filter((record) => record !== undefined).map(({ slug, label }) => ({ slug, label })),
    };
  }

  /** The same question that the start of the link will be judged by (I11). */
  private async mayStart(visit: Visit, who: SignedIn, { slug }: UsersourceRecord): Promise<boolean> {
    const door = ownDoor(who.session.audience === 'agents' ? HOME.agent : ACCOUNT, ACCOUNT);
    const path = `/sso/start/${slug}`;
    const decision = await this.parts.decisions.ask(visit, door, { kind: 'navigate', who, path });
    return decision.action === 'redirect_idp';
  }

  /** Only where built-in accounts are offered, and only to somebody who has a password to change. */
  private async passwordHref(visit: Visit, who: SignedIn): Promise<string | undefined> {
    const path = who.session.audience === 'agents' ? '/agent/change-password' : '/change-password';
    // Asked as for a stranger: somebody who is signed in is allowed before policy looks at what the page would show.
    const offered = await this.parts.decisions.ask(visit, ownDoor(path, ACCOUNT), { kind: 'navigate', who: undefined });
    if (offered.action !== 'pass') return undefined;
    return (await this.parts.accounts.hasPassword(who.account.id)) ? path : undefined;
  }

  private async device(lang: string, session: BrowserSession, here: string) {
    const usersource = await this.parts.catalog.usersource(session.usersource);
    return {
      id: session.id,
      here: session.id === here,
      device: deviceName(session.device?.agent ?? ''),
      ip: session.device?.ip,
      seen: momentIn(lang, new Date(session.lastSeen)),
      through: usersource?.label ?? '—',
    };
  }
}
