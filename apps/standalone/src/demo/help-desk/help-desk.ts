import type { Logger } from '@passbroker/platform';
import { startSite, type Reply, type Site, type Visit } from '../web/site.js';
import { Sessions } from '../web/sessions.js';
import { homePage, problemPage, signedOutPage, STYLESHEET, welcomePage } from './pages.js';
import { RelyingParty, type Pending, type SignedIn } from './relying-party.js';

export interface HelpDeskOptions {
  port: number;
  host: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
  log: Logger;
}

type Session = { pending: Pending } | { signedIn: SignedIn };

/** Addresses to register the help desk with. */
export const helpDeskAddresses = (url: string) => ({
  callback: `${url}/callback`,
  signedOut: `${url}/signed-out`,
  backChannelLogout: `${url}/backchannel-logout`,
});

/** Acme help desk: the application of the demo, whose visitors sign in somewhere else. */
export async function startHelpDesk(options: HelpDeskOptions): Promise<Site> {
  const { port, host, issuer, log } = options;
  const sessions = new Sessions<Session>('helpdesk_session');

  const site = await startSite({
    name: 'help desk',
    port,
    host,
    log,
    stylesheet: STYLESHEET,
    formTargets: [new URL(issuer).origin],
    routes: {
      'GET /': (visit) => {
        const session = sessions.read(visit);
        return { page: session && 'signedIn' in session ? welcomePage(session.signedIn, issuer) : homePage() };
      },
      'GET /sign-in': (visit) => guarded(() => begin(visit)),
      'GET /callback': (visit) => guarded(() => finish(visit)),
      'POST /sign-out': (visit) => guarded(() => signOut(visit)),
      'GET /signed-out': () => ({ page: signedOutPage() }),
      'POST /backchannel-logout': (visit) => backChannelLogout(visit),
    },
  });
  // The redirect address is known only now: port 0 means whichever is free.
  const { callback, signedOut } = helpDeskAddresses(site.url);
  const provider = new RelyingParty({ ...options, redirectUri: callback, postLogoutRedirectUri: signedOut });

  async function begin(visit: Visit): Promise<Reply> {
    const { to, pending } = await provider.begin();
    return { seeOther: to.href, cookies: [sessions.start(visit, { pending })] };
  }

  async function finish(visit: Visit): Promise<Reply> {
    const session = sessions.read(visit);
    // A second look at the same answer (the back button): whoever is signed in already is shown the desk.
    if (session && 'signedIn' in session) return { seeOther: '/' };
    // Never sent on to sign in again by itself: a browser without cookies would go round in circles.
    if (!session)
      return { page: problemPage('This sign-in did not begin in this browser.', 'no_session'), status: 400 };
    if (visit.query.get('state') !== session.pending.state)
      return { page: problemPage('This is the answer to another sign-in.', 'other_state'), status: 400 };
    const refused = visit.query.get('error');
    if (refused !== null) {
      return { page: problemPage('You are not signed in.', refused), status: 403, cookies: [sessions.end(visit)] };
    }
    const signedIn = await provider.finish(visit.query, session.pending);
    return { seeOther: '/', cookies: [sessions.start(visit, { signedIn })] };
  }

  async function signOut(visit: Visit): Promise<Reply> {
    const session = sessions.read(visit);
    if (!visit.sameOrigin || !session || !('signedIn' in session)) return { seeOther: '/' };
    const to = await provider.endSessionUrl(session.signedIn.idToken);
    return { seeOther: to.href, cookies: [sessions.end(visit)] };
  }

  async function backChannelLogout(visit: Visit): Promise<Reply> {
    try {
      const over = await provider.readLogoutToken(visit.fields.get('logout_token') ?? '');
      sessions.endWhere(
        (session) =>
          'signedIn' in session &&
          (over.sessionId === undefined
            ? session.signedIn.subject === over.subject
            : session.signedIn.sessionId === over.sessionId),
      );
      return { text: '' };
    } catch (error) {
      log.warn({ problem: problemOf(error) }, 'help desk refused a logout token');
      return { text: 'invalid_request\n', status: 400 };
    }
  }

  async function guarded(step: () => Promise<Reply>): Promise<Reply> {
    try {
      return await step();
    } catch (error) {
      log.warn({ problem: problemOf(error) }, 'help desk could not go on');
      return { page: problemPage('That did not work. Please try once more.', problemOf(error)), status: 502 };
    }
  }

  return site;
}

/** openid-client puts a code on its errors; messages may quote what was received. */
const problemOf = (error: unknown): string =>
  error instanceof Error ? ('code' in error && typeof error.code === 'string' ? error.code : error.name) : 'unknown';
