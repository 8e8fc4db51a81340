import { configOf, inputOf, own, shared } from '../test/cases.js';
import { mutantsOf } from '../test/mutants.js';
import { decide, decideWith } from './decide.js';
import { RULES } from './rules/index.js';
import { LINK_RULES, link } from './link.js';

const cases = [...shared.cases, ...own.cases].map((each) => ({
  ...each,
  config: configOf(each.fixture, each.patch),
  input: inputOf(each.input),
}));

describe('the decision table', () => {
  it('has its 27 rows, numbered in order', () => {
    expect(RULES.map(({ name }) => Number.parseInt(name, 10))).toEqual(Array.from({ length: 27 }, (_, row) => row + 1));
  });

  /** The condition stands in the row's answer too, or there is no row below to come too late for. */
  const NO_DIFFERENCE = [/^row 18 .*applied to everything$/, /^row 27 .*(applied to everything|made last)$/];

  it.each(mutantsOf(RULES).map(({ name, rules }) => [name, rules] as const))('%s: somebody notices', (name, rules) => {
    const noticed = cases.filter((each) => differs(decideWith(rules, each.config, each.input), each.expected)).length;
    if (NO_DIFFERENCE.some((exception) => exception.test(name))) expect(noticed).toBe(0);
    else expect(noticed).toBeGreaterThan(0);
  });

  it('nobody complains of the whole table', () => {
    expect(cases.filter((each) => differs(decideWith(RULES, each.config, each.input), each.expected))).toEqual([]);
  });

  it('decides by the whole table', () => {
    for (const each of cases)
      expect(decide(each.config, each.input)).toEqual(decideWith(RULES, each.config, each.input));
  });

  it('refuses everything without any row', () => {
    expect(decideWith([], configOf('default'), inputOf({}))).toMatchObject({ action: 'deny' });
  });
});

describe('the linking table', () => {
  const linking = [...shared.linkCases, ...own.linkCases];

  it.each(LINK_RULES.map((rule) => [rule.name, rule] as const))(
    'somebody notices when row "%s" is struck out',
    (_name, rule) => {
      const rest = LINK_RULES.filter((other) => other !== rule);
      const noticed = linking.filter(({ input, expected }) => {
        const hit = rest.find(({ when }) => when(input));
        return differs(hit?.then(input), expected);
      });
      expect(noticed.length).toBeGreaterThan(0);
    },
  );

  it('nobody complains of the whole table', () => {
    expect(linking.filter(({ input, expected }) => differs(link(input), expected))).toEqual([]);
  });

  it('is deterministic', () => {
    for (const { input } of linking) expect(link(input)).toEqual(link(structuredClone(input)));
  });
});

function differs(decision: unknown, expected: unknown): boolean {
  return sorted(decision) !== sorted(expected);
}

function sorted(value: unknown): string {
  return (
    JSON.stringify(value, typeof value === 'object' && value !== null ? Object.keys(value).sort() : undefined) ?? ''
  );
}
