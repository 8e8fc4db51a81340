import { Refusal, type IdentityAssertion, type UsersourceRecord } from '@passbroker/model';
import type { Accounts, CatalogReader } from '@passbroker/catalog';
import { describeIdentity } from '@passbroker/usersources';
import { link } from '@passbroker/usersource-policy';
import type { Answer } from '../http/answer.js';
import { SESSION_COOKIE } from '../http/cookies.js';
import type { Reporter } from '../http/reporter.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { BrowserSessions, SignedIn } from '../session/browser-session.js';
import { ownDoor } from '../sign-in/door.js';
import { domainOf, linkSourceOf } from '../sign-in/link-source.js';
import type { SignInService } from '../sign-in/sign-in.service.js';
import { Owner } from './owner.js';
import { stayIn } from './ways-in.js';
import type { PendingLink, PendingLinks } from './pending-links.js';

export interface LinkingParts {
  owner: Owner;
  catalog: CatalogReader;
  accounts: Accounts;
  sessions: BrowserSessions;
  pending: PendingLinks;
  pages: Pages;
  reporter: Reporter;
}

const ACCOUNT = '/account';
const confirmPath = (id: string): string => `/account/link/${id}`;

/** The owner's way of linking: signed in, freshly so, to the usersource and back, asked once more, linked. */
export class LinkingService {
  constructor(private readonly parts: LinkingParts) {}

  async begin(visit: Visit, signIn: SignInService, slug: string): Promise<Answer> {
    const owned = await this.parts.owner.fresh(visit, ACCOUNT);
    if ('answer' in owned) return owned.answer;
    const { session, account } = owned.who;
    const door = ownDoor(session.audience === 'agents' ? '/agent/' : ACCOUNT, ACCOUNT);
    return signIn.startLink(visit, door, slug, { account: account.id, session: session.id });
  }

  /** Back from the usersource: what was proved waits for the owner's word. */
  async proved(
    visit: Visit,
    record: UsersourceRecord,
    assertion: IdentityAssertion,
    owner: { account: string; session: string },
  ): Promise<Answer> {
    const { passes, claims } = describeIdentity(record, assertion);
    if (!passes) throw new Refusal('filter.refused', `the filter of ${record.slug} does not let them in`);
    const { email, name } = claims;
    const id = await this.parts.pending.leave({
      browser: visit.bindingHash,
      ...owner,
      usersource: record.id,
      subject: assertion.subject,
      email: email ?? null,
      name: [name, email].filter(Boolean).join(', ') || assertion.subject,
    });
    return { goTo: visit.brand.origin + confirmPath(id) };
  }

  async ask(visit: Visit, id: string): Promise<Answer> {
    const owned = await this.parts.owner.fresh(visit, confirmPath(id));
    if ('answer' in owned) return owned.answer;
    const pending = await this.parts.pending.look(id, visit.bindingHash);
    const record = await this.meant(visit, owned.who, pending);
    const { title, heading, text, yes, no } = visit.texts.account.linking;
    const show = this.parts.pages.confirm(visit, {
      title,
      heading: heading(record.label),
      text: text(pending?.name ?? ''),
      action: confirmPath(id),
      token: formToken(visit.binding),
      hidden: [],
      yes,
      no,
    });
    return { show, status: 200 };
  }

  async answer(visit: Visit, id: string, yes: boolean): Promise<Answer> {
    const owned = await this.parts.owner.fresh(visit, confirmPath(id));
    if ('answer' in owned) return owned.answer;
    const pending = await this.parts.pending.take(id, visit.bindingHash);
    const record = await this.meant(visit, owned.who, pending);
    if (yes && pending) await this.link(visit, owned.who, record, pending);
    return { goTo: visit.brand.origin + ACCOUNT };
  }

  async unlink(visit: Visit, usersource: string): Promise<Answer | 'last_way'> {
    const owned = await this.parts.owner.fresh(visit, ACCOUNT);
    if ('answer' in owned) return owned.answer;
    const { accounts, sessions, reporter } = this.parts;
    const { account, session } = owned.who;
    const done = await accounts.removeLink(account.id, usersource, stayIn);
    if (done === 'last_way') return done;
    if (done === 'removed') {
      // Whoever else is in by the link that is gone is out.
      await sessions.endThrough(account.id, usersource, session.id);
      reporter.changed(visit, 'link.removed', account.id, { usersource });
    }
    return { goTo: visit.brand.origin + ACCOUNT };
  }

  private async link(visit: Visit, who: SignedIn, record: UsersourceRecord, pending: PendingLink): Promise<void> {
    const { accounts, catalog, sessions, reporter } = this.parts;
    const { subject, email } = pending;
    const known = await accounts.link(record.id, subject);
    const holder = known && (await accounts.byId(known.account));
    if (holder && holder.id !== who.account.id) throw new Refusal('link.refused', 'linked to another account already');
    const { audience } = who.session;
    const domain = domainOf(email);
    const decision = link({
      source: linkSourceOf(record, { domain, verified: false }),
      identity: {
        subject,
        email,
        domain,
        emailVerified: false,
        // Asked when they came back from there, before this was kept.
        filterPass: true,
      },
      state: {
        linked: holder ? { ...holder, linkedToThisSource: true, emailVerified: false } : null,
        signedInAs: { audience, fresh: true },
        byEmail: null,
        byUsername: null,
        registration: visit.brand.registration,
        seatsLeft: null,
      },
    });
    if (decision.action === 'sign_in') return;
    if (decision.action !== 'link') throw new Refusal('link.refused', decision.reason);
    await accounts.addLink({ usersource: record.id, subject, account: who.account.id, createdBy: 'owner' });
    const policy = ((await catalog.brand(who.session.brand)) ?? visit.brand).audiences[audience];
    const next = await sessions.renew(visit.cookies.get(SESSION_COOKIE), who.session, policy);
    if (next !== undefined) visit.cookies.set(SESSION_COOKIE, next);
    reporter.changed(visit, 'link.added', who.account.id, { usersource: record.id });
  }

  /** @throws Refusal when it is not this session's to answer, or the usersource was switched off meanwhile */
  private async meant(visit: Visit, who: SignedIn, pending: PendingLink | undefined): Promise<UsersourceRecord> {
    if (pending?.account !== who.account.id || pending.session !== who.session.id) {
      throw new Refusal('session.expired', 'no such link is waiting here');
    }
    const record = await this.parts.catalog.usersource(pending.usersource);
    if (!record?.enabled || record.brand !== visit.brand.id) {
      throw new Refusal('usersource.disabled', `the usersource ${pending.usersource} is off`);
    }
    return record;
  }
}
