import { Environment, Optional, type ASTNode } from '@marcbachmann/cel-js';
import { OverBudget, type Budget } from './budget.js';
import { linearPattern, PatternError } from './pattern.js';
import { ExpressionError, vetted } from './vetted.js';

export { ExpressionError } from './vetted.js';

/** What an expression may look at. All maps are `Map`s: a claim named `constructor` or `__proto__` is just a name. */
export interface Variables {
  said: ReadonlyMap<string, unknown>;
  claims: ReadonlyMap<string, unknown>;
  subject: string;
  usersource: ReadonlyMap<string, unknown>;
}

export interface Expression {
  /** @throws ExpressionError, for this person: a member that is missing, a text where a number belongs, over budget. */
  evaluate(variables: Variables, budget: Budget): unknown;
}

/** What an expression has to come to. */
export type Wanted = 'bool' | 'text' | 'texts';

export const LONGEST_EXPRESSION = 2_000;
const LONGEST_SOUGHT = 256;
const OPTIONS = {
  unlistedVariablesAreDyn: false,
  homogeneousAggregateLiterals: false,
  enableOptionalTypes: true,
  limits: { maxAstNodes: 300, maxDepth: 24, maxListElements: 100, maxMapEntries: 0, maxCallArguments: 4 },
};
/** The tolls have been put in: the same expression has more nodes then. */
const WRITTEN_OUT = { ...OPTIONS, limits: { ...OPTIONS.limits, maxAstNodes: 3_000, maxDepth: 200 } };
const VARIABLES = new Set(['said', 'claims', 'subject', 'usersource']);
const FITS: Record<Wanted, readonly string[]> = {
  bool: ['bool', 'dyn'],
  text: ['string', 'dyn', 'null', 'int', 'double', 'bool', 'optional'],
  texts: ['list', 'dyn', 'null', 'optional'],
};

const declared = (environment: Environment): Environment =>
  environment
    .registerVariable('said', 'map<string, dyn>')
    .registerVariable('claims', 'map<string, dyn>')
    .registerVariable('subject', 'string')
    .registerVariable('usersource', 'map<string, dyn>');

/** Evaluation never waits for anything, so at any time there is at most one budget that is spent. */
let paying: Budget | undefined;

const spending = (): Budget => {
  if (!paying) throw new OverBudget('nobody pays');
  return paying;
};

const parser = declared(new Environment(OPTIONS));
const tolled = declared(new Environment(WRITTEN_OUT))
  .registerFunction(
    'pay__(dyn): dyn',
    (value: unknown) => {
      spending().weigh(value);
      return value;
    },
    { async: false },
  )
  .registerFunction(
    'sought__(string): string',
    (text: string) => {
      if (text.length > LONGEST_SOUGHT) throw new OverBudget(`a search for more than ${LONGEST_SOUGHT} characters`);
      return text;
    },
    { async: false },
  )
  .registerFunction(
    'matches__(string, string): bool',
    (text: string, pattern: string) => {
      const budget = spending();
      return linearPattern(pattern).test(text, (steps) => budget.spend(steps));
    },
    { async: false },
  );

/**
 * One expression in the Common Expression Language (https://github.com/google/cel-spec): no loops without end, no
 * assignment, no way to anything it was not handed. Parsed and type-checked as it was written, then run with a toll.
 * @throws ExpressionError, for whoever writes it
 */
export function compile(text: string, wanted: Wanted): Expression {
  if (text.length > LONGEST_EXPRESSION) {
    throw new ExpressionError(`an expression has at most ${LONGEST_EXPRESSION} characters`);
  }
  const written = vetted(checked(text, wanted), VARIABLES);
  const run = attempt(() => tolled.parse(written));
  attempt(() => mustCheck(run.check()));
  return {
    evaluate: (variables, budget) => {
      paying = budget;
      try {
        const value: unknown = run({ ...variables });
        budget.mustHold();
        if (!(value instanceof Optional)) return value;
        const held: unknown = value.hasValue() ? value.value() : null;
        return held;
      } catch (error) {
        throw ofThisPerson(error);
      } finally {
        paying = undefined;
      }
    },
  };
}

function checked(text: string, wanted: Wanted): ASTNode {
  const parsed = attempt(() => parser.parse(text));
  const type = mustCheck(parsed.check());
  const kind = type.replace(/<.*$/s, '');
  if (!FITS[wanted].includes(kind)) throw new ExpressionError(`this is a ${type}, where ${WORDS[wanted]} belongs`);
  return parsed.ast;
}

const WORDS: Record<Wanted, string> = { bool: 'true or false', text: 'a text', texts: 'a list of texts' };

function mustCheck(result: { valid: boolean; type?: string; error?: { message: string } }): string {
  if (!result.valid || result.type === undefined) throw new ExpressionError(firstLine(result.error));
  return result.type;
}

/** While it is written, the library's errors quote nothing but the expression; their first line says it all. */
function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ExpressionError ? error : new ExpressionError(firstLine(error));
  }
}

const firstLine = (error: unknown): string =>
  (typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : 'it cannot be read')
    .split('\n', 1)
    .join('');

/** When it is run they may quote what somebody's upstream said: only what is missing is named, the rest by its kind. */
function ofThisPerson(error: unknown): ExpressionError {
  if (error instanceof OverBudget || error instanceof PatternError) return new ExpressionError(error.message);
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'failed';
  return new ExpressionError(code === 'no_such_key' ? firstLine(error) : code);
}
