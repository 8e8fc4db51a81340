import type { Brand, Refusal } from '@passbroker/model';
import type { Pages, Way } from '../pages/pages.js';
import { kindOf, notFound, texts, unexpected } from '../pages/texts.en.js';
import type { Answer } from './answer.js';
import type { About, Reporter } from './reporter.js';
import type { Visit } from './visit.js';

const NOBODY: Pick<Brand, 'name' | 'looks'> = { name: 'Passbroker', looks: {} };
const AGAIN_SECONDS = 5;

/** The kind sentence for the person; the reason goes to the log and the audit, joined by the reference. */
export class RefusalPages {
  constructor(private readonly parts: { pages: Pages; reporter: Reporter }) {}

  refused(refusal: Refusal, visit: Visit | undefined, about: About = {}, again?: Way): Answer {
    const reference = this.parts.reporter.refused(refusal, visit, about);
    return this.page(kindOf(refusal.code), visit, reference, again);
  }

  unexpected(error: unknown, visit: Visit | undefined): Answer {
    return this.page(unexpected, visit, this.parts.reporter.failed(error, visit));
  }

  notFound(visit: Visit | undefined, status = 404): Answer {
    return this.page({ ...notFound, status }, visit, undefined);
  }

  page(
    kind: { status: number; heading: string; text: string },
    visit: Visit | undefined,
    reference: string | undefined,
    again?: Way,
  ): Answer {
    const { status, heading, text } = kind;
    const home = visit && status < 500 ? { href: '/', label: texts.error.home } : undefined;
    return {
      show: this.parts.pages.error(visit?.brand ?? NOBODY, { heading, text, reference, again: again ?? home }),
      status,
      ...(status === 503 && { retryAfterSec: AGAIN_SECONDS }),
    };
  }
}
