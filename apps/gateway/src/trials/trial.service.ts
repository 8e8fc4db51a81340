import { Refusal, type IdentityAssertion, type UsersourceRecord } from '@passbroker/model';
import type { Accounts } from '@passbroker/catalog';
import type { Clock } from '@passbroker/platform';
import { describeIdentity } from '@passbroker/usersources';
import type { Answer } from '../http/answer.js';
import type { Reporter } from '../http/reporter.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';
import { redacted, type Said } from './redacted.js';
import type { Trial, Trials } from './trials.js';

interface Parts {
  trials: Trials;
  accounts: Accounts;
  pages: Pages;
  reporter: Reporter;
  now: Clock;
}

/**
 * A sign-in that signs nobody in: an admin tries settings, also of a usersource that is still switched off. No
 * account, link or session comes of it; when it went well, the settings are proven.
 */
export class TrialService {
  constructor(private readonly parts: Parts) {}

  /** @throws Refusal transaction.expired, usersource.settings_changed */
  async take(record: UsersourceRecord, ticket: string): Promise<Trial> {
    const trial = await this.parts.trials.take(ticket);
    if (trial?.usersource !== record.id) throw new Refusal('transaction.expired', 'no such test is waiting');
    demandSame(record, trial);
    return trial;
  }

  async passed(visit: Visit, record: UsersourceRecord, assertion: IdentityAssertion, trial: Trial): Promise<Answer> {
    const { accounts, reporter, now } = this.parts;
    demandSame(record, trial);
    // As a sign-in would: whom the filter keeps out, or the mapping cannot describe, has not shown a way in.
    const { passes, claims } = describeIdentity(record, assertion);
    if (!passes) throw new Refusal('filter.refused', `the filter of ${record.slug} does not let them in`);
    const known = await accounts.byLink(record.id, assertion.subject);
    await accounts.markProven(record.id, record.settingsVersion, now());
    reporter.proven(visit, record.id);
    const { trial: texts } = visit.texts;
    const { subject, methods, acr } = assertion;
    const rows: Said[] = [
      { name: texts.subject, value: subject },
      { name: texts.name, value: claims.name ?? '' },
      { name: texts.email, value: claims.email ?? '' },
      { name: texts.username, value: claims.username ?? '' },
      { name: texts.groups, value: (claims.groups ?? []).join(', ') },
      { name: texts.methods, value: [...methods, ...(acr === undefined ? [] : [acr])].join(', ') },
      { name: texts.account, value: known?.name ?? texts.nobody },
    ];
    return this.page(visit, {
      heading: texts.passed(record.label),
      text: texts.passedText,
      good: true,
      rows: rows.filter(({ value }) => value !== ''),
      said: redacted({ ...(assertion.said ?? assertion.claims.attributes), ...mappedOf(record, claims.attributes) }),
    });
  }

  /** The one page that says why: who opened it had a ticket that only an admin can ask for. */
  failed(visit: Visit, record: UsersourceRecord, refusal: Refusal): Answer {
    const reference = this.parts.reporter.refused(refusal, visit, { usersource: record.id });
    const { trial: texts } = visit.texts;
    return this.page(visit, {
      heading: texts.failed(record.label),
      text: texts.failedText,
      good: false,
      rows: [
        { name: texts.reason, value: refusal.code },
        { name: texts.detail, value: refusal.detail },
        { name: texts.reference, value: reference },
      ],
      said: [],
    });
  }

  private page(visit: Visit, view: Record<string, unknown>): Answer {
    // A callback cannot be visited twice, so there is nowhere to go back to in another language.
    const show = this.parts.pages.draw(
      'trial',
      { ...visit, page: '' },
      { ...view, title: visit.texts.trial.title, wide: true },
    );
    return { show, status: 200 };
  }
}

function demandSame(record: UsersourceRecord, trial: Trial): void {
  if (record.settingsVersion !== trial.settingsVersion) {
    throw new Refusal('usersource.settings_changed', `${record.slug} was changed after this test was asked for`);
  }
}

/** What the mapping makes of it, beside what was said. */
const mappedOf = ({ mapping }: UsersourceRecord, attributes: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(
    Object.keys(mapping.attributes).map((name) => [`attributes.${name} (mapped)`, attributes[name] ?? '']),
  );
