import type { Logger } from '@passbroker/platform';
import { startSite, type Reply, type Site, type Visit } from '../web/site.js';
import { Sessions } from '../web/sessions.js';
import { multipassUrl } from './multipass-script.js';
import { homePage, loginPage, STYLESHEET } from './pages.js';
import { personBy, type Person } from './people.js';

export interface IntranetOptions {
  port: number;
  host: string;
  brokerOrigin: string;
  siteKey: string;
  apiKey: string;
  log: Logger;
}

/** Address for the usersource's `remoteLoginUrl`. */
export const remoteLoginUrl = (intranet: string): string => `${intranet}/multipass`;

/** Acme intranet: a company web site with people of its own, which vouches for them at the broker. */
export function startIntranet({ port, host, brokerOrigin, siteKey, apiKey, log }: IntranetOptions): Promise<Site> {
  const sessions = new Sessions<Person>('intranet_session');
  const script = { siteKey, apiKey, callback: `${brokerOrigin}/customer/authentication/multipass/callback` };

  /** The remote login URL: whoever is signed in here goes back with a Multipass, everybody else signs in first. */
  function multipass(visit: Visit): Reply {
    const to = visit.query.get('to') ?? undefined;
    const person = sessions.read(visit);
    if (person) return { seeOther: multipassUrl(person, script, to), status: 302 };
    // Asked in passing: no login form, back to where they came from.
    if (visit.query.get('passive') === '1') return { seeOther: script.callback, status: 302 };
    const then = to === undefined ? '/multipass' : `/multipass?to=${encodeURIComponent(to)}`;
    return { seeOther: `/sign-in?then=${encodeURIComponent(then)}` };
  }

  async function signIn(visit: Visit): Promise<Reply> {
    if (!visit.sameOrigin) return { seeOther: '/sign-in' };
    const then = ownPage(visit.fields.get('then'));
    const username = visit.fields.get('username') ?? '';
    const person = await personBy(username, visit.fields.get('password') ?? '');
    if (!person) return { page: loginPage({ then, username, wrong: true }), status: 401 };
    return { seeOther: then, cookies: [sessions.start(visit, person)] };
  }

  return startSite({
    name: 'intranet',
    port,
    host,
    log,
    stylesheet: STYLESHEET,
    // From the login form redirects lead to the broker and on to any of its applications, and browsers hold
    // form-action against each of them.
    formTargets: ['http:', 'https:'],
    routes: {
      'GET /': (visit) => {
        const person = sessions.read(visit);
        return person ? { page: homePage(person) } : { seeOther: '/sign-in' };
      },
      'GET /sign-in': (visit) => ({ page: loginPage({ then: ownPage(visit.query.get('then')) }) }),
      'POST /sign-in': signIn,
      'POST /sign-out': (visit) =>
        visit.sameOrigin ? { seeOther: '/sign-in', cookies: [sessions.end(visit)] } : { seeOther: '/' },
      'GET /multipass': multipass,
    },
  });
}

/** Only pages of ours: `//evil.test` and `/\evil.test` are somebody else's. */
function ownPage(then: string | null): string {
  return then === '/multipass' || then?.startsWith('/multipass?') ? then : '/';
}
