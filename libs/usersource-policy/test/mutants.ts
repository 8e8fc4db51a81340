import type { Rule } from '../src/rules/index.js';

export interface Mutant {
  name: string;
  rules: readonly Rule[];
}

const replaced = (rules: readonly Rule[], rule: Rule, by: readonly Rule[]): Rule[] =>
  rules.flatMap((other) => (other === rule ? by : [other]));

/** The table with one row spoilt, in each way that a slip of the pen spoils it. */
export const MUTATIONS: Record<string, (rules: readonly Rule[], rule: Rule) => readonly Rule[]> = {
  'struck out': (rules, rule) => replaced(rules, rule, []),
  'applied to everything': (rules, rule) => replaced(rules, rule, [{ ...rule, when: () => true }]),
  'turned round': (rules, rule) => replaced(rules, rule, [{ ...rule, when: (situation) => !rule.when(situation) }]),
  'made last': (rules, rule) => [...replaced(rules, rule, []), rule],
};

export const mutantsOf = (rules: readonly Rule[]): Mutant[] =>
  rules.flatMap((rule) =>
    Object.entries(MUTATIONS).map(([how, mutate]) => ({
      name: `row ${rule.name}, ${how}`,
      rules: mutate(rules, rule),
    })),
  );
