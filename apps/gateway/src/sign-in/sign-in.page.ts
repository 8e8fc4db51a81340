import type { UsersourceRecord } from '@passbroker/model';
import type { CatalogReader } from '@passbroker/catalog';
import type { LoginPage } from '@passbroker/usersource-policy';
import type { Answer } from '../http/answer.js';
import { formToken } from '../http/same-origin.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import type { HealthBoard } from '../usersources/health-board.js';
import type { SignedIn } from '../session/browser-session.js';
import { formAction, HOME, passkeyHref, localHref, startHref, type Door } from './door.js';
import { formTargets } from './form-targets.js';

/** What a post of the form came to, to be said on the page it came from. */
export interface Trouble {
  status: number;
  error: string;
  username: string;
  retryAfterSec?: number;
}

/** Draws what policy decided: exactly its usersources, in its order. */
export class SignInPage {
  constructor(private readonly parts: { catalog: CatalogReader; pages: Pages; board: Pick<HealthBoard, 'isDown'> }) {}

  async show(visit: Visit, door: Door, decision: LoginPage, trouble?: Trouble): Promise<Answer> {
    const { catalog, pages } = this.parts;
    const records = bySlug(await catalog.usersourcesOf(visit.brand.id));
    const application = door.transaction && (await catalog.application(door.transaction.application));
    const off = visit.query.get('sso') === 'off';
    const ways = (slugs: string[]) =>
      slugs.map((slug) => ({
        href: startHref(door, slug, off),
        label: labelOf(records.get(slug), slug),
        type: records.get(slug)?.type,
      }));
    const action = formAction(door);
    const show = pages.signIn(visit, {
      agents: door.surface !== 'portal',
      application: application?.name,
      notice: trouble ? undefined : this.noticeOf(visit, decision, records),
      error: trouble?.error,
      form:
        decision.form.length === 0
          ? undefined
          : {
              action: off ? `${action}?sso=off` : action,
              token: formToken(visit.binding),
              username: trouble?.username ?? decision.prefill ?? '',
              returnTo: 'returnTo' in door.to ? door.to.returnTo : undefined,
            },
      buttons: ways(decision.buttons),
      icons: ways(decision.icons),
      bypassHref: decision.bypassLink ? '?sso=off' : undefined,
      passkeyHref: decision.lostPassword ? passkeyHref(door, off) : undefined,
      lostPasswordHref: decision.lostPassword ? localHref(door, 'lost-password', off) : undefined,
      registerHref: decision.register ? localHref(door, 'register', off) : undefined,
    });
    return {
      show,
      status: trouble?.status ?? 200,
      formTargets: formTargets(application),
      ...(trouble?.retryAfterSec !== undefined && { retryAfterSec: trouble.retryAfterSec }),
    };
  }

  /** What policy says; else that a form cannot be answered now, before somebody types a password in vain. */
  private noticeOf(visit: Visit, decision: LoginPage, records: ReadonlyMap<string, UsersourceRecord>) {
    if (decision.notice) return visit.texts.notices[decision.notice];
    const away = decision.form.flatMap((slug) => {
      const record = records.get(slug);
      return record && this.parts.board.isDown(record.id) ? [record.label] : [];
    });
    return away.length === 0 ? undefined : visit.texts.signIn.away(away.join(', '));
  }

  portal(visit: Visit, door: Door, { session, account, usersource, recovery }: SignedIn): Answer {
    const { agent, admin, user, agentArea, adminArea, portalArea } = visit.texts.portal;
    const agents = session.audience === 'agents';
    const areas = [
      { href: HOME.portal, label: portalArea, here: door.surface === 'portal' },
      { href: HOME.agent, label: agentArea, here: door.surface === 'agent' },
      ...(account.admin ? [{ href: HOME.admin, label: adminArea, here: door.surface === 'admin' }] : []),
    ];
    const show = this.parts.pages.portal(visit, {
      person: {
        name: account.name,
        email: account.emails[0]?.value,
        through: recovery ? visit.texts.recovery.through : usersource.label,
        since: new Date(session.authTime),
        role: account.admin ? admin : agents ? agent : user,
      },
      // A recovery link opens the admin pages and no others.
      areas: agents && !recovery ? areas : [],
      token: formToken(visit.binding),
    });
    return { show, status: 200 };
  }
}

const named = new WeakMap<readonly UsersourceRecord[], ReadonlyMap<string, UsersourceRecord>>();

/** The list is the same object until something in it changes: a page must not be dearer among ten thousand. */
function bySlug(list: readonly UsersourceRecord[]): ReadonlyMap<string, UsersourceRecord> {
  const known = named.get(list);
  if (known) return known;
  const made = new Map(list.map((record) => [record.slug, record]));
  named.set(list, made);
  return made;
}

const labelOf = (record: UsersourceRecord | undefined, slug: string): string => record?.label ?? slug;
