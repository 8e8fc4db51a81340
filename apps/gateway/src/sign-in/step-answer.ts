import { Refusal } from '@passbroker/model';
import type { NextStep } from '@passbroker/usersources';
import type { Answer } from '../http/answer.js';
import type { Visit } from '../http/visit.js';
import type { Pages } from '../pages/pages.js';

/** Where a usersource wants the browser to go, as an answer. */
export function stepAnswer(pages: Pages, visit: Visit, step: NextStep): Answer {
  switch (step.go) {
    case 'redirect':
      return { goTo: step.to.href };
    case 'post': {
      const show = pages.postForm(visit, step.to.href, step.fields);
      return { show, status: 200, formTargets: [step.to.origin] };
    }
    case 'form':
      throw new Refusal('usersource.not_offered', 'a usersource with a form has it on the sign-in page');
  }
}
