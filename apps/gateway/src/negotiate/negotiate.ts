import type { UsersourceRecord } from '@passbroker/model';
import { networks } from '@passbroker/usersource-policy';
import type { Answer } from '../http/answer.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { OpenUsersources } from '../usersources/open-usersources.js';

/** What stands in the query of a browser that was asked and had nothing to say; the last is not asked again. */
const ASKED = ['once', 'twice'] as const;

/**
 * The dance of RFC 4559 at the callback of a usersource that hears `Authorization`:
 *
 *   callback ──► 401 Negotiate ─┬─ (a ticket) ──► the same address with it ──► finish
 *                               └─ (none: the page goes on by itself) ──► callback?asked=once ──► once more
 *   callback?asked=twice ──► finish, which refuses ──► the sign-in page
 *
 * Twice, because Chromium on Linux loads its Kerberos library when it first hears the word, and misses that first time.
 * Who says nothing then is not asked again (KRB-011). Without script: the page has a `Refresh` header, and a link for
 * whoever switched that off.
 */
export class Negotiate {
  constructor(private readonly parts: { usersources: OpenUsersources; pages: Pages }) {}

  /** What to answer first; undefined when the usersource can look at what came. */
  async challenge(visit: Visit, record: UsersourceRecord): Promise<Answer | undefined> {
    const asked = visit.query.get('asked');
    const next = ASKED[asked === null ? 0 : 1];
    if (visit.authorization !== undefined || asked === ASKED[1] || !this.mayAsk(visit, record)) return undefined;
    const usersource = await this.parts.usersources.open(record, visit.brand);
    if (usersource.hears?.authorization !== true) return undefined;
    const { title, text, submit } = visit.texts.postForm;
    const href = `${visit.path}?asked=${next}`;
    const show = this.parts.pages.note(visit, {
      title,
      heading: visit.texts.signIn.title,
      paragraphs: [text],
      way: { href, label: submit },
    });
    return { show, status: 401, headers: { 'www-authenticate': 'Negotiate', refresh: `0; url=${href}` } };
  }

  /**
   * Outside the networks where tickets are given, Windows would ask for a password in a window of its own. A picture or
   * a script of another site may not make a browser prove who sits there, nor may a stranger's link in a browser that
   * has never been here.
   */
  private mayAsk(visit: Visit, record: UsersourceRecord): boolean {
    return record.enabled && visit.bound && visit.kind === 'navigate' && networks(record.networks).includes(visit.ip);
  }
}
