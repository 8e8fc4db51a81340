import { RULES, type Rule } from './rules/index.js';
import { Situation } from './situation.js';
import type { Decision, DecisionInput, PolicyConfig } from './types.js';

/**
 * What happens to one request: the rows of the table, top to bottom, until one decides.
 * Pure and total: the same request and configuration always get the same answer, and always one with a reason (I14).
 */
export function decide(config: PolicyConfig, input: DecisionInput): Decision {
  return decideWith(RULES, config, input);
}

/** By a given table: the tests strike rows out, one at a time, to see that somebody notices. */
export function decideWith(rules: readonly Rule[], config: PolicyConfig, input: DecisionInput): Decision {
  let situation = new Situation(config, input);
  for (const rule of rules) {
    if (!rule.when(situation)) continue;
    const outcome = rule.then(situation);
    if (outcome instanceof Situation) situation = outcome;
    else if (outcome) return outcome;
  }
  return { action: 'deny', status: 503, reason: 'no_signin_method' };
}
