import type { RefusalCode } from '@passbroker/model';
import type { Texts } from './texts.js';

/** What a refusal is to the person. Kinds, not codes: what exactly failed is for the log (no oracle). */
export interface Problem {
  status: number;
  words: keyof Texts['problems'];
}

const problem = (status: number, words: Problem['words']): Problem => ({ status, words });

const LINK = problem(403, 'link');
const NOT_THIS_WAY = problem(403, 'notThisWay');
const AWAY = problem(503, 'away');
const TOO_LATE = problem(400, 'tooLate');
const UPSTREAM = problem(403, 'upstream');

export const generalProblem = problem(400, 'general');
export const notFound = problem(404, 'notFound');
export const unexpected = problem(500, 'broken');

const PROBLEMS: Partial<Record<RefusalCode, Problem>> = {
  'brand.unknown': notFound,
  'brand.disabled': notFound,
  'application.unknown': problem(400, 'unknownApplication'),
  'application.disabled': problem(403, 'disabledApplication'),
  'request.cross_site': problem(403, 'crossSite'),
  'request.too_large': problem(413, 'general'),
  'transaction.expired': TOO_LATE,
  'transaction.other_browser': problem(400, 'otherBrowser'),
  'transaction.not_completed': TOO_LATE,
  'usersource.unknown': notFound,
  'usersource.disabled': NOT_THIS_WAY,
  'usersource.not_offered': NOT_THIS_WAY,
  'usersource.other_audience': NOT_THIS_WAY,
  'usersource.misconfigured': problem(503, 'misconfigured'),
  'secret.unreadable': problem(503, 'misconfigured'),
  'usersource.unreachable': AWAY,
  'usersource.busy': problem(503, 'busy'),
  'multipass.signature': LINK,
  'multipass.decryption': LINK,
  'multipass.invalid_data': LINK,
  'multipass.expired': LINK,
  'multipass.too_long_lived': LINK,
  'multipass.unsolicited': LINK,
  replayed: LINK,
  'mailed_link.spent': problem(404, 'spentLink'),
  'password.busy': problem(503, 'busy'),
  'upstream.refused': UPSTREAM,
  'upstream.untrusted': UPSTREAM,
  'upstream.malformed': UPSTREAM,
  'upstream.login_required': UPSTREAM,
  cancelled: problem(400, 'cancelled'),
  'account.disabled': problem(403, 'blocked'),
  'account.none': problem(403, 'noAccount'),
  'audience.mismatch': NOT_THIS_WAY,
  'filter.refused': problem(403, 'notAdmitted'),
  'filter.failed': problem(403, 'notAdmitted'),
  'mapping.failed': problem(503, 'misconfigured'),
  'link.refused': problem(403, 'addressInUse'),
  'link.prove': problem(403, 'addressInUse'),
  'session.expired': problem(400, 'sessionExpired'),
  not_admitted: problem(403, 'notAdmitted'),
  'service.unavailable': AWAY,
};

export const problemOf = (code: RefusalCode): Problem => PROBLEMS[code] ?? generalProblem;

/** Codes of errors that the minter could not show itself; anything else gets the general text. */
export const problems: ReadonlyMap<string, Problem> = new Map<string, Problem>([
  ['invalid_client', problemOf('application.unknown')],
  ['unauthorized_client', problemOf('application.unknown')],
  ['temporarily_unavailable', AWAY],
  ['server_error', AWAY],
  ['access_denied', problemOf('not_admitted')],
  ...Object.entries(PROBLEMS),
]);
