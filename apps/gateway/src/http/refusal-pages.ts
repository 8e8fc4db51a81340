import type { Refusal } from '@passbroker/model';
import type { Face, Pages, Way } from '../pages/pages.js';
import { notFound, problemOf, unexpected, type Problem } from '../pages/problems.js';
import { textsIn } from '../pages/texts.js';
import type { Answer } from './answer.js';
import type { About, Reporter } from './reporter.js';
import type { Visit } from './visit.js';

/** Where no brand answers, there is no language either. */
const NOBODY: Face = { brand: { name: 'Passbroker', looks: {} }, texts: textsIn('en') };
const AGAIN_SECONDS = 5;

/** The kind sentence for the person; the reason goes to the log and the audit, joined by the reference. */
export class RefusalPages {
  constructor(private readonly parts: { pages: Pages; reporter: Reporter }) {}

  refused(refusal: Refusal, visit: Visit | undefined, about: About = {}, again?: Way): Answer {
    const reference = this.parts.reporter.refused(refusal, visit, about);
    return this.problem(problemOf(refusal.code), visit, reference, again);
  }

  unexpected(error: unknown, visit: Visit | undefined): Answer {
    return this.problem(unexpected, visit, this.parts.reporter.failed(error, visit));
  }

  notFound(visit: Visit | undefined, status = 404): Answer {
    return this.problem({ ...notFound, status }, visit, undefined);
  }

  problem({ status, words }: Problem, visit: Visit | undefined, reference: string | undefined, again?: Way): Answer {
    return this.page({ status, ...(visit ?? NOBODY).texts.problems[words] }, visit, reference, again);
  }

  page(
    kind: { status: number; heading: string; text: string },
    visit: Visit | undefined,
    reference: string | undefined,
    again?: Way,
  ): Answer {
    const { status, heading, text } = kind;
    const face = visit ?? NOBODY;
    const home = visit && status < 500 ? { href: '/', label: face.texts.error.home } : undefined;
    return {
      show: this.parts.pages.error(face, { heading, text, reference, again: again ?? home }),
      status,
      ...(status === 503 && { retryAfterSec: AGAIN_SECONDS }),
    };
  }
}
